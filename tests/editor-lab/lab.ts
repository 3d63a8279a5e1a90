import type { Editor, JSONContent } from '@tiptap/core'
import type * as Y from 'yjs'

/*
 * The editor lab: one editor and its peers on one page, without a server, for what only a browser can tell (composition,
 * layout, cost). `startLab()` of lab-server.ts serves the page; a test goes to its address and calls `window.lab` there:
 *
 *   await page.goto(lab.url)
 *   await page.evaluate(() => window.lab.open({ binding: 'ours', blocks: [{ type: 'paragraph' }], peers: 1 }))
 *   await page.evaluate(() => window.lab.peers[0]?.type('x', window.lab.spot('same')))
 *   const { equal, dom } = await page.evaluate(() => window.lab.state())
 *
 * The editor has the product's extensions, styles, carets and way in (lib/client/receiving/incoming.ts), and tables, which the product
 * has not yet. Peers are Y.Docs without an editor. What the editor does reaches them at once; what they do reaches the
 * editor's Y.Doc through the same queue as in the product, which a composition, or `hold()`, holds.
 * Texts in `state()` are the text blocks joined by "|", a hard break as "↵".
 */

/** *ours*: what the product uses. *y-tiptap*: Tiptap's Collaboration as published, on the same extensions and styles. */
export type BindingName = 'ours' | 'y-tiptap'

export interface LabOptions {
  readonly binding: BindingName
  /** The document: so many words of the sample text (a Han character is a word), or these blocks; or one empty paragraph. */
  readonly words?: number
  readonly blocks?: readonly JSONContent[]
  /** How many peers there are; 1 by default. */
  readonly peers?: number
  /** Of a long text; left out: as the product for ours, as pages are otherwise for y-tiptap. */
  readonly laysOut?: 'what is seen' | 'everything'
  /** Incoming edits wait while one composes here, as in the product; left out: true. */
  readonly holdsWhileComposing?: boolean
}

/** A place in the text: child indexes from the body down to a text block, then characters (and hard breaks) before it. */
export interface Spot {
  readonly path: readonly number[]
  readonly offset: number
}

/** From the local caret: the start of its text block, the next top-level text block, or one 80 % of the document away. */
export type Place = 'same' | 'next' | 'far'

export interface LabState {
  /** The local Y.Doc, the editor's document, the page. */
  readonly y: string
  readonly prosemirror: string
  readonly dom: string
  /** The Y.Docs of the peers. */
  readonly peers: readonly string[]
  /** The editor's document is what other code (y-tiptap's) renders from a copy of the Y.Doc, and passes its schema. */
  readonly fresh: boolean
  /** All of the above agree, the peers too. */
  readonly equal: boolean
  /** The local selection; null when its head is in no text block. */
  readonly caret: Spot | null
  readonly composing: boolean
}

/** A peer: a Y.Doc. Its edits are on their way when a method returns. */
export interface LabPeer {
  readonly doc: Y.Doc
  readonly body: Y.XmlFragment
  /** Types at a spot, or where it typed last. */
  type(text: string, at?: Spot): void
  /** Deletes characters before where it typed last, or before a spot. */
  erase(count: number, at?: Spot): void
  /** Puts blocks (ProseMirror JSON) before the child that the path names; behind the last one when there is none. */
  insert(path: readonly number[], blocks: readonly JSONContent[]): void
  /** Deletes the node that the path names. */
  remove(path: readonly number[]): void
  /** Formats `length` characters from a spot: `{ bold: {} }`; `{ bold: null }` ends a format. */
  format(at: Spot, length: number, marks: Readonly<Record<string, object | null>>): void
  /** Anything else, in one transaction. */
  change(edit: (body: Y.XmlFragment, y: typeof Y) => void): void
}

/** What is measured in the page. Times in ms, of a clock of 5 µs. */
export interface LabMeasures {
  /** One remote key after the other, a frame between them: script time of each, from its bytes to the updated view. */
  keystrokes(place: Place, count: number): Promise<number[]>
  /** So many remote keys, each a change of its own to the Y.Doc, all in one task: no frame comes between them. */
  applyInOneTask(place: Place, count: number): void
  /** Makes keystrokes of `peers` people in blocks of their own, as many as last for `ms`. */
  prepareLoad(load: { peers: number; keysPerSecond: number; ms: number }): void
  /** Plays what was prepared; with `carets`, everybody's caret comes 50 ms after their key. Resolves at the end. */
  load(carets: boolean): Promise<void>
  /** So many updates arrive one by one in one task: from the first one until they are shown and laid out. */
  burst(count: number): Promise<number>
  /** From now on notes, of each local key, the time from the key event until its frame is painted. */
  watchKeys(): void
  /** What was noted since; ends the watching. */
  watchedKeys(): number[]
}

export interface Lab {
  /** Takes the place of what was open before. */
  open(options: LabOptions): Promise<{ readonly blocks: number; readonly characters: number }>
  /** The local editor; throws before `open`. */
  readonly editor: Editor
  readonly doc: Y.Doc
  readonly peers: readonly LabPeer[]
  /** Puts the local caret somewhere, in view, and focuses the editor. */
  goTo(spot: Spot): void
  spot(place: Place): Spot
  /** Holds edits of the peers until released; twice is harmless. */
  hold(): void
  release(): void
  /** Resolves when all that arrived and is not held is in the Y.Doc and shown, and two frames are painted. */
  settled(): Promise<void>
  /** The peers type, each in a block of its own, until `stopTyping`. */
  startTyping(keysPerSecond: number): void
  stopTyping(): void
  /** Shows a caret where each peer typed last, from now on. */
  showCarets(show: boolean): void
  state(): LabState
  readonly measure: LabMeasures
}

declare global {
  interface Window {
    lab: Lab
  }
}
