import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { CollabProvider, CollabProviderOptions } from '#lib/client/collab-provider.ts'
import type { SealedBatch } from '#lib/client/replica/replica-store.ts'
import { docWithDraft } from '#lib/editor/saving/draft-text.ts'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { decodeEntries } from '#lib/protocol/log-row.ts'
import { type CollaborationServer, startCollaboration } from '../../support/collaboration.ts'
import { type CuttableProxy, startCuttableProxy } from '../../support/cuttable-proxy.ts'
import { MemoryReplicas } from '../../support/memory-replica.ts'
import { until } from '../../support/writer.ts'

let server: CollaborationServer
let proxy: CuttableProxy
let mei: CookieSession
let akira: CookieSession

beforeAll(async () => {
  server = await startCollaboration()
  proxy = await startCuttableProxy(server.url)
  mei = await server.guest()
  akira = await server.guest()
})
afterAll(async () => {
  await proxy.close()
  await server.close()
})

const titleIn = (doc: Y.Doc): string => doc.getText('title').toString()

function type(provider: CollabProvider, text: string): void {
  const title = provider.doc.getText('title')
  title.insert(title.length, text)
}

/** Sets the highest role that links give, as the owner. */
async function linkGives(documentId: string, role: 'viewer' | 'editor' | null): Promise<void> {
  await server.store.access.setLinkRole(documentId, role)
  await server.collaboration.accessChanged(documentId)
}

/** Returns the title according to the log. */
async function titleInLog(documentId: string): Promise<string> {
  const doc = new Y.Doc()
  const stored = await server.store.documents.load(documentId)
  for (const { entries } of stored?.rows ?? [])
    for (const { updates } of decodeEntries(entries)) for (const each of updates) Y.applyUpdate(doc, each)
  return titleIn(doc)
}

/** Returns the title as it would be with the draft in it. */
function titleWithDraft(provider: CollabProvider): string {
  return titleIn(docWithDraft(provider.doc, provider.draft?.batches ?? []))
}

/**
 * Opens a document of Mei's as Akira, over a connection that can be cut. Nothing here discards a superseded Y.Doc, as
 * a page would.
 */
async function open(options: Partial<CollabProviderOptions> = {}) {
  const { address, documentId } = await server.document(mei)
  const provider = server.open(address, akira, { url: proxy.url, ...options })
  const given = new Promise<readonly SealedBatch[]>((resolve) => provider.on('superseded', resolve))
  await until(provider, () => provider.synced)
  return { address, documentId, provider, given }
}

async function typeOffline(provider: CollabProvider, text: string): Promise<void> {
  proxy.cut()
  await until(provider, () => provider.status.phase === 'lost')
  type(provider, text)
}

