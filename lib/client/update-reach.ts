import * as Y from 'yjs'

type Struct = Y.Item | Y.GC | Y.Skip

/**
 * Whether an update (Yjs v1) changes something in a block, changes what is around it or takes it away; also when it builds
 * on what `doc` does not have yet. False: it can be applied now, and leaves the block as it is.
 */
export function reachesInto(update: Uint8Array, block: Y.XmlElement, doc: Y.Doc): boolean {
  const { structs, ds } = Y.decodeUpdate(update)
  const { store } = doc
  /** What the update brings; nothing of it is in the block, or the answer is known. */
  const brought: Struct[] = []
  const brings = ({ client, clock }: Y.ID): boolean =>
    brought.some(({ id, length }) => id.client === client && id.clock <= clock && clock < id.clock + length)
  const isHere = ({ client, clock }: Y.ID): boolean => clock < Y.getState(store, client)

  for (const struct of structs) {
    const { id, length } = struct
    if (isHere({ client: id.client, clock: id.clock + length - 1 })) continue
    const before = { client: id.client, clock: id.clock - 1 }
    if (struct instanceof Y.Skip || (id.clock > 0 && !isHere(before) && !brings(before))) return true
    if (struct instanceof Y.Item) {
      for (const beside of [struct.origin, struct.rightOrigin]) {
        if (!beside || brings(beside)) continue
        if (!isHere(beside)) return true
        const known = Y.getItem(store, beside)
        if (known instanceof Y.Item && isAbout(known.parent, known.parentSub, block)) return true
      }
      const { parent, parentSub } = struct
      if (parent instanceof Y.ID && !brings(parent)) {
        if (!isHere(parent)) return true
        const known = Y.getItem(store, parent)
        const type = known instanceof Y.Item && known.content instanceof Y.ContentType && known.content.type
        if (type && isAbout(type, parentSub, block)) return true
      }
    }
    brought.push(struct)
  }
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) {
      const last = { client, clock: clock + len - 1 }
      if (!isHere(last) && !brings(last)) return true
      if (takesAway(store.clients.get(client) ?? [], clock, clock + len, block)) return true
    }
  }
  return false
}

/** Whether what stands in `parent` (under that key, if any) is in the block, or says something about what is around it. */
function isAbout(parent: unknown, key: string | null, block: Y.XmlElement): boolean {
  return contains(block, parent) || (key !== null && contains(parent, block))
}

function takesAway(
  structs: readonly (Y.Item | Y.GC)[],
  from: number,
  to: number,
  block: Y.XmlElement,
): boolean {
  return structs.some((struct) => {
    if (struct.id.clock >= to || struct.id.clock + struct.length <= from) return false
    if (!(struct instanceof Y.Item) || struct.deleted) return false
    const { content, parent, parentSub } = struct
    if (isAbout(parent, parentSub, block)) return true
    return content instanceof Y.ContentType && contains(content.type, block)
  })
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
