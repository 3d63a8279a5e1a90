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
 * Other people's carets and selections, drawn as decorations. A peer brings a place and a hue index, never a colour, a
 * style or a node; the name stands in an attribute that CSS shows, so the text of the document stays the text.
 * While this person composes, nothing is put into or taken out of the block they compose in.
 */

/** A caret to draw: who, and where they say they are. */
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
  /** Counts moves: a new number draws the name flag anew. */
  readonly moves: number
}

interface Layer {
  readonly latest: () => readonly RemoteCaret[]
  readonly carets: readonly RemoteCaret[]
  readonly drawn: ReadonlyMap<number, Drawn>
  readonly decorations: DecorationSet
  /** Someone's decorations wait for the end of the composition. */
  readonly stale: boolean
}

const key = new PluginKey<Layer>('carets')
const NOBODY: readonly RemoteCaret[] = []

/** The carets of everybody else, from the room's peers. Pure. */
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

/** Draws the carets as they are now; does nothing when a remote edit has brought them along. */
export function showCarets(view: EditorView): void {
  const layer = key.getState(view.state)
  if (!layer || layer.carets === layer.latest()) return
  view.dispatch(view.state.tr.setMeta(key, 'show').setMeta('addToHistory', false))
}

/** Where a peer's caret stands in this editor's document; null when it has none here. */
export function caretPlace(state: EditorState, member: number): number | null {
  return key.getState(state)?.drawn.get(member)?.head ?? null
}

/** This person's own caret as it goes out; null when it has no place in the Y.Doc. */
export function ownCaret(state: EditorState): Uint8Array | null {
  const shown = shownIn(state)
  // Between an edit and its way into the Y.Doc a place may not exist yet; the next move sends it.
  if (!shown || shown.node !== state.doc) return null
  const [anchor, head] = [state.selection.anchor, state.selection.head].map((at) =>
    relativePosition(shown, at),
  )
  return anchor && head ? encodeCaret({ anchor, head }) : null
}

/**
 * The plugin. `isComposing`: whether this person composes now. `latest`: everybody's carets, another array after each change;
 * asked for by `showCarets`, and by each remote edit, which so draws them without a transaction of their own.
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
  // A key of this person moves the carets like any other place; their own Y positions follow a moment later.
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
  // A place this replica does not know yet: the caret stays where it was.
  const place = resolved ?? last
  if (!place) return null
  const moved = !last || place.anchor !== last.anchor || place.head !== last.head
  return { caret, ...place, moves: (before?.moves ?? 0) + (moved ? 1 : 0) }
}

/** Where a caret stands in this editor's document; null: nowhere. */
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
    // Bytes of a peer may name anything; they may at most be ignored.
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
