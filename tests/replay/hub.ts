import * as Y from 'yjs'
import type { ReplayAuthor } from './replay.ts'

interface Member {
  readonly doc: Y.Doc
  /** Updates made here and not committed. */
  waiting: Uint8Array[]
  flushes: (() => void)[]
  held: Uint8Array[]
  gate: 'open' | 'held' | (() => boolean)
}

/**
 * Connects replicas to a hub in this process: it commits what gathered in a member as one update and hands it to the
 * others a turn later, as a server would. `leaky`: holding is ignored (a fault to be noticed).
 */
export function joinHub(docs: readonly Y.Doc[], { leaky = false } = {}): ReplayAuthor[] {
  const members: Member[] = docs.map((doc) => ({ doc, waiting: [], flushes: [], held: [], gate: 'open' }))

  function commit(from: Member): void {
    const { waiting, flushes } = from
    if (waiting.length === 0) return
    from.waiting = []
    from.flushes = []
    const row = Y.mergeUpdates(waiting)
    for (const member of members) {
      if (member === from) continue
      setImmediate(() => {
        member.held.push(row)
        letIn(member)
      })
    }
    setImmediate(() => {
      for (const resolve of flushes) resolve()
    })
  }

  function letIn(member: Member): void {
    for (;;) {
      if (!leaky && member.gate !== 'open' && (member.gate === 'held' || member.gate())) {
        member.gate = 'held'
        return
      }
      const row = member.held.shift()
      if (!row) return
      Y.applyUpdate(member.doc, row, members)
    }
  }

  return members.map((member) => {
    const { doc } = member
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === members) return
      member.waiting.push(update)
      if (member.waiting.length === 1) setImmediate(() => commit(member))
    })
    return {
      doc,
      flushed: () =>
        member.waiting.length === 0
          ? Promise.resolve()
          : new Promise((resolve) => member.flushes.push(resolve)),
      holdIncoming: () => {
        member.gate = 'held'
        return (until) => {
          member.gate = until ?? 'open'
          letIn(member)
        }
      },
    }
  })
}
