import type { Node } from '@tiptap/pm/model'
import { type EditorState, Plugin, PluginKey, type Transaction } from '@tiptap/pm/state'
import { Decoration, DecorationSet, type EditorView } from '@tiptap/pm/view'
import type { Peer } from '#lib/client/provider-state.ts'
import { HUE_COUNT, type PresenceState } from '#lib/protocol/identity.ts'
import { report } from '#lib/protocol/report.ts'
import { type SyncState, syncKey } from '../binding/plugin-states.ts'
import { absolutePosition, relativePosition } from '../binding/positions.ts'
import type { Shown } from '../binding/shown.ts'
import { type CaretPosition, decodeCaret, encodeCaret } from './caret-position.ts'

/*
 * Other people's carets and selections, drawn as decorations. A peer supplies a position and a hue index, never a
 * colour, a style or a node; the name is an attribute that CSS shows, so it never becomes text of the document. While
 * this person composes, nothing is inserted into or removed from the block they compose in.
 */

/** A caret to draw: its owner and the position they reported. */
export interface RemoteCaret {
  readonly member: number
  readonly name: string
  readonly hue: number
  readonly state: PresenceState
  readonly position: CaretPosition | null
}

interface Drawn {
  readonly caret: RemoteCaret
  readonly anchor: number
  readonly head: number
  /** Counts moves: a new number draws the name flag again. */
  readonly moves: number
}

interface Layer {
  readonly latest: () => readonly RemoteCaret[]
  readonly carets: readonly RemoteCaret[]
  readonly drawn: ReadonlyMap<number, Drawn>
  readonly decorations: DecorationSet
  /** True if decorations wait for the end of the composition. */
  readonly stale: boolean
}

const key = new PluginKey<Layer>('carets')
const NOBODY: readonly RemoteCaret[] = []

/** Returns the carets of all other members, from the room's peers. Pure. */
export function remoteCarets(peers: readonly Peer[], nameOf: (peer: Peer) => string): RemoteCaret[] {
  return peers
    .filter((peer) => !peer.self && peer.caret !== null)
    .map((peer) => ({
      member: peer.member,
      name: nameOf(peer),
      hue: Number.isInteger(peer.hue) && peer.hue >= 0 && peer.hue < HUE_COUNT ? peer.hue : 0,
      state: peer.state,
      position: peer.caret && decodeCaret(peer.caret),
    }))
}

/** Draws the current carets. Does nothing if a remote edit has drawn them already. */
export function showCarets(view: EditorView): void {
  const layer = key.getState(view.state)
  if (!layer || layer.carets === layer.latest()) return
  view.dispatch(view.state.tr.setMeta(key, 'show').setMeta('addToHistory', false))
}

/** Returns the position of a peer's caret in this editor's document, or null if it has none. */
export function caretPlace(state: EditorState, member: number): number | null {
  return key.getState(state)?.drawn.get(member)?.head ?? null
}

/** Returns this person's own caret as it is sent, or null if it has no place in the Y.Doc. */
export function ownCaret(state: EditorState): Uint8Array | null {
  const shown = shownIn(state)
  // Before an edit reaches the Y.Doc a position may not exist there; the next move sends it.
  if (!shown || shown.node !== state.doc) return null
  const [anchor, head] = [state.selection.anchor, state.selection.head].map((at) =>
    relativePosition(shown, at),
  )
  return anchor && head ? encodeCaret({ anchor, head }) : null
}

/**
 * Returns the plugin. `isComposing` tells whether this person is composing. `latest` returns the carets of all other
 * members, in a new array after each change; `showCarets` calls it, and so does each remote edit, which thus draws
 * them without a transaction of their own.
 */
export function caretLayer(isComposing: () => boolean, latest: () => readonly RemoteCaret[]): Plugin<Layer> {
  return new Plugin<Layer>({
    key,
    state: {
      init: () => ({
        latest,
        carets: NOBODY,
        drawn: new Map(),
        decorations: DecorationSet.empty,
        stale: false,
      }),
      apply: (tr, layer, _before, state) => nextLayer(tr, layer, state, isComposing()),
    },
    props: {
      decorations: (state) => key.getState(state)?.decorations,
      handleDOMEvents: {
        compositionend: (view) => {
          // After the browser and ProseMirror have settled the composed text.
          setTimeout(() => {
            const layer = view.isDestroyed ? undefined : key.getState(view.state)
            if (layer?.stale && !view.composing) view.dispatch(view.state.tr.setMeta(key, 'show'))
          }, 0)
          return false
        },
      },
    },
  })
}

