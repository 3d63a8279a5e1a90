import { useEffect } from 'react'
import { report } from '#lib/protocol/report.ts'
import { useWords } from '#lib/ui/interface.tsx'

/** Refuses what is dropped beside the text. Calls `say` with a sentence for files. Loaded when the page is there. */
export function useRefusedDrops(say: (sentence: string) => void): void {
  const words = useWords()
  useEffect(() => {
    let end: (() => void) | null = null
    let isGone = false
    import('./refused-drops.ts').then(
      ({ refuseDrops }) => {
        if (!isGone) end = refuseDrops(() => say(words.clipboard['files-refused']))
      },
      (error: unknown) => report('drops are not refused', error),
    )
    return () => {
      isGone = true
      end?.()
    }
  }, [say, words])
}
