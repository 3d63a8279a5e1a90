import type { Editor, JSONContent } from '@tiptap/core'
import type * as Y from 'yjs'

/*
 * The editor lab: one editor and its peers on one page, without a server, for everything that only a browser can tell
 * (composition, layout, cost). `startLab()` of lab-server.ts serves the page; a test goes to its address and calls
 * `window.lab` there:
 *
 *   await page.goto(lab.url)
 *   await page.evaluate(() => window.lab.open({ binding: 'ours', blocks: [{ type: 'paragraph' }], peers: 1 }))
 *   await page.evaluate(() => window.lab.peers[0]?.type('x', window.lab.spot('same')))
 *   const { equal, dom } = await page.evaluate(() => window.lab.state())
 *
 * The editor has the product's extensions, styles, carets and intake (lib/client/receiving/incoming.ts), and tables,
 * which the product does not have. Peers are Y.Docs without an editor. The editor's edits reach them immediately;
 * theirs reach the editor's Y.Doc through the same queue as in the product, which a composition, or `hold()`, holds.
 * Texts in `state()` are the text blocks joined by "|", a hard break as "↵".
 */

/**
 * *ours*: the product's binding. *y-tiptap*: Tiptap's Collaboration as published, on the same extensions and styles.
 */
export type BindingName = 'ours' | 'y-tiptap'

/** One of them, or *bare*: Tiptap's own blocks and marks, bound to nothing. Peers do not reach it. */
export type EditorName = BindingName | 'bare'

export interface LabOptions {
  readonly binding: EditorName
  /**
   * The document: this many words of the sample text (a Han character is a word), or these blocks; default: one
   * empty paragraph.
   */
  readonly words?: number
  readonly blocks?: readonly JSONContent[]
  /** The number of peers; 1 by default. */
  readonly peers?: number
  /** The laid-out part of a long text; default: as in the product for ours, as in ordinary pages for the others. */
  readonly laysOut?: 'what is seen' | 'everything'
  /** True (the default) to hold incoming edits during a local composition, as in the product. */
  readonly holdsWhileComposing?: boolean
}

/**
 * A place in the text: child indexes from the body down to a text block, then the number of characters (and hard
 * breaks) before it.
 */
export interface Spot {
  readonly path: readonly number[]
  readonly offset: number
}

/**
 * A place relative to the local caret: the start of its text block, the next top-level text block, or one 80 % of the
 * document away.
 */
export type Place = 'same' | 'next' | 'far'

export interface LabState {
  /** The local Y.Doc, the editor's document, the page. */
  readonly y: string
  readonly prosemirror: string
  readonly dom: string
  /** The Y.Docs of the peers. */
  readonly peers: readonly string[]
  /**
   * True if the editor's document equals what other code (y-tiptap's) renders from a copy of the Y.Doc, and passes
   * its schema.
   */
  readonly fresh: boolean
  /** True if all of the above agree, the peers included. */
  readonly equal: boolean
  /** The local selection; null if its head is not in a text block. */
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
  /** Inserts blocks (ProseMirror JSON) before the child that the path names; at the end if there is no such child. */
  insert(path: readonly number[], blocks: readonly JSONContent[]): void
  /** Deletes the node that the path names. */
  remove(path: readonly number[]): void
  /** Formats `length` characters from a spot: `{ bold: {} }`; `{ bold: null }` ends a format. */
  format(at: Spot, length: number, marks: Readonly<Record<string, object | null>>): void
  /** Makes any other edit, in one transaction. */
  change(edit: (body: Y.XmlFragment, y: typeof Y) => void): void
}

/** Measurements in the page. Times in ms, of a clock with a resolution of 5 µs. */
export interface LabMeasures {
  /**
   * Shows one remote key after the other, with a frame between them. Returns the script time of each, from its
   * bytes to the updated view.
   */
  keystrokes(place: Place, count: number): Promise<number[]>
  /**
   * Applies so many remote keys, each as a separate change of the Y.Doc, in one task: no frame comes between them.
   */
  applyInOneTask(place: Place, count: number): void
  /** Creates keystrokes of `peers` people in blocks of their own, enough for `ms`. */
  prepareLoad(load: { peers: number; keysPerSecond: number; ms: number }): void
  /**
   * Plays the prepared keystrokes; with `carets`, each person's caret follows 50 ms after their key. Resolves at
   * the end.
   */
  load(carets: boolean): Promise<void>
  /**
   * Applies so many updates one by one in one task. Returns the time from the first until they are shown and laid
   * out.
   */
  burst(count: number): Promise<number>
  /** Starts recording, for each local key, the time from the key event until its frame is painted. */
  watchKeys(): void
  /** Stops recording and returns the times. */
  watchedKeys(): number[]
}

export interface Lab {
  /** Opens a document in place of the previous one. */
  open(options: LabOptions): Promise<{ readonly blocks: number; readonly characters: number }>
  /** The local editor; throws before `open`. */
  readonly editor: Editor
  readonly doc: Y.Doc
  readonly peers: readonly LabPeer[]
  /** Puts the local caret at a spot, in view, and focuses the editor. */
  goTo(spot: Spot): void
  spot(place: Place): Spot
  /** Holds edits of the peers until released. Idempotent. */
  hold(): void
  release(): void
  /**
   * Resolves once everything that has arrived and is not held is in the Y.Doc and shown, and two frames are
   * painted.
   */
  settled(): Promise<void>
  /** Makes the peers type, each in its own block, until `stopTyping`. */
  startTyping(keysPerSecond: number): void
  stopTyping(): void
  /** Shows or hides a caret where each peer typed last. */
  showCarets(show: boolean): void
  state(): LabState
  readonly measure: LabMeasures
}

declare global {
  interface Window {
    lab: Lab
  }
}