describe('a role that is lowered while the user types', () => {
  test('[DRAFT1] nothing typed after it is queued, and everything typed before is in the log or in the draft', async () => {
    const { address, documentId, provider, given } = await open()
    let typed = ''
    let n = 0
    const lowering = until(provider, () => provider.status.role === 'editor').then(() =>
      linkGives(documentId, 'viewer'),
    )
    while (provider.status.role === 'editor') {
      const word = `${n++} `
      type(provider, word)
      typed += word
      await new Promise((resolve) => setImmediate(resolve))
    }
    await lowering
    expect(provider.status).toMatchObject({ role: 'viewer', mayType: false })
    type(provider, 'never queued')
    const kept = await Promise.race([given, settled(provider)])

    const after = server.open(address, akira, { kept })
    await until(after, () => after.synced)
    expect(titleIn(after.doc)).toBe(await titleInLog(documentId))
    expect(titleWithDraft(after)).toBe(typed)
    await Promise.all([provider.destroy(), after.destroy()])
  })

  test('[DRAFT2] text typed offline is refused and kept as the draft over a reload, and the text is the server’s', async () => {
    const browser = new MemoryReplicas()
    const { address, documentId, provider, given } = await open({ replica: browser.open() })
    type(provider, 'sent')
    await provider.flushed()
    await typeOffline(provider, ', and not sent')
    await linkGives(documentId, 'viewer')
    const unsent = provider.flushed()
    unsent.catch(() => undefined)
    proxy.restore()
    const kept = await given
    await expect(unsent).rejects.toThrow('read-only')
    expect(kept).toHaveLength(1)
    await provider.destroy()

    const reloaded = server.open(address, akira, { replica: browser.open() })
    await until(reloaded, () => reloaded.synced)
    expect(titleIn(reloaded.doc)).toBe('sent')
    expect(reloaded.draft?.batches).toEqual(kept)
    expect(titleWithDraft(reloaded)).toBe('sent, and not sent')
    expect(reloaded.saved).toBe(true)
    expect(await titleInLog(documentId)).toBe('sent')
    await reloaded.destroy()
  })

  test('[DRAFT3] the draft is sent when the role is back and the user wants it, and not before', async () => {
    const browser = new MemoryReplicas()
    const { address, documentId, provider, given } = await open({ replica: browser.open() })
    await typeOffline(provider, 'kept')
    await linkGives(documentId, 'viewer')
    proxy.restore()
    await given
    await provider.destroy()

    const after = server.open(address, akira, { replica: browser.open() })
    await until(after, () => after.synced)
    await after.takeBackDraft()
    expect(after.draft).not.toBeNull()
    await linkGives(documentId, 'editor')
    await until(after, () => after.status.mayType)
    expect(titleIn(after.doc)).toBe('')
    type(after, 'new')
    await after.flushed()
    await after.takeBackDraft()
    await until(after, () => after.draft === null && after.saved)
    expect([...(await titleInLog(documentId)).matchAll(/new|kept/g)]).toHaveLength(2)
    expect(titleIn(after.doc)).toBe(await titleInLog(documentId))
    await after.destroy()
  })

  test('a draft that is discarded is gone in every tab', async () => {
    const browser = new MemoryReplicas()
    const { address, documentId, provider, given } = await open({ replica: browser.open() })
    await typeOffline(provider, 'gone')
    await linkGives(documentId, 'viewer')
    proxy.restore()
    await given
    await provider.destroy()
    const tabs = [0, 1].map(() => server.open(address, akira, { replica: browser.open() }))
    for (const tab of tabs) await until(tab, () => tab.synced && tab.draft !== null)
    await tabs[0]?.discardDraft()
    for (const tab of tabs) await until(tab, () => tab.draft === null)
    for (const tab of tabs) await tab.destroy()
  })
})

describe('access that is withdrawn', () => {
  test('[END1] ends the document, and unsent text is kept even without a store', async () => {
    const { address, documentId, provider, given } = await open()
    type(provider, 'sent')
    await provider.flushed()
    await typeOffline(provider, ', unsent')
    await linkGives(documentId, 'viewer')
    proxy.restore()
    const kept = await given
    const after = server.open(address, akira, { kept })
    await until(after, () => after.synced)
    await linkGives(documentId, null)
    await until(after, () => after.status.phase === 'ended')
    expect(after.status).toMatchObject({ problem: 'not-found', mayType: false })
    expect(titleWithDraft(after)).toBe('sent, unsent')
    await Promise.all([provider.destroy(), after.destroy()])
  })
})

describe('asking for more', () => {
  test('reaches the owner live, and a role given takes effect immediately', async () => {
    const { address, documentId } = await server.document(mei, 'viewer')
    const owner = server.open(address, mei)
    const viewer = server.open(address, akira)
    await Promise.all([until(owner, () => owner.synced), until(viewer, () => viewer.synced)])
    const asked = new Promise((resolve) => owner.on('asked', resolve))
    expect(await viewer.askToEdit('editor')).toBeNull()
    expect(await asked).toMatchObject({ role: 'editor', user: { userId: akira.profile.userId } })
    await server.store.access.grant(documentId, akira.profile.userId, 'editor', Date.now())
    await server.collaboration.accessChanged(documentId)
    await until(viewer, () => viewer.status.mayType)
    type(viewer, 'thank you')
    await viewer.flushed()
    await until(owner, () => titleIn(owner.doc) === 'thank you')
    await Promise.all([owner.destroy(), viewer.destroy()])
  })
})

/** Waits until everything typed before the role was lowered is accepted. Returns the draft. */
async function settled(provider: CollabProvider): Promise<readonly SealedBatch[]> {
  await until(provider, () => provider.saved)
  return provider.draft?.batches ?? []
}
