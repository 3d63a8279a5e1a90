import { laterPart } from '#lib/ui/loaded-later.tsx'

/** Buttons that copy or download the text of the page; loaded as soon as typing is possible, which needs none. */
export const copyButtons = laterPart(() => import('./copy-buttons.tsx').then((module) => module.CopyButtons))
