import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import type { SealedBatch } from '#lib/client/replica/replica-store.ts'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { type CollaborationServer, startCollaboration } from '../support/collaboration.ts'
import { startCuttableProxy } from '../support/cuttable-proxy.ts'
import { MemoryReplicas } from '../support/memory-replica.ts'
import { firstText, paragraphOf } from '../support/paragraph.ts'
import { until } from '../support/writer.ts'

let server: CollaborationServer
let mei: CookieSession
let akira: CookieSession

beforeAll(async () => {
  server = await startCollaboration()
  mei = await server.guest()
  akira = await server.guest()
})
afterAll(() => server.close())

const bodyOf = (provider: CollabProvider): Y.XmlFragment => provider.doc.getXmlFragment('body')
const titleOf = (provider: CollabProvider): string => provider.doc.getText('title').toString()

function type(provider: CollabProvider, text: string): void {
  const title = provider.doc.getText('title')
  title.insert(title.length, text)
}

async function pair(): Promise<{
  a: CollabProvider
  b: CollabProvider
  address: string
  documentId: string
}> {
  const { address, documentId } = await server.document(mei)
  const a = server.open(address, mei)
  const b = server.open(address, akira)
  await Promise.all([until(a, () => a.synced), until(b, () => b.synced)])
  return { a, b, address, documentId }
}

async function close(...providers: CollabProvider[]): Promise<void> {
  await Promise.all(providers.map((provider) => provider.destroy()))
}

