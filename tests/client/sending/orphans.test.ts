import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import type { SealedBatch } from '#lib/client/replica/replica-store.ts'
import { OrphanWatch } from '#lib/client/sending/orphan-watch.ts'
import { docWithDraft, draftText } from '#lib/editor/saving/draft-text.ts'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { type CollaborationServer, startCollaboration } from '../../support/collaboration.ts'
import { type CuttableProxy, startCuttableProxy } from '../../support/cuttable-proxy.ts'
import { MemoryReplicas } from '../../support/memory-replica.ts'
import { paragraphOf } from '../../support/paragraph.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { until } from '../../support/writer.ts'

let server: CollaborationServer
let proxy: CuttableProxy
let akira: CookieSession
let mei: CookieSession

beforeAll(async () => {
  server = await startCollaboration()
  proxy = await startCuttableProxy(server.url)
  akira = await server.guest()
  mei = await server.guest()
})
afterAll(async () => {
  await proxy.close()
  await server.close()
})

/** Two people in a document of two paragraphs; Mei's connection can be cut. */
async function scene(replicas = new MemoryReplicas()) {
  const { address } = await server.document(akira)
  const his = server.open(address, akira)
  const hers = server.open(address, mei, { url: proxy.url, replica: replicas.open() })
  await Promise.all([until(his, () => his.synced), until(hers, () => hers.synced)])
  body(his).insert(0, [paragraphOf('first'), paragraphOf('para')])
  await until(hers, () => texts(hers).length === 2)
  return { address, his, hers, replicas }
}

const body = ({ doc }: CollabProvider): Y.XmlFragment => doc.getXmlFragment('body')
const texts = (provider: CollabProvider): string[] =>
  body(provider)
    .toArray()
    .map((block) => (block instanceof Y.XmlElement ? textOf(block).toString() : ''))

function textOf(block: Y.XmlElement): Y.XmlText {
  const text = block.get(0)
  if (!(text instanceof Y.XmlText)) throw new Error('a block holds one text')
  return text
}

/** Types behind the text of a block. */
function type(provider: CollabProvider, index: number, words: string): void {
  const block = body(provider).get(index)
  if (block instanceof Y.XmlElement) textOf(block).insert(textOf(block).length, words)
}

/** Makes a block anew, as an editor does to turn it into a heading. */
function remake(provider: CollabProvider, index: number): void {
  const block = body(provider).get(index)
  if (!(block instanceof Y.XmlElement)) return
  const heading = new Y.XmlElement('heading')
  heading.insert(0, [new Y.XmlText(textOf(block).toString())])
  provider.doc.transact(() => {
    body(provider).delete(index, 1)
    body(provider).insert(index, [heading])
  })
}

/** The words of the draft, as the page shows them; null if there is none. */
function drafted({ doc, draft }: CollabProvider): string | null {
  if (!draft) return null
  const copy = docWithDraft(doc, draft.batches)
  const { text } = draftText(doc, copy)
  copy.destroy()
  return text
}

