/** The signs of a Mac's keyboard, in the order in which Apple prints them. */
const MAC_SIGNS = { Ctrl: '⌃', Alt: '⌥', Shift: '⇧', Mod: '⌘' } as const

/** Returns true on Apple's systems, whose keyboards have ⌘ in place of Ctrl. */
function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform)
}

/**
 * Returns how a shortcut is printed on a keyboard: `Mod+Alt+S` is `Ctrl Alt S`, on a Mac `⌥⌘S`. Several shortcuts are
 * separated by `, `.
 */
export function keyNames(shortcut: string, mac: boolean = isMac()): string {
  return shortcut
    .split(', ')
    .map((chord) => (mac ? onMac(chord.split('+')) : chord.replace('Mod', 'Ctrl').replaceAll('+', ' ')))
    .join(', ')
}

function onMac(keys: readonly string[]): string {
  const signs = Object.entries(MAC_SIGNS).filter(([name]) => keys.includes(name))
  const rest = keys.filter((key) => !Object.hasOwn(MAC_SIGNS, key))
  return [...signs.map(([, sign]) => sign), ...rest].join('')
}
