'use client'

import type { Editor } from '@tiptap/core'
import { useEffect, useState } from 'react'
import * as Y from 'yjs'
import { SocketToken } from '#lib/client/channel/socket-token.ts'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import { recallGuest } from '#lib/client/replica/guest-memory.ts'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import type { ReplicaStore, SealedBatch } from '#lib/client/replica/replica-store.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import { report } from '#lib/protocol/report.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import type { Language } from '#lib/ui/words/language.ts'
import { pageFrames } from '../carets/page-frames.ts'

/** An open document: its Y.Doc, its provider and the token they use. */
export interface DocumentSession {
  readonly doc: Y.Doc
  readonly provider: CollabProvider
  readonly token: SocketToken
  /**
   * True if it replaced another session on the page, because part of what that one showed was set aside or nobody
   * else had it.
   */
  readonly successor: boolean
  /** Moves to the person's place in the replaced session. */
  readonly goTo: ((editor: Editor, doc: Y.Doc) => void) | null
  /** The sentence that tells them of the replacement. */
  readonly sentence: ((language: Language) => string) | null
}

/** The local copy is opened without an answer from the server after this long, ms. */
const SESSION_PATIENCE = 2_500
/** A successor is shown once it has its text, or after this long, ms. */
const SUCCESSOR_PATIENCE = 3_000

/**
 * Opens a document and keeps it open while the component lives: one Y.Doc, one provider, both destroyed with it.
 * `user` is the user that the server recognised when it rendered the page; null on a first visit. Returns null until
 * the document is open. If the Y.Doc must be given up, another session replaces it without the page going blank.
 */
export function useDocumentSession(
  address: string,
  user: Identity | null,
  created: boolean,
): DocumentSession | null {
  const [session, setSession] = useState<DocumentSession | null>(null)
  const userId = user?.userId ?? null

  useEffect(() => {
    let closed = false
    let shown: OpenedSession | null = null
    /** Open but not shown: waits for the server for as long as it takes. */
    let coming: OpenedSession | null = null

    const show = async (spent: Spent | null): Promise<void> => {
      const before = shown
      const diverged = before && spent?.why === 'diverged' ? await import('./diverged-copy.ts') : null
      if (before && diverged && !(await diverged.giveUp(before.session.provider))) return
      const next = await openSession({
        address,
        userId,
        created: created && before === null,
        spent,
        onSpent: (next) =>
          void show(next).catch((error: unknown) => report('no other copy was opened', error, 'error')),
      })
      const { provider } = next.session
      coming = next
      if (before) await ready(provider, diverged ? diverged.PATIENCE : SUCCESSOR_PATIENCE)
      if (before && diverged) await diverged.rest(before.session.provider)
      // If the module cannot be loaded, the person starts at the beginning.
      const place = before && (await import('../carets/place.ts').catch(() => null))
      // The page was closed or another session was quicker. A diverged copy is better than none at all.
      const late = closed || shown !== before || (diverged !== null && !provider.synced)
      if (late) await next.close()
      if (late) return closed || diverged ? undefined : show(spent)
      coming = null
      shown = next
      const goTo = before && place ? place.keep(before.session.provider, before.session.doc) : null
      setSession({ ...next.session, goTo, sentence: diverged?.sentence ?? null })
      await before?.close()
    }
    const opening = show(null)

    return () => {
      closed = true
      setSession(null)
      void opening.then(() => Promise.all([shown?.close(), coming?.close()]))
    }
  }, [address, userId, created])

  return session
}

interface OpenedSession {
  readonly session: DocumentSession
  readonly close: () => Promise<void>
}

interface SessionRequest {
  readonly address: string
  readonly userId: string | null
  readonly created: boolean
  /** Why the previous session ended; null if this is the first. */
  readonly spent: Spent | null
  /** Called when the Y.Doc must be given up for a new one. */
  readonly onSpent: (spent: Spent) => void
}

/**
 * Why a Y.Doc is given up: its client id is taken (before anything was typed), it shows a draft, or nobody else has
 * its content.
 */
