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
import { SocketToken } from './socket-token.ts'

/** One open document: its Y.Doc, its provider, and what made them. */
export interface DocumentSession {
  readonly doc: Y.Doc
  readonly provider: CollabProvider
  readonly token: SocketToken
  /** It took another one's place on the page, because part of what that one showed was set aside. */
  readonly successor: boolean
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

    const show = async (kept: readonly SealedBatch[] | null) => {
      const before = shown
      const next = await openSession({
        address,
        userId,
        created: created && before === null,
        kept,
        onSpent: (left) => void show(left),
      })
      if (before !== null) await ready(next.session.provider)
      if (closed) {
        await next.close()
        return
      }
      shown = next
      setSession(next.session)
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
  /** What the session before this one set aside; null: this is the first. */
  readonly kept: readonly SealedBatch[] | null
  /** The Y.Doc must be given up for a new one: its client id is taken (before anything was typed), or it shows a draft. */
  readonly onSpent: (kept: readonly SealedBatch[]) => void
}

async function openSession({
  address,
  userId,
  created,
  kept,
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
    ...(kept === null ? {} : { kept }),
  })
  const stops = [
    replica?.onWiped(leave) ?? (() => undefined),
    provider.on('status', (status) => {
      if (status.phase === 'ended' && status.problem === 'client-id-taken') onSpent([])
    }),
    provider.on('superseded', onSpent),
  ]
  return {
    session: { doc, provider, token, successor: kept !== null },
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
async function ready(provider: CollabProvider): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    if (provider.synced || provider.status.phase === 'ended') resolve()
  }
  const timer = setTimeout(resolve, SUCCESSOR_PATIENCE)
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