describe('words typed into a block that others make anew meanwhile', () => {
  test('[DRAFT6] typed offline, become a draft that says why, and can be put back beside their place', async () => {
    const { his, hers } = await scene()
    proxy.cut()
    await until(hers, () => hers.status.phase === 'lost')
    type(hers, 1, ' OFFLINE')
    remake(his, 1)
    await his.flushed()
    proxy.restore()
    await until(hers, () => hers.draft !== null)
    expect(drafted(hers)).toBe(' OFFLINE')
    expect(hers.draft?.isOrphaned).toBe(true)
    expect(texts(hers)).toEqual(['first', 'para'])
    await hers.takeBackDraft()
    await hers.flushed()
    await until(hers, () => hers.draft === null && texts(his).length === 3)
    expect(texts(his)).toEqual(['first', 'para', ' OFFLINE'])
  })

  test('typed online and committed after the change, become a draft too', async () => {
    const { his, hers } = await scene()
    const release = hers.holdIncoming()
    remake(his, 1)
    await his.flushed()
    type(hers, 1, '字')
    await hers.flushed()
    release()
    await until(hers, () => hers.draft !== null)
    expect(drafted(hers)).toBe('字')
  })

  test('are in the draft once if the page closes before they are sent', async () => {
    const { address, his, hers, replicas } = await scene()
    proxy.cut()
    await until(hers, () => hers.status.phase === 'lost')
    type(hers, 1, ' and closed')
    await until(hers, () => hers.save.onDevice)
    await hers.destroy()
    remake(his, 1)
    await his.flushed()
    proxy.restore()
    const again = server.open(address, mei, { url: proxy.url, replica: replicas.open() })
    await until(again, () => again.draft !== null && again.saved)
    expect(drafted(again)).toBe(' and closed')
    await again.destroy()
    const later = server.open(address, mei, { url: proxy.url, replica: replicas.open() })
    await until(later, () => later.synced)
    expect(drafted(later)).toBe(' and closed')
    await later.discardDraft()
    await until(later, () => later.draft === null)
  })

  test('no draft is made of words that somebody deleted on purpose, or that their author deleted', async () => {
    const { his, hers } = await scene()
    type(hers, 1, ' deleted by him')
    await until(his, () => texts(his)[1]?.endsWith('him') === true)
    proxy.cut()
    await until(hers, () => hers.status.phase === 'lost')
    type(hers, 1, ' deleted by her')
    const block = body(hers).get(1)
    if (block instanceof Y.XmlElement) textOf(block).delete(textOf(block).length - 15, 15)
    body(his).delete(1, 1)
    await his.flushed()
    proxy.restore()
    await until(hers, () => hers.synced && hers.saved && texts(hers).length === 1)
    type(hers, 0, '.')
    await hers.flushed()
    expect(hers.draft).toBe(null)
  })

  test('several places of one block are told apart', async () => {
    const { his, hers } = await scene()
    proxy.cut()
    await until(hers, () => hers.status.phase === 'lost')
    type(hers, 1, ' end')
    const block = body(hers).get(1)
    if (block instanceof Y.XmlElement) textOf(block).insert(0, 'start ')
    remake(his, 1)
    await his.flushed()
    proxy.restore()
    await until(hers, () => hers.draft !== null)
    expect(drafted(hers)).toBe('start  …  end')
  })

  test.for([
    [0, 1],
    [1, 0],
  ])('of several blocks keep the order of the text, typed into blocks %i and %i', async (order) => {
    const { his, hers } = await scene()
    proxy.cut()
    await until(hers, () => hers.status.phase === 'lost')
    for (const index of order) type(hers, index, [' first', ' second'][index] ?? '')
    his.doc.transact(() => {
      body(his).delete(0, 2)
      body(his).insert(0, [paragraphOf('instead of both')])
    })
    await his.flushed()
    proxy.restore()
    await until(hers, () => hers.draft !== null)
    expect(drafted(hers)).toBe(' first\n\n second')
    await hers.takeBackDraft()
    await until(hers, () => texts(hers).length === 3)
    expect(texts(hers).filter((text) => text.startsWith(' '))).toEqual([' first', ' second'])
  })
})

describe('words of another tab of this browser', () => {
  const MINE = 1
  const OTHER = 2

  /** A document in which this tab and another wrote into a block that is made anew, with a watch on it. */
  function watched() {
    const clock = new VirtualClock(() => 0.5)
    const doc = new Y.Doc()
    doc.clientID = MINE
    const fragment = doc.getXmlFragment('body')
    fragment.insert(0, [paragraphOf('para')])
    const elsewhere = new Y.Doc()
    Y.applyUpdate(elsewhere, Y.encodeStateAsUpdate(doc))
    const typed = (text: string) => {
      const block = fragment.get(0)
      if (block instanceof Y.XmlElement) textOf(block).insert(textOf(block).length, text)
    }
    typed(' mine')
    doc.clientID = OTHER
    typed(' theirs')
    doc.clientID = MINE
    const draft = {
      batches: [] as SealedBatch[],
      setAside: async (batches: readonly SealedBatch[]) => void draft.batches.push(...batches),
    }
    const isOwn = (id: number) => id === MINE || id === OTHER
    const watch = new OrphanWatch({ doc, isOwn, draft, clock, owner: { changed: () => undefined } })
    const before = Y.encodeStateVector(elsewhere)
    elsewhere.getXmlFragment('body').delete(0, 1)
    const update = Y.encodeStateAsUpdate(elsewhere, before)
    watch.applying(update)
    Y.applyUpdate(doc, update)
    return { clock, doc, draft, watch }
  }
  const textIn = (doc: Y.Doc, batches: readonly SealedBatch[]): string => {
    const copy = docWithDraft(doc, batches)
    const { text } = draftText(doc, copy)
    copy.destroy()
    return text
  }

  test('are set aside with those of this tab if that tab does not', async () => {
    const { clock, doc, draft } = watched()
    await clock.advance(2000)
    expect(textIn(doc, draft.batches)).toBe(' mine theirs')
  })

  test('are set aside with the rest when the page goes away', () => {
    const { doc, draft, watch } = watched()
    watch.flush()
    watch.flush()
    expect(draft.batches).toHaveLength(1)
    expect(textIn(doc, draft.batches)).toBe(' mine theirs')
  })

  test('are not set aside twice if that tab does', async () => {
    const { clock, doc, draft } = watched()
    await clock.advance(900)
    expect(draft.batches).toEqual([])
    const orphaned = `${OTHER}:0`
    draft.batches.push({ clientId: 7, n: 1, at: 0, restore: false, payload: encodeUpdates([]), orphaned })
    await clock.advance(2000)
    expect(draft.batches).toHaveLength(2)
    expect(draft.batches[1]?.orphaned).toBe(`${MINE}:6`)
    expect(textIn(doc, draft.batches)).toBe(' mine')
  })
})