interface Spent {
  readonly why: 'client-id-taken' | 'draft' | 'diverged'
  /** The batches it set aside. */
  readonly kept: readonly SealedBatch[]
}

async function openSession({
  address,
  userId,
  created,
  spent,
  onSpent,
}: SessionRequest): Promise<OpenedSession> {
  const doc = new Y.Doc()
  const token = new SocketToken()
  const owner = userId ?? (await whoWeAre(token))
  if (owner !== null) await inheritFirst(owner, token)
  const replica = owner === null ? null : await openReplica(owner)
  const auth = async (fresh: boolean) => {
    const hadAccount = token.isAccount
    const { answer, life } = await token.renewed(fresh)
    // Another person's copy must never be sent under this one's name: start over as the current user.
    if (owner !== null && answer.user.userId !== owner) {
      if (hadAccount) leave()
      else location.reload()
      throw new Error('this browser belongs to somebody else now')
    }
    if (owner !== null) await inherit(answer.aliases, owner)
    return { token: answer.token, life }
  }
  const provider = new CollabProvider({
    url: location.origin,
    address,
    doc,
    auth,
    created,
    replica,
    soon: pageFrames.soon,
    ...(spent === null ? {} : { kept: spent.kept }),
  })
  const stops = [
    replica?.onWiped(leave) ?? (() => undefined),
    provider.on('status', (status) => {
      if (status.phase === 'ended' && status.problem === 'client-id-taken')
        onSpent({ why: 'client-id-taken', kept: [] })
    }),
    provider.on('superseded', (kept) => onSpent({ why: 'draft', kept })),
    provider.on('diverged', () => onSpent({ why: 'diverged', kept: provider.draft?.batches ?? [] })),
  ]
  return {
    session: { doc, provider, token, successor: spent !== null, goTo: null, sentence: null },
    close: async () => {
      for (const stop of stops) stop()
      await provider.destroy()
      replica?.close()
      doc.destroy()
    },
  }
}

/** Leaves the page: a sign-out in another tab applies to this one too. */
function leave(): void {
  location.assign(pathOf({ to: 'front' }))
}

/** Resolves when there is something to show, or nothing more to wait for. */
async function ready(provider: CollabProvider, patience: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    if (provider.synced || provider.status.phase === 'ended') resolve()
  }
  const timer = setTimeout(resolve, patience)
  const stops = [provider.on('synced', look), provider.on('status', look)]
  look()
  await promise
  clearTimeout(timer)
  for (const stop of stops) stop()
}

async function whoWeAre(token: SocketToken): Promise<string | null> {
  // The last person who wrote here: their copy is opened if the server cannot say who the user is.
  const remembered = (await recallGuest())?.userId ?? null
  const asked = token.session().then(
    (answer) => answer.user.userId,
    () => null,
  )
  if (remembered === null) return asked
  const patience = new Promise<string>((done) => setTimeout(() => done(remembered), SESSION_PATIENCE))
  return (await Promise.race([asked, patience])) ?? remembered
}

/**
 * Takes over the copy of another user who wrote here last. It may be the guest that this account was, whose text must
 * be there when its copy is opened.
 */
async function inheritFirst(owner: string, token: SocketToken): Promise<void> {
  const last = await recallGuest()
  if (last === null || last.userId === owner) return
  const inherited = token.session().then(
    (answer) => inherit(answer.aliases, owner),
    () => undefined,
  )
  await Promise.race([inherited, new Promise((done) => setTimeout(done, SESSION_PATIENCE))])
}

async function inherit(guests: readonly string[], owner: string): Promise<void> {
  if (guests.length === 0) return
  try {
    const { handOver } = await import('#lib/client/replica/local-copies.ts')
    await handOver(guests, owner)
  } catch (error) {
    // The copy stays where it is; the next connection tries again.
    report('what a guest left in this browser was not taken over', error)
  }
}

async function openReplica(userId: string): Promise<ReplicaStore | null> {
  try {
    return await openIndexedDbStore(userId)
  } catch (error) {
    // Private windows and full disks: the provider keeps everything in memory, and the page says so.
    report('no local copy in this browser', error)
    return null
  }
}
