import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { encodeEntries } from '#lib/protocol/log-row.ts'
import { Folding } from '#lib/server/folding/folding.ts'
import { paragraphOf } from '../../support/paragraph.ts'

let folding: Folding
afterEach(() => folding.close())

/** Returns a row with one text as the body, and the title. */
function rowOf(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('title').insert(0, 'A title')
  doc.getXmlFragment('body').insert(0, [paragraphOf(text)])
  return entriesOf(doc)
}

function entriesOf(doc: Y.Doc): Uint8Array {
  const updates = [Y.encodeStateAsUpdate(doc)]
  return encodeEntries([{ kind: 0, clientId: doc.clientID, n: 1, user: 'ada', updates }])
}

/** Returns a row of many small structs, which costs the thread some memory and time, and this process little. */
function largeRow(): Uint8Array {
  const doc = new Y.Doc()
  const title = doc.getText('title')
  doc.transact(() => {
    for (let i = 0; i < 200_000; i++) title.insert(0, 'x')
  })
  return entriesOf(doc)
}

test('a document is folded in the thread, and the next one in the same', async () => {
  folding = new Folding()
  for (const text of ['one', 'two']) {
    const { state, title } = await folding.fold({ state: null, rows: [rowOf(text)], ours: true })
    const doc = new Y.Doc()
    Y.applyUpdate(doc, state)
    expect(doc.getXmlFragment('body').toString()).toBe(`<paragraph>${text}</paragraph>`)
    expect(title).toBe('A title')
  }
})

test('a history that cannot be folded is rejected, and the next document is not affected', async () => {
  folding = new Folding()
  const bad = folding.fold({ state: null, rows: [new Uint8Array([1, 2, 3])], ours: true })
  const good = folding.fold({ state: null, rows: [rowOf('one')], ours: true })
  await expect(bad).rejects.toThrow()
  await expect(good).resolves.toMatchObject({ title: 'A title' })
})

test('short documents requested together are each answered, however many there are', async () => {
  folding = new Folding()
  const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`)
  const folds = await Promise.all(
    texts.map((text) => folding.fold({ state: null, rows: [rowOf(text)], ours: true })),
  )
  const shown = folds.map(({ state }) => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, state)
    return doc.getXmlFragment('body').toString()
  })
  expect(shown).toEqual(texts.map((text) => `<paragraph>${text}</paragraph>`))
})

test('a document that breaks a limit does not affect a short one requested at the same moment', async () => {
  folding = new Folding({ memoryLimitMb: 16 })
  const [heavy, light] = [largeRow(), rowOf('one')].map((row) =>
    folding.fold({ state: null, rows: [row], ours: true }),
  )
  await expect(heavy).rejects.toThrow(/memory/)
  await expect(light).resolves.toMatchObject({ title: 'A title' })
})

test('the CPU time of jobs is counted', async () => {
  folding = new Folding()
  expect(folding.spent).toBe(0)
  await folding.fold({ state: null, rows: [largeRow()], ours: true })
  const first = folding.spent
  expect(first).toBeGreaterThan(0)
  await folding.check({ state: null, rows: [largeRow()], ours: true })
  expect(folding.spent).toBeGreaterThan(first)
})

test('a fold that takes too long is aborted', async () => {
  folding = new Folding({ timeLimitMs: 1 })
  await expect(folding.fold({ state: null, rows: [largeRow()], ours: true })).rejects.toThrow(
    'more than 1 ms',
  )
})

test('a fold that takes too much memory is aborted, and the next one gets a new thread', async () => {
  folding = new Folding({ memoryLimitMb: 16 })
  await expect(folding.fold({ state: null, rows: [largeRow()], ours: true })).rejects.toThrow(/memory/)
  await expect(folding.fold({ state: null, rows: [rowOf('one')], ours: true })).resolves.toMatchObject({
    title: 'A title',
  })
})

test('after closing nothing is folded', async () => {
  folding = new Folding()
  await folding.close()
  await expect(folding.fold({ state: null, rows: [], ours: true })).rejects.toThrow('closed')
})
