import { type RefObject, useEffect } from 'react'

/** Marks the ends of the bar beyond which there is more of it. */
export function useFadedEnds(bar: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const element = bar.current
    if (!element) return
    const look = () => {
      const { scrollLeft, clientWidth, scrollWidth } = element
      element.classList.toggle('has-more-before', Math.abs(scrollLeft) > 2)
      element.classList.toggle('has-more-after', Math.abs(scrollLeft) + clientWidth < scrollWidth - 2)
    }
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [bar])
}
