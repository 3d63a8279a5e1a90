import * as Y from 'yjs'

type Struct = Y.Item | Y.GC | Y.Skip

/**
 * Whether an update (Yjs v1) changes something in a block, changes what is around it or takes it away; also when it moves
 * the block and changes something else with that, which no editor shows without drawing the block anew, and when it builds
 * on what `doc` does not have yet. False: it can be applied now, by itself, and leaves the block as it is.
 */
export function reachesInto(update: Uint8Array, block: Y.XmlElement, doc: Y.Doc): boolean {
  const { structs, ds } = Y.decodeUpdate(update)
  const { store } = doc
  /** What the update brings; nothing of it is in the block, or the answer is known. */
  const brought: Struct[] = []
  const brings = ({ client, clock }: Y.ID): boolean =>
    brought.some(({ id, length }) => id.client === client && id.clock <= clock && clock < id.clock + length)
  const isHere = ({ client, clock }: Y.ID): boolean => clock < Y.getState(store, client)
  /** Places where something is put in or taken away: beside what the block is in, and others. */
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

/** The type that an item of an update goes into, and the key there. Its parent is told only where it has no neighbour. */
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

/** Whether what stands in `parent` (under that key, if any) is in the block, or says something about what is around it. */
function isAbout(parent: unknown, key: string | null, block: Y.XmlElement): boolean {
  return contains(block, parent) || (key !== null && contains(parent, block))
}

/** Whether a type is another one or is around it. */
function contains(outer: unknown, inner: unknown): boolean {
  let type = inner
  while (type instanceof Y.AbstractType) {
    if (type === outer) return true
    type = type._item?.parent
  }
  return false
}
