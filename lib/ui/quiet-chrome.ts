'use client'

import { useEffect, useState } from 'react'

/** Header and toolbar recede after typing for this long, ms. */
const QUIET_AFTER = 3_000
/** A pause of this length ends the typing, ms: at rest everything has its full contrast. */
const PAUSE = 2_000

/**
 * Returns true while the person has been typing for a while: header and toolbar recede then. They come back with a
 * pause, a move of the pointer, the focus anywhere else, and any key that is not text.
 */
export function useQuietChrome(text: HTMLElement | null): boolean {
  const [quiet, setQuiet] = useState(false)
  useEffect(() => {
    if (!text) return
    let since: number | null = null
    let pause: ReturnType<typeof setTimeout> | undefined
    const end = () => {
      clearTimeout(pause)
      since = null
      setQuiet(false)
    }
    const typed = () => {
      clearTimeout(pause)
      pause = setTimeout(end, PAUSE)
      const now = performance.now()
      since ??= now
      if (now - since >= QUIET_AFTER) setQuiet(true)
    }
    const pressed = ({ key, ctrlKey, metaKey }: KeyboardEvent) => {
      const isText =
        [...key].length === 1 || ['Enter', 'Backspace', 'Delete', 'Process', 'Unidentified'].includes(key)
      if (!isText || ctrlKey || metaKey) end()
    }
    const focused = ({ target }: FocusEvent) => {
      if (target !== text) end()
    }
    text.addEventListener('input', typed)
    window.addEventListener('keydown', pressed, { capture: true })
    window.addEventListener('pointermove', end)
    window.addEventListener('pointerdown', end)
    window.addEventListener('focusin', focused)
    return () => {
      end()
      text.removeEventListener('input', typed)
      window.removeEventListener('keydown', pressed, { capture: true })
      window.removeEventListener('pointermove', end)
      window.removeEventListener('pointerdown', end)
      window.removeEventListener('focusin', focused)
    }
  }, [text])
  return quiet
}
