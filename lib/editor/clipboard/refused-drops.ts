/**
 * Keeps what is dropped beside the text from replacing the page: browsers open files and addresses that nothing takes.
 * Calls `onFiles` when files are dropped. Returns a function that ends this.
 */
export function refuseDrops(onFiles: () => void): () => void {
  const over = (event: DragEvent) => {
    const { dataTransfer } = event
    if (!dataTransfer || event.defaultPrevented) return
    if (hasFiles(dataTransfer)) {
      event.preventDefault()
      // With another effect there is no drop, and nothing is said.
      dataTransfer.dropEffect = 'copy'
    } else if (!takesText(event.target)) {
      event.preventDefault()
      dataTransfer.dropEffect = 'none'
    }
  }
  const drop = (event: DragEvent) => {
    const { dataTransfer } = event
    if (!dataTransfer || event.defaultPrevented) return
    if (hasFiles(dataTransfer)) {
      event.preventDefault()
      onFiles()
    } else if (!takesText(event.target)) event.preventDefault()
  }
  window.addEventListener('dragover', over)
  window.addEventListener('drop', drop)
  return () => {
    window.removeEventListener('dragover', over)
    window.removeEventListener('drop', drop)
  }
}

function hasFiles({ types }: DataTransfer): boolean {
  return types.includes('Files')
}

function takesText(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, [contenteditable="true"]') !== null
}
