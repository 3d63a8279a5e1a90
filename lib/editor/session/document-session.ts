'use client'

import type { Editor } from '@tiptap/core'
import { useEffect, useState } from 'react'
import * as Y from 'yjs'
import { SocketToken } from '#lib/client/channel/socket-token.ts'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import { recallGuest } from '#lib/client/replica/guest-memory.ts'
import { openIndexedDbStore } from '#lib/client/replica/indexed-db-store.ts'
import { handOver } from '#lib/client/replica/local-copies.ts'
import type { ReplicaStore, SealedBatch } from '#lib/client/replica/replica-store.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import { report } from '#lib/protocol/report.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import type { Language } from '#lib/ui/words/language.ts'
import { pageFrames } from '../carets/page-frames.ts'

/** One open document: its Y.Doc, its provider, and what made them. */
export interface DocumentSession {
  readonly doc: Y.Doc
  readonly provider: CollabProvider
  readonly token: SocketToken
  /** It took another one's place on the page: part of what that one showed was set aside, or nobody else had it. */
  readonly successor: boolean
  /** Goes where the person was in that one. */
  readonly goTo: ((editor: Editor, doc: Y.Doc) => void) | null
  /** What they are told of it. */
  readonly sentence: ((language: Language) => string) | null
}

/** The local copy is opened without the server's word after this long, ms. */
const SESSION_PATIENCE = 2_500
/** A successor is shown when it has its text, or after this long, ms. */
const SUCCESSOR_PATIENCE = 3_000

/**
 * Opens a document and keeps it open while the component lives: one Y.Doc, one provider, both destroyed with it.
 * `user`: who the server said we are when it rendered the page; null on a first visit. null until it is open.
 * When the Y.Doc must be given up, another session takes its place without the page going blank.
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
    /** Open, and not to be seen yet: without the server for as long as it takes. */
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
      // Where that cannot be fetched, one is at the beginning.
      const place = before && (await import('../carets/place.ts').catch(() => null))
      // Gone, or another one was quicker; one that diverged is better than none at all.
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
  /** Why the session before this one is over; null: this is the first. */
  readonly spent: Spent | null
  /** The Y.Doc must be given up for a new one. */
  readonly onSpent: (spent: Spent) => void
}

/** Why a Y.Doc is given up: its client id is taken (before anything was typed), it shows a draft, or nobody else has it. */
interface Spent {
  readonly why: 'client-id-taken' | 'draft' | 'diverged'
  /** What it set aside. */
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
    // Another person's copy must never be sent under this one's name: start over as who we are now.
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

/** Who signed out in another tab left this one too. */
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
  // Who wrote here last: opens their copy when the server cannot say who we are.
  const remembered = (await recallGuest())?.userId ?? null
  const asked = token.session().then(
    (answer) => answer.user.userId,
    () => null,
  )
  if (remembered === null) return asked
  const patience = new Promise<string>((done) => setTimeout(() => done(remembered), SESSION_PATIENCE))
  return (await Promise.race([asked, patience])) ?? remembered
}

/** Somebody else wrote here last: perhaps the guest this account was, whose text has to be there when its copy is opened. */
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
  try {
    await handOver(guests, owner)
  } catch (error) {
    // It stays where it is, and is tried again at the next connection.
    report('what a guest left in this browser was not taken over', error)
  }
}

async function openReplica(userId: string): Promise<ReplicaStore | null> {
  try {
    return await openIndexedDbStore(userId)
  } catch (error) {
    // Private windows and full disks: the provider keeps memory only, and the page says so.
    report('no local copy in this browser', error)
    return null
  }
}