describe('editing together', () => {
  test('[UPD4] each has the text the other types, and "saved" turns true only with the acknowledgement', async () => {
    const { a, b, documentId } = await pair()
    type(a, 'hello')
    expect(a.saved).toBe(false)
    await a.flushed()
    expect(a.saved).toBe(true)
    const stored = await server.store.documents.load(documentId)
    expect(stored?.headSeq).toBe(1)
    await until(b, () => titleOf(b) === 'hello')
    await close(a, b)
  })

  test('[UPD1] typing ahead of acknowledgements keeps the order and loses nothing', async () => {
    const { a, b } = await pair()
    for (let i = 0; i < 2000; i++) {
      type(a, `${i},`)
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await a.flushed()
    await until(b, () => titleOf(b) === titleOf(a))
    await close(a, b)
  })

  test('[UPD2] one transaction of some megabytes is sent in parts and arrives whole', async () => {
    const { a, b } = await pair()
    const text = '字'.repeat(900_000)
    bodyOf(a).insert(0, [paragraphOf(text)])
    await a.flushed()
    await until(b, () => firstText(b.doc)?.length === text.length)
    await close(a, b)
  })

  test('a hold keeps incoming edits out while acknowledgements continue', async () => {
    const { a, b } = await pair()
    const release = b.holdIncoming()
    type(a, 'x')
    await a.flushed()
    b.doc.getText('title').insert(0, 'y')
    await b.flushed() // came after the row of x, on one connection
    expect(titleOf(b)).toBe('y')
    release()
    expect(titleOf(b)).toHaveLength(2)
    await until(a, () => titleOf(a) === titleOf(b))
    await close(a, b)
  })
})

describe('joining', () => {
  test('[PULL2] a document larger than a chunk is loaded with progress', async () => {
    const { a, b, address } = await pair()
    for (let i = 0; i < 4; i++) {
      bodyOf(a).insert(0, [paragraphOf('x'.repeat(200_000))])
      await a.flushed()
    }
    const c = server.open(address, akira)
    const seen = new Set<number | null>()
    c.on('status', (status) => seen.add(status.progress))
    await until(c, () => c.synced)
    expect(bodyOf(c).length).toBe(4)
    expect([...seen].some((progress) => progress !== null && progress > 0 && progress < 1)).toBe(true)
    await close(a, b, c)
  })

  test('[JOIN8] a client with an older schema shows the text, changes nothing, and says so', async () => {
    const { a, b, address, documentId } = await pair()
    type(a, 'new')
    await a.flushed()
    const old = server.open(address, akira, { schemaVersion: 0 })
    await until(old, () => old.synced)
    expect(titleOf(old)).toBe('new')
    expect(old.status).toMatchObject({ schemaTooOld: true, mayType: false })
    type(old, 'lost')
    expect(old.saved).toBe(true) // never queued, stored or sent
    type(a, '!')
    await a.flushed()
    expect((await server.store.documents.load(documentId))?.headSeq).toBe(2)
    expect(titleOf(b)).toBe('new!')
    await close(a, b, old)
  })

  test('[UPD7] a viewer may read, and typed text is never queued', async () => {
    const { address } = await server.document(mei, 'viewer')
    const viewer = server.open(address, akira)
    await until(viewer, () => viewer.synced)
    expect(viewer.status).toMatchObject({ role: 'viewer', mayType: false })
    type(viewer, 'x')
    expect(viewer.saved).toBe(true)
    await close(viewer)
  })

  test('[JOIN3] an unknown address ends with not-found', async () => {
    const provider = server.open('A'.repeat(32), mei)
    await until(provider, () => provider.status.phase === 'ended')
    expect(provider.status.problem).toBe('not-found')
    await close(provider)
  })

  test('[JOIN4] a client id that another user took is replaced before anything is typed', async () => {
    const { a, b, address } = await pair()
    type(a, 'x')
    await a.flushed()
    const doc = new Y.Doc()
    doc.clientID = a.doc.clientID
    const c = server.open(address, akira, { doc })
    await until(c, () => c.synced)
    expect(doc.clientID).not.toBe(a.doc.clientID)
    type(c, 'y')
    await c.flushed()
    await close(a, b, c)
  })

  test('[END1] a deleted document ends for those who have it open', async () => {
    const { a, b, documentId } = await pair()
    await server.store.catalog.delete(documentId, mei.profile.userId, Date.now())
    await server.collaboration.endDeleted(documentId)
    await Promise.all([a, b].map((each) => until(each, () => each.status.phase === 'ended')))
    expect(a.status.problem).toBe('document-deleted')
    await close(a, b)
  })

  test('[END1] a restored document comes back for those who had it open, and what they had not sent goes up', async () => {
    const { a, b, address, documentId } = await pair()
    type(a, 'kept')
    await a.flushed()
    await until(b, () => titleOf(b) === 'kept')
    const proxy = await startCuttableProxy(server.url)
    const away = server.open(address, akira, { url: proxy.url })
    await until(away, () => away.synced)
    proxy.cut()
    await until(away, () => away.status.phase === 'lost')
    type(away, ', away')

    await server.store.catalog.delete(documentId, mei.profile.userId, Date.now())
    // Typed before b hears of it.
    type(b, ', late')
    await server.collaboration.endDeleted(documentId)
    await until(b, () => b.status.phase === 'ended')
    proxy.restore()
    await until(away, () => away.status.problem === 'document-deleted')
    expect([b.draft, away.draft]).toEqual([null, null])
    expect(away.saved).toBe(false)

    await server.store.catalog.undelete(documentId, mei.profile.userId)
    server.collaboration.restored(documentId)
    await Promise.all([a, b].map((each) => until(each, () => each.synced)))
    await until(away, () => away.synced)
    await Promise.all([b.flushed(), away.flushed()])
    for (const each of [a, b, away]) {
      await until(each, () => /, late/.test(titleOf(each)) && /, away/.test(titleOf(each)))
      expect(each.status).toMatchObject({ problem: null, mayType: true })
    }
    await close(a, b, away)
    await proxy.close()
  })
})

describe('presence', () => {
  test('[PRES2] users see each other join, move their carets and leave', async () => {
    const { a, b } = await pair()
    await until(a, () => a.peers.length === 2)
    await until(b, () => b.peers.length === 2)
    expect(a.peers.filter((peer) => peer.self)).toHaveLength(1)
    expect(new Set(a.peers.map((peer) => peer.hue)).size).toBe(2)
    a.setPresence({ caret: Uint8Array.of(1, 2, 3), idle: false })
    await until(b, () => b.peers.some((peer) => !peer.self && peer.caret?.[2] === 3))
    a.setPresence({ caret: null, idle: true })
    await until(b, () => b.peers.some((peer) => !peer.self && peer.state === 'idle' && peer.caret === null))
    await close(a)
    await until(b, () => b.peers.length === 1)
    await close(b)
  })
})

describe('a browser with a local copy', () => {
  test('[UPD7] opens without the server, and two tabs share one outbox: one sends the batches that a killed one left', async () => {
    const browser = new MemoryReplicas()
    const { address } = await server.document(mei)
    const first = server.open(address, mei, { replica: browser.open() })
    await until(first, () => first.synced)
    type(first, 'one ')
    await first.flushed()
    await close(first)

    const nowhere = { url: 'http://127.0.0.1:9', auth: () => Promise.reject(new Error('offline')) }
    const killed = server.open(address, mei, { ...nowhere, replica: browser.open() })
    await until(killed, () => killed.status.mayType)
    expect(titleOf(killed)).toBe('one ')
    type(killed, 'two ')
    await until(killed, () => killed.save.onDevice)
    expect(killed.saved).toBe(false)

    // The killed tab stays silent; another one opens, with the server in reach.
    const other = server.open(address, mei, { replica: browser.open() })
    await until(other, () => other.synced && other.saved)
    expect(titleOf(other)).toBe('one two ')
    const stranger = server.open(address, akira)
    await until(stranger, () => titleOf(stranger) === 'one two ')
    await close(killed, other, stranger)
  })
})

test('a listener that throws at every event is reported, and the join still completes', async () => {
  const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const browser = new MemoryReplicas()
  const { address } = await server.document(mei)
  const left = new Y.Doc()
  const updates: Uint8Array[] = []
  left.on('update', (update) => updates.push(update))
  left.getText('title').insert(0, 'left by another tab')
  const batch = { clientId: left.clientID, n: 1, at: Date.now(), restore: false }
  await browser.open().seal(address, { ...batch, payload: encodeUpdates(updates) })
  const provider = server.open(address, mei, { replica: browser.open() })
  for (const event of ['status', 'save', 'synced', 'peers'] as const) {
    provider.on(event, () => {
      throw new Error('a listener')
    })
  }
  await until(provider, () => provider.synced && provider.saved && provider.peers.length === 1)
  expect(provider.peers[0]?.self).toBe(true)
  const stranger = server.open(address, akira)
  await until(stranger, () => titleOf(stranger) === 'left by another tab')
  expect(reported).toHaveBeenCalledWith('commonplace: a listener of synced threw', expect.any(Error))
  reported.mockRestore()
  await close(provider, stranger)
})

/** Returns the second of two edits of a tab that is gone: the first was never written. */
function orphan(restore: boolean): SealedBatch {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update) => updates.push(update))
  doc.getText('title').insert(0, 'lost ')
  doc.getText('title').insert(5, 'and gone')
  return { clientId: doc.clientID, n: 2, at: Date.now(), restore, payload: encodeUpdates(updates.slice(1)) }
}

