import { PluginKey, type StateField, TextSelection, type Transaction } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'

/** A selection, as its two ends. */
export interface Place {
  readonly anchor: number
  readonly head: number
}

interface Change {
  readonly ends?: object
  readonly begins?: object
  readonly place?: Place
}

type Places = ReadonlyMap<object, Place>

export const placesKey = new PluginKey<Places>('waitingPlaces')

/**
 * The state of places that something waits for: mapped through every change. Text that is typed at a place comes behind
 * it.
 */
export const placesField: StateField<Places> = {
  init: () => new Map(),
  apply: (tr: Transaction, places) => {
    const change: Change | undefined = tr.getMeta(placesKey)
    if (!change && (places.size === 0 || !tr.docChanged)) return places
    const next = new Map<object, Place>()
    for (const [key, { anchor, head }] of places)
      if (key !== change?.ends)
        next.set(key, { anchor: tr.mapping.map(anchor, -1), head: tr.mapping.map(head, -1) })
    if (change?.begins && change.place) next.set(change.begins, change.place)
    return next
  },
}

/** Keeps a place and returns its key. */
export function keepPlace(view: EditorView, { anchor, head }: Place): object {
  const begins = {}
  view.dispatch(view.state.tr.setMeta(placesKey, { begins, place: { anchor, head } } satisfies Change))
  return begins
}

/** Selects a place that was kept and forgets it. Returns false if the selection is there already. */
export function returnTo(view: EditorView, key: object): boolean {
  const { state } = view
  const place = placesKey.getState(state)?.get(key)
  const tr = state.tr.setMeta(placesKey, { ends: key } satisfies Change)
  const { anchor, head } = state.selection
  const isThere = !place || (place.anchor === anchor && place.head === head)
  if (!isThere)
    tr.setSelection(TextSelection.between(tr.doc.resolve(place.anchor), tr.doc.resolve(place.head)))
  view.dispatch(tr)
  return !isThere
}
