'use client'

import { useEffect, useState } from 'react'
import * as Y from 'yjs'
import { CollabProvider } from '../client/collab-provider.ts'
import { recallGuest } from '../client/guest-memory.ts'
import { openIndexedDbStore } from '../client/indexed-db-store.ts'
import { handOver } from '../client/local-copies.ts'
import type { ReplicaStore, SealedBatch } from '../client/replica-store.ts'
import type { Identity } from '../protocol/identity.ts'
import { pathOf } from '../protocol/urls.ts'
import { pageFrames } from './page-frames.ts'
import { type Place, placeIn } from './place.ts'
import { SocketToken } from './socket-token.ts'

/** One open document: its Y.Doc, its provider, and what made them. */
export interface DocumentSession {
  readonly doc: Y.Doc
  readonly provider: CollabProvider
  readonly token: SocketToken
  /**
   * It took another one's place on the page: part of what that one showed was set aside (*draft*), or nobody else had it
   * (*diverged*).
   */
  readonly successor: 'draft' | 'diverged' | null
  /** Where the person was in the one before. */
  readonly place: Place | null
}

/** The local copy is opened without the server's word after this long, ms. */
const SESSION_PATIENCE = 2_500
/** A successor is shown when it has its text, or after this long, ms. */
const SUCCESSOR_PATIENCE = 3_000
/** Of a Y.Doc that nobody else has, everything but the one letter may be right: it stays until there is better. */
const DIVERGED_PATIENCE = 60_000
/** A composition is waited for, looked at so often, ms, and at most so many times. */
const REST_EVERY = 100
const REST_LOOKS = 300
/** A page loads its document anew for that at most this often, ms: what does not help is not to be met again and again. */
const DIVERGED_EVERY = 60 * 60_000

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
    let divergedAt = Number.NEGATIVE_INFINITY

    const show = async (spent: Spent | null): Promise<void> => {
      const before = shown
      const diverged = spent?.why === 'diverged'
      if (diverged) {
        if (performance.now() - divergedAt < DIVERGED_EVERY) return
        divergedAt = performance.now()
        await before?.session.provider.forgetHistory()
      }
      const next = await openSession({
        address,
        userId,
        created: created && before === null,
        spent,
        onSpent: (next) => void show(next),
      })
      const { provider } = next.session
      if (before !== null) await ready(provider, diverged ? DIVERGED_PATIENCE : SUCCESSOR_PATIENCE)
      if (diverged) await rest(before?.session.provider ?? provider)
      // Gone, or another one was quicker; one that diverged is better than none at all.
      const late = closed || shown !== before || (diverged && !provider.synced)
      if (late) await next.close()
      if (late) return closed || diverged ? undefined : show(spent)
      shown = next
      setSession({ ...next.session, place: before && placeIn(before.session.provider, before.session.doc) })
      await before?.close()
    }
    const opening = show(null)

    return () => {
      closed = true
      setSession(null)
      void opening.then(() => shown?.close())
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
    session: { doc, provider, token, successor: successorOf(spent), place: null },
    close: async () => {
      for (const stop of stops) stop()
      await provider.destroy()
      replica?.close()
      doc.destroy()
    },
  }
}

function successorOf(spent: Spent | null): DocumentSession['successor'] {
  if (spent === null) return null
  return spent.why === 'diverged' ? 'diverged' : 'draft'
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

/** Resolves when nobody composes in it, or has for long. */
async function rest(provider: CollabProvider): Promise<void> {
  for (let looks = 0; provider.holding && looks < REST_LOOKS; looks++)
    await new Promise((done) => setTimeout(done, REST_EVERY))
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
    console.warn('what a guest left in this browser was not taken over', error)
  }
}

async function openReplica(userId: string): Promise<ReplicaStore | null> {
  try {
    return await openIndexedDbStore(userId)
  } catch (error) {
    // Private windows and full disks: the provider keeps memory only, and the page says so.
    console.warn('no local copy in this browser', error)
    return null
  }
}
