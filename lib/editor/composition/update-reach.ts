import * as Y from 'yjs'

type Struct = Y.Item | Y.GC | Y.Skip

/**
 * Returns true if an update (Yjs v1) changes something in a block, changes the blocks around it or removes it. Also
 * true if it moves the block together with another change, which no editor can show without drawing the block again,
 * and if it builds on structs that `doc` lacks. If false, the update can be applied now, on its own, and leaves the
 * block as it is.
 */
export function reachesInto(update: Uint8Array, block: Y.XmlElement, doc: Y.Doc): boolean {
  const { structs, ds } = Y.decodeUpdate(update)
  const { store } = doc
  /** The structs of the update seen so far; none of them is in the block, or the answer would be known. */
  const brought: Struct[] = []
  const brings = ({ client, clock }: Y.ID): boolean =>
    brought.some(({ id, length }) => id.client === client && id.clock <= clock && clock < id.clock + length)
  const isHere = ({ client, clock }: Y.ID): boolean => clock < Y.getState(store, client)
  /** The changes beside an ancestor of the block, and elsewhere. */
  let moving = 0
  let others = 0
  const changes = (parent: unknown): void => {
    if (contains(parent, block)) moving++
    else others++
  }

  for (const struct of structs) {
    const { id, length } = struct
    if (isHere({ client: id.client, clock: id.clock + length - 1 })) continue
    const before = { client: id.client, clock: id.clock - 1 }
    if (struct instanceof Y.Skip || (id.clock > 0 && !isHere(before) && !brings(before))) return true
    if (struct instanceof Y.Item) {
      const named = [struct.origin, struct.rightOrigin, struct.parent].filter((ref) => ref instanceof Y.ID)
      if (named.some((ref) => !isHere(ref) && !brings(ref))) return true
      if (!named.some(brings)) {
        const { parent, key } = placeOf(struct, store)
        if (isAbout(parent, key, block)) return true
        changes(parent)
      }
    }
    brought.push(struct)
  }
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) {
      const last = { client, clock: clock + len - 1 }
      if (!isHere(last) && !brings(last)) return true
      for (const struct of store.clients.get(client) ?? []) {
        if (struct.id.clock >= clock + len || struct.id.clock + struct.length <= clock) continue
        if (!(struct instanceof Y.Item) || struct.deleted) continue
        const { content, parent, parentSub } = struct
        if (isAbout(parent, parentSub, block)) return true
        if (content instanceof Y.ContentType && contains(content.type, block)) return true
        const around = parent instanceof Y.AbstractType ? parent._item : null
        if (!around || !Y.isDeleted(ds, around.id)) changes(parent)
      }
    }
  }
  return moving > 1 || (moving === 1 && others > 0)
}

/**
 * Returns the type that an item of an update goes into, and its key there. An item names its parent only if it has no
 * neighbour.
 */
function placeOf(
  { origin, rightOrigin, parent, parentSub }: Y.Item,
  store: Y.Doc['store'],
): { parent: unknown; key: string | null } {
  const beside = origin ?? rightOrigin
  if (beside) {
    const known: unknown = Y.getItem(store, beside)
    return known instanceof Y.Item
      ? { parent: known.parent, key: known.parentSub }
      : { parent: null, key: null }
  }
  if (!(parent instanceof Y.ID)) return { parent, key: parentSub }
  const known: unknown = Y.getItem(store, parent)
  const type = known instanceof Y.Item && known.content instanceof Y.ContentType ? known.content.type : null
  return { parent: type, key: parentSub }
}

/**
 * Returns true if content of `parent` (under `key`, if any) is in the block, or is an attribute of the block or of a
 * type around it.
 */
function isAbout(parent: unknown, key: string | null, block: Y.XmlElement): boolean {
  return contains(block, parent) || (key !== null && contains(parent, block))
}

/** Returns true if `outer` is `inner` or contains it. */
function contains(outer: unknown, inner: unknown): boolean {
  let type = inner
  while (type instanceof Y.AbstractType) {
    if (type === outer) return true
    type = type._item?.parent
  }
  return false
}