function nextLayer(tr: Transaction, layer: Layer, state: EditorState, composing: boolean): Layer {
  const remote = Boolean(tr.getMeta(syncKey)?.isChangeOrigin)
  // A key of this person moves the carets like any other position; their own Y positions follow a moment later.
  const resolve = remote || tr.getMeta(key) === 'show'
  const next = resolve ? layer.latest() : layer.carets
  if ((!resolve && !tr.docChanged) || (next.length === 0 && layer.carets.length === 0))
    return next === layer.carets ? layer : { ...layer, carets: next }
  const drawn = new Map<number, Drawn>()
  for (const caret of next) {
    const place = placeOf(caret, layer.drawn.get(caret.member), tr, state, resolve)
    if (place) drawn.set(caret.member, place)
  }
  const rest = { latest: layer.latest, carets: next, drawn }
  if (!composing) return { ...rest, decorations: draw(state.doc, drawn.values()), stale: false }
  const { $from } = state.selection
  const block = { from: $from.depth > 0 ? $from.start() : 0, to: $from.depth > 0 ? $from.end() : 0 }
  const outside = [...drawn.values()].filter(({ anchor, head }) => {
    return Math.max(anchor, head) < block.from || Math.min(anchor, head) > block.to
  })
  const frozen = layer.decorations.map(tr.mapping, tr.doc).find(block.from, block.to)
  return {
    ...rest,
    decorations: draw(state.doc, outside).add(state.doc, frozen),
    stale: true,
  }
}

function placeOf(
  caret: RemoteCaret,
  before: Drawn | undefined,
  tr: Transaction,
  state: EditorState,
  resolve: boolean,
): Drawn | null {
  const last = before && {
    anchor: tr.mapping.map(before.anchor, -1),
    head: tr.mapping.map(before.head, -1),
  }
  const resolved = resolve && caret.position ? resolvePosition(caret.position, state) : null
  // This replica does not know the position: the caret stays where it was.
  const place = resolved ?? last
  if (!place) return null
  const moved = !last || place.anchor !== last.anchor || place.head !== last.head
  return { caret, ...place, moves: (before?.moves ?? 0) + (moved ? 1 : 0) }
}

/** Returns where a caret is in this editor's document, or null if nowhere. */
export function resolvePosition(
  position: CaretPosition,
  state: EditorState,
): { anchor: number; head: number } | null {
  const shown = shownIn(state)
  if (!shown) return null
  const at = (relative: CaretPosition['anchor']): number | null => {
    const place = absolutePosition(shown, relative)
    return place === null ? null : Math.min(place, state.doc.content.size)
  }
  try {
    const anchor = at(position.anchor)
    const head = at(position.head)
    return anchor === null || head === null ? null : { anchor, head }
  } catch (error) {
    // A peer's bytes may name anything; at worst they are ignored.
    report('caret that leads nowhere', error, 'debug')
    return null
  }
}

function shownIn(state: EditorState): Shown | null {
  const sync: SyncState | undefined = syncKey.getState(state)
  return sync?.binding.shown ?? null
}

function draw(doc: Node, carets: Iterable<Drawn>): DecorationSet {
  const decorations: Decoration[] = []
  for (const { caret, anchor, head, moves } of carets) {
    if (anchor !== head) {
      const [from, to] = anchor < head ? [anchor, head] : [head, anchor]
      decorations.push(
        Decoration.inline(
          from,
          to,
          { class: `selection hue-${caret.hue} is-${caret.state}` },
          { inclusiveEnd: false },
        ),
      )
    }
    if (!doc.resolve(head).parent.inlineContent) continue
    decorations.push(
      Decoration.widget(head, () => caretElement(caret), {
        key: `${caret.member}:${caret.hue}:${caret.state}:${caret.name}:${moves}`,
        side: -1,
        ignoreSelection: true,
        marks: [],
      }),
    )
  }
  return DecorationSet.create(doc, decorations)
}

function caretElement(caret: RemoteCaret): HTMLElement {
  const element = document.createElement('span')
  element.className = `caret hue-${caret.hue} is-${caret.state}`
  element.contentEditable = 'false'
  element.setAttribute('aria-hidden', 'true')
  element.dataset.name = caret.name
  element.dataset.member = String(caret.member)
  return element
}
