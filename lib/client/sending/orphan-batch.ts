import * as Y from 'yjs'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import type { SealedBatch } from '../replica/replica-store.ts'

/** Words of this user that the document no longer shows, because others removed the block around them meanwhile. */
export interface Orphans {
  /** Identify the first letter of each client that wrote them. */
  readonly keys: readonly string[]
  readonly text: string
  /** Number of blocks of the document above the removed one. */
  readonly index: number
}

/**
 * Returns a batch that puts orphaned words, given in the order of the text, back: each block of them as a paragraph
 * where the removed block was. It is meant to be set aside. Copies the document, so its cost is linear in it.
 */
export function orphanBatch(doc: Y.Doc, orphans: readonly Orphans[], at: number): SealedBatch {
  const copy = new Y.Doc()
  try {
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
    const updates: Uint8Array[] = []
    copy.on('update', (update: Uint8Array) => updates.push(update))
    const body = copy.getXmlFragment(ROOTS.body)
    // From the end, so that the numbers of the blocks above stay right, and blocks of one place keep their order.
    const last = orphans.toReversed().sort((a, b) => b.index - a.index)
    copy.transact(() => {
      for (const { text, index } of last) {
        const paragraph = new Y.XmlElement('paragraph')
        paragraph.insert(0, [new Y.XmlText(text)])
        body.insert(Math.min(index, body.length), [paragraph])
      }
    })
    const orphaned = orphans.flatMap(({ keys }) => keys).join(' ')
    return { clientId: copy.clientID, n: 1, at, restore: false, payload: encodeUpdates(updates), orphaned }
  } finally {
    copy.destroy()
  }
}
