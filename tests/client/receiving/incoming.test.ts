import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Incoming } from '#lib/client/receiving/incoming.ts'
import { OWNER } from '../../support/owner.ts'

/**
 * Returns a Y.Doc, its incoming edits, a frame that runs when `frame` is called, and a peer's keystrokes one by one.
 */
function scene() {
  const doc = new Y.Doc()
  const peer = new Y.Doc()
  const updates: Uint8Array[] = []
  peer.on('update', (update: Uint8Array) => updates.push(update))
  let tasks: (() => void)[] = []
  let transactions = 0
  let late = 0
  const failures: unknown[] = []
  doc.on('afterTransaction', () => {
    transactions += 1
  })
  const incoming = new Incoming({
    doc,
    origin: 'outside',
    soon: (task) => {
      tasks.push(task)
      return () => {
        tasks = tasks.filter((each) => each !== task)
      }
    },
    owner: {
      changed: () => {
        late += 1
      },
      failed: (error) => failures.push(error),
    },
  })
  return {
    doc,
    incoming,
    text: () => doc.getText('title').toString(),
    key: (character: string): Uint8Array => {
      peer.getText('title').insert(peer.getText('title').length, character)
      return updates.at(-1) ?? new Uint8Array()
    },
    frame: () => {
      const due = tasks
      tasks = []
      for (const task of due) task()
      return due.length
    },
    transactions: () => transactions,
    late: () => late,
    failures,
  }
}

test('live edits of one frame are one transaction, in their order', () => {
  const { incoming, key, text, frame, transactions, late } = scene()
  for (const character of 'abc') incoming.applySoon([key(character)])
  expect(text()).toBe('')
  const before = transactions()
  expect(frame()).toBe(1)
  expect(text()).toBe('abc')
  expect(transactions() - before).toBe(1)
  expect(late()).toBe(1)
  expect(frame()).toBe(0)
})

test('a history is applied immediately, after the live edits that came before it', () => {
  const { incoming, key, text, frame } = scene()
  incoming.applySoon([key('a')])
  incoming.apply([key('b')])
  expect(text()).toBe('ab')
  frame()
  expect(text()).toBe('ab')
})

test('a hold lasts longer than frames, and its release waits for none', () => {
  const { incoming, key, text, frame, late } = scene()
  const release = incoming.hold()
  incoming.applySoon([key('a')])
  frame()
  expect(text()).toBe('')
  incoming.applySoon([key('b')])
  release()
  expect(text()).toBe('ab')
  expect(late()).toBe(1)
})

test('forced edits do not wait for a frame', () => {
  const { incoming, key, text } = scene()
  incoming.applySoon([key('a')])
  incoming.force()
  expect(text()).toBe('a')
})

test('after its end nothing reaches the Y.Doc', () => {
  const { incoming, key, text, frame } = scene()
  incoming.applySoon([key('a')])
  incoming.destroy()
  expect(frame()).toBe(0)
  expect(text()).toBe('')
})

test('without frames everything is applied as it comes', () => {
  const { key } = scene()
  const doc = new Y.Doc()
  const incoming = new Incoming({ doc, origin: 'outside', owner: OWNER })
  incoming.applySoon([key('a')])
  expect(doc.getText('title').toString()).toBe('a')
})

test('a hold that lets some edits pass keeps the others until its release, and nothing is lost', () => {
  const { incoming, doc, frame } = scene()
  const [mei, wei] = [new Y.Doc(), new Y.Doc()]
  const sent = (from: Y.Doc, text: string): Uint8Array => {
    const before = Y.encodeStateVector(from)
    from.getText('title').insert(0, text)
    return Y.encodeStateAsUpdate(from, before)
  }
  const strict = incoming.hold()
  const [first, second] = [sent(mei, 'a'), sent(wei, 'b')]
  incoming.applySoon([first, second])
  const asked: Uint8Array[] = []
  const release = incoming.hold((update) => {
    asked.push(update)
    return update !== first
  })
  expect([doc.getText('title').toString(), asked.length]).toEqual(['', 0])
  strict()
  expect(doc.getText('title').toString()).toBe('b')
  incoming.applySoon([sent(wei, 'c')])
  frame()
  expect(doc.getText('title').toString()).toBe('cb')
  expect(
    asked.filter((update) => update === first),
    'what may not pass is asked once',
  ).toHaveLength(1)
  release()
  release()
  expect([...doc.getText('title').toString()].toSorted()).toEqual(['a', 'b', 'c'])
})

test('an exception in a frame or at a release is reported, and later edits are still applied', () => {
  const { incoming, key, text, frame, failures } = scene()
  incoming.applySoon([Uint8Array.of(1, 2, 3)])
  incoming.applySoon([key('a')])
  frame()
  expect(failures).toHaveLength(1)
  const release = incoming.hold()
  incoming.apply([Uint8Array.of(1, 2, 3), key('b')])
  release()
  expect(failures).toHaveLength(2)
  incoming.apply([])
  expect(text()).toBe('ab')
  expect(() => incoming.apply([Uint8Array.of(1, 2, 3)])).toThrow()
})
