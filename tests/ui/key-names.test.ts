import { expect, test } from 'vitest'
import { keyNames } from '#lib/ui/key-names.ts'

test.each([
  ['Mod+B', 'Ctrl B', '⌘B'],
  ['Mod+Alt+S', 'Ctrl Alt S', '⌥⌘S'],
  ['Mod+Shift+7 / 8 / 9', 'Ctrl Shift 7 / 8 / 9', '⇧⌘7 / 8 / 9'],
  ['Mod+Z, Mod+Shift+Z', 'Ctrl Z, Ctrl Shift Z', '⌘Z, ⇧⌘Z'],
  ['Mod+/', 'Ctrl /', '⌘/'],
  ['Tab, Shift+Tab', 'Tab, Shift Tab', 'Tab, ⇧Tab'],
  ['F6', 'F6', 'F6'],
])('%s is printed as %s, on a Mac as %s', (shortcut, elsewhere, mac) => {
  expect(keyNames(shortcut, false)).toBe(elsewhere)
  expect(keyNames(shortcut, true)).toBe(mac)
})