describe('a browser that was full and then killed', () => {
  test.each([
    { told: 'as it was sealed', restore: false },
    { told: 'as another tab had adopted it', restore: true },
  ])(
    'a batch stored without the one before it ($told) is dropped, and the rest is saved',
    async ({ restore }) => {
      const browser = new MemoryReplicas()
      const store = browser.open()
      const { address, documentId } = await server.document(mei)
      await store.seal(address, orphan(restore))
      const tabs = [0, 1].map(() => server.open(address, mei, { replica: browser.open() }))
      for (const tab of tabs) await until(tab, () => tab.synced)
      for (const tab of tabs) type(tab, 'kept ')
      for (const tab of tabs) await until(tab, () => tab.saved && titleOf(tab) === 'kept kept ', 15_000)
      const reader = server.open(address, akira)
      await until(reader, () => titleOf(reader) === 'kept kept ')
      expect((await server.store.documents.load(documentId))?.headSeq).toBeLessThan(20)
      await close(...tabs, reader)
      const later = server.open(address, mei, { replica: browser.open() })
      await until(later, () => later.saved)
      await close(later)
      expect(await store.outbox(address)).toEqual([])
    },
  )
})

describe('long polling', () => {
  test('[FRAME1] gives the same guarantees, and reports that it is used', async () => {
    const { address } = await server.document(mei)
    const a = server.open(address, mei, { transports: ['polling'] })
    const b = server.open(address, akira)
    await Promise.all([until(a, () => a.synced), until(b, () => b.synced)])
    expect([a.status.transport, b.status.transport]).toEqual(['polling', 'websocket'])
    type(a, 'from polling')
    await a.flushed()
    await until(b, () => titleOf(b) === 'from polling')
    await close(a, b)
  })
})
