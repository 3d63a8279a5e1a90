'use client'

import { useEffect, useState } from 'react'
import * as Y from 'yjs'
import { CollabProvider } from '../client/collab-provider.ts'
import { recallGuest } from '../client/guest-memory.ts'
import { openIndexedDbStore } from '../client/indexed-db-store.ts'
import { handOver } from '../client/local-copies.ts'
import type { ReplicaStore } from '../client/replica-store.ts'
import type { Identity } from '../protocol/identity.ts'
import { pathOf } from '../protocol/urls.ts'
import { SocketToken } from './socket-token.ts'

/** One open document: its Y.Doc, its provider, and what made them. */
export interface DocumentSession {
  readonly doc: Y.Doc
  readonly provider: CollabProvider
  readonly token: SocketToken
}

/** The local copy is opened without the server's word after this long, ms. */
const SESSION_PATIENCE = 2_500

/**
 * Opens a document and keeps it open while the component lives: one Y.Doc, one provider, both destroyed with it.
 * `user`: who the server said we are when it rendered the page; null on a first visit. null until it is open.
 */
export function useDocumentSession(
  address: string,
  user: Identity | null,
  created: boolean,
): DocumentSession | null {
  const [session, setSession] = useState<DocumentSession | null>(null)
  // A Y.Doc whose client id is taken is given up for a new one; nothing has been typed into it by then.
  const [attempt, setAttempt] = useState(0)
  const userId = user?.userId ?? null

  useEffect(() => {
    const doc = new Y.Doc()
    const token = new SocketToken()
    let closed = false
    let close = async () => doc.destroy()

    const open = async () => {
      const owner = userId ?? (await whoWeAre(token))
      if (owner !== null) await inheritFirst(owner, token)
      const replica = owner === null ? null : await openReplica(owner)
      if (closed) return replica?.close()
      const auth = async (refused: boolean) => {
        if (refused) token.forget()
        const hadAccount = token.isAccount
        const answer = await token.session()
        // Another person's copy must never be sent under this one's name: start over as who we are now.
        if (owner !== null && answer.user.userId !== owner) {
          // Who signed out in another tab left this one too.
          if (hadAccount) location.assign(pathOf({ to: 'front' }))
          else location.reload()
          throw new Error('this browser belongs to somebody else now')
        }
        if (owner !== null) await inherit(answer.aliases, owner)
        return answer.token
      }
      const provider = new CollabProvider({ url: location.origin, address, doc, auth, created, replica })
      const stopWatching = provider.on('status', (status) => {
        if (status.phase === 'ended' && status.problem === 'client-id-taken') setAttempt(attempt + 1)
      })
      close = async () => {
        stopWatching()
        await provider.destroy()
        replica?.close()
        doc.destroy()
      }
      setSession({ doc, provider, token })
    }
    const opening = open()

    return () => {
      closed = true
      setSession(null)
      void opening.then(() => close())
    }
  }, [address, userId, created, attempt])

  return session
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
