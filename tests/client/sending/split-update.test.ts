import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Outbox } from '#lib/client/sending/outbox.ts'
import { splitUpdate } from '#lib/client/sending/split-update.ts'
import { checkUpdates, scanClocks } from '#lib/collab/gate/update-gate.ts'
import { decodeUpdates } from '#lib/protocol/log-row.ts'
import { OWNER } from '../../support/owner.ts'
import { paragraphOf } from '../../support/paragraph.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

/** The server's gate, applied to consecutive batches. */
class Gate {
  readonly #clocks = new Map<number, number>()

  take(updates: readonly Uint8Array[], clientId: number, restore = false): string {
    const clocks = { get: (client: number) => this.#clocks.get(client) ?? 0 }
    const result = checkUpdates(updates, { clientId, clocks, restore })
    if (!result.ok) return result.code
    for (const update of updates) scanClocks(update, this.#clocks)
    return 'taken'
  }
}

/** Returns the update of one transaction. */
function updateOf(doc: Y.Doc, edit: () => void): Uint8Array {
  let update: Uint8Array = new Uint8Array()
  const take = (bytes: Uint8Array): void => {
    update = bytes
  }
  doc.on('update', take)
  doc.transact(edit)
  doc.off('update', take)
  return update
}

const paste = (doc: Y.Doc, lines: number): Uint8Array =>
  updateOf(doc, () =>
    doc.getXmlFragment('body').insert(
      0,
      Array.from({ length: lines }, (_, i) => paragraphOf(`line ${i} of a long list`)),
    ),
  )

/** Writes a text with a gap after each of its letters, by two clients. */
function withGaps(doc: Y.Doc, letters: number): void {
  const text = doc.getText('title')
  text.insert(0, 'ab'.repeat(letters))
  doc.transact(() => {
    for (let i = 0; i < letters; i++) text.delete(i + 1, 1)
  })
}

test('[LIM2] a paste of many short lines exceeds a batch; its pieces are accepted one by one, and add up to the paste', () => {
  const doc = new Y.Doc()
  const update = paste(doc, 17_500)
  expect(new Gate().take([update], doc.clientID)).toBe('too-large')
  const pieces = splitUpdate(update)
  const [gate, copy] = [new Gate(), new Y.Doc()]
  for (const piece of pieces) {
    expect(gate.take([piece], doc.clientID)).toBe('taken')
    Y.applyUpdate(copy, piece)
    expect(copy.store.pendingStructs).toBeNull()
  }
  expect(Y.encodeStateAsUpdate(copy)).toEqual(Y.encodeStateAsUpdate(doc))
})

test('[LIM2] an update that deletes in many places is cut by its ranges, whoever wrote the deleted text', () => {
  const doc = new Y.Doc()
  const other = new Y.Doc()
  for (const each of [doc, other]) {
    withGaps(each, 700)
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(each))
  }
  const before = Y.encodeStateAsUpdate(doc)
  const update = updateOf(doc, () => doc.getText('title').delete(0, 1400))
  const pieces = splitUpdate(update, 100)
  expect(pieces).toHaveLength(14)
  const [gate, copy] = [new Gate(), new Y.Doc()]
  for (const written of [before, ...pieces]) {
    expect(gate.take([written], doc.clientID, written === before)).toBe('taken')
    Y.applyUpdate(copy, written)
  }
  expect(copy.getText('title').toString()).toBe('')
  expect(Y.encodeStateAsUpdate(copy)).toEqual(Y.encodeStateAsUpdate(doc))
})

test('an update that fits a batch is left unchanged, and so is one of several clients', () => {
  const doc = new Y.Doc()
  const short = paste(doc, 1000)
  expect(splitUpdate(short)).toEqual([short])
  const other = new Y.Doc()
  const both = Y.mergeUpdates([short, paste(other, 5000)])
  expect(splitUpdate(both)).toEqual([both])
})

test('[UPD1] a long paste, undone and redone many times in a row, becomes batches that the server accepts', () => {
  const doc = new Y.Doc()
  const box = new Outbox({
    doc,
    address: 'A'.repeat(32),
    store: null,
    clock: new VirtualClock(() => 0.5),
    owner: OWNER,
  })
  doc.on('update', (update) => box.add(update))
  const undo = new Y.UndoManager(doc.getXmlFragment('body'), { captureTimeout: 0 })
  doc.getText('title').insert(0, 'x')
  paste(doc, 5000)
  for (let i = 0; i < 4; i++) {
    undo.undo()
    undo.redo()
  }
  box.seal()
  const [gate, copy] = [new Gate(), new Y.Doc()]
  for (let sent = box.nextToSend(0); sent.length > 0; sent = box.nextToSend(0)) {
    for (const { payload, clientId, n } of sent) {
      const updates = decodeUpdates(payload)
      expect(gate.take(updates, doc.clientID)).toBe('taken')
      for (const update of updates) Y.applyUpdate(copy, update)
      box.acknowledge(clientId, n)
    }
  }
  expect(String(copy.getXmlFragment('body'))).toBe(String(doc.getXmlFragment('body')))
  box.destroy()
})
