import { report } from '#lib/protocol/report.ts'

/**
 * Copies text to the clipboard. Plain http has no Clipboard API: there it copies from a selected, invisible field.
 * Returns false if the browser refuses both.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Missing on plain http, where some browsers offer it but refuse.
    if (window.isSecureContext && typeof navigator.clipboard?.writeText === 'function') {
      await navigator.clipboard.writeText(text)
      return true
    }
  } catch (error) {
    // Refused by a permission or because the page lost focus: the field may still work.
    report('clipboard refused', error, 'debug')
  }
  return copyBySelection(text)
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.className = 'visually-hidden'
  // Inside an open modal dialog only the dialog's own content can take the focus.
  ;(document.querySelector('dialog[open]') ?? document.body).append(field)
  field.select()
  try {
    return document.execCommand('copy')
  } catch (error) {
    report('copying by selection refused', error, 'debug')
    return false
  } finally {
    field.remove()
    if (before instanceof HTMLElement) before.focus()
  }
}

/** Offers `content` as a download. */
export function downloadFile(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Some browsers read the blob after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
