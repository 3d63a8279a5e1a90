'use client'

import { useEffect } from 'react'

/**
 * Keeps the page as tall as its visible part, so that its last row (the toolbar on phones) is above the keyboard.
 * Does nothing in browsers that resize the page for the keyboard themselves.
 */
export function useViewportHeight(): void {
  useEffect(() => {
    const viewport = window.visualViewport
    if (!viewport) return
    const root = document.documentElement
    const follow = () => {
      const covered = window.innerHeight - viewport.height * viewport.scale
      if (covered > 80) {
        root.style.setProperty('--visible-height', `${viewport.height}px`)
        root.style.setProperty('--visible-top', `${viewport.offsetTop}px`)
      } else {
        root.style.removeProperty('--visible-height')
        root.style.removeProperty('--visible-top')
      }
    }
    viewport.addEventListener('resize', follow)
    viewport.addEventListener('scroll', follow)
    return () => {
      viewport.removeEventListener('resize', follow)
      viewport.removeEventListener('scroll', follow)
      root.style.removeProperty('--visible-height')
      root.style.removeProperty('--visible-top')
    }
  }, [])
}
