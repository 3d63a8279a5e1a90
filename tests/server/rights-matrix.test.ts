import { readdirSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import type { Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atLeast, ROLES, type Role } from '#lib/protocol/identity.ts'
import { encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import { UP, type UpEvents } from '#lib/protocol/messages/up.ts'
import type { SharingOverview } from '#lib/protocol/sharing.ts'
import { rulesOf } from '../../app/api/edge.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { batchOf, Guest, join, type TestSocket } from './guest.ts'

/*
 * [ACC8] Tries every event and every route as every role in every state of the link, over real sockets and HTTP. The
 * rows come from the rules themselves: a new event or route is tried as well, or fails here because it has no body.
 */

/** The changes made to a user's link before they try. */
const STATES = ['live', 'lowered', 'nobody', 'expired', 'replaced', 'locked', 'deleted'] as const
type State = (typeof STATES)[number]

interface Actor {
  readonly guest: Guest
  readonly socket: TestSocket
  /** The address of the document that they joined by. */
  readonly address: string
  readonly room: number
  readonly clientId: number
}

interface Scene {
  readonly address: string
  readonly owner: Guest
  readonly ownerId: string
  readonly actors: ReadonlyMap<Role, Actor>
}

let server: ServerProcess
let lastClient = 100
const open: TestSocket[] = []

beforeAll(async () => {
  server = await startServer({ env: { RATE_LIMITS: 'off' } })
})
afterAll(async () => {
  for (const socket of open) socket.disconnect()
  await server.stop()
})

async function post(guest: Guest, path: string, body: object) {
  const answer = await guest.post(`/api/${path}`, body)
  return { status: answer.status, body: await answer.json() }
}

/** Creates a document with a user of every role in it, then puts its links into that state. */
async function sceneIn(state: State): Promise<Scene> {
  const owner = new Guest(server.url)
  const { user } = await owner.session()
  const address = await owner.createDocument()
  const overview: SharingOverview = (await post(owner, 'access', { address })).body
  const actors = new Map<Role, Actor>()
  for (const role of ROLES) {
    const guest = role === 'owner' ? owner : new Guest(server.url)
    const by = overview.links.find((link) => link.role === role)?.address ?? address
    const socket = await guest.connect()
    open.push(socket)
    const clientId = ++lastClient
    const joined = await join(socket, { address: by, clientId })
    expect(joined.role).toBe(role)
    actors.set(role, { guest, socket, address: by, room: joined.room, clientId })
  }
  const change = (path: string, body: object) => post(owner, path, { address, ...body })
  const each = (path: string, body: object) =>
    Promise.all(overview.links.map(({ role }) => change(path, { role, ...body })))
  switch (state) {
    case 'live':
      break
    case 'lowered':
      await change('access/link-role', { role: 'viewer' })
      break
    case 'nobody':
      await change('access/link-role', { role: null })
      break
    case 'expired':
      // Set one after the other, all of them before the first expires.
      expect(
        (await each('access/link', { expiresAt: Date.now() + 3000 })).map(({ status }) => status),
      ).toEqual([200, 200, 200])
      await Promise.all(overview.links.map(({ role }) => gone(actors, role)))
      break
    case 'replaced':
      await each('access/renew', {})
      break
    case 'locked':
      await each('access/link', { password: 'a password' })
      break
    case 'deleted':
      await change('documents/delete', {})
  }
  return { address, owner, ownerId: user.userId, actors }
}

/** Waits until a user is removed from the room; only time does it. */
async function gone(actors: ReadonlyMap<Role, Actor>, role: Role): Promise<void> {
  const actor = actors.get(role)
  if (!actor) return
  // Ask once: they may already be out.
  const out = new Promise<void>((resolve) => actor.socket.once('document:reset', () => resolve()))
  const { ok } = await ask(actor.socket, 'document:pull', { room: actor.room, seq: 0 })
  if (ok) await out
}

/** Returns the highest role that a user who joined as `role` has in a state, null for none. */
function rightIn(state: State, role: Role): Role | null {
  if (state === 'deleted') return null
  if (role === 'owner' || state === 'live') return role
  return state === 'lowered' ? 'viewer' : null
}

interface Outcome {
  readonly ok: boolean
  readonly code?: string
}

function ask(socket: TestSocket, event: string, body: object): Promise<Outcome> {
  return (socket as Socket).timeout(5000).emitWithAck(event, body)
}

/** A valid message of each event; an event without one does not compile. */
const MESSAGES: { readonly [E in keyof UpEvents]: (actor: Actor) => Promise<Outcome> } = {
  'document:join': ({ socket, address, clientId }) => join(socket, { address, clientId }),
  'document:update': ({ socket, room, clientId }) =>
    new Promise((resolve) => {
      socket.once('document:ack', ({ refusal }) => resolve(refusal ?? { ok: true }))
      socket.once('document:update', () => resolve({ ok: true }))
      socket.emit('document:update', batchOf(room, clientId, 1, 'x'))
    }),
  'document:pull': ({ socket, room }) => ask(socket, 'document:pull', { room, seq: 0 }),
  'document:compare': ({ socket, room }) =>
    ask(socket, 'document:compare', { room, seq: 0, digest: '0'.repeat(32) }),
  // No answer: it affects only the sender.
  'document:leave': async ({ socket, room }) => {
    socket.emit('document:leave', { room })
    return { ok: true }
  },
  // Answered only if refused; the unknown event behind it is answered after it.
  'presence:set': ({ socket, room }) =>
    new Promise((resolve) => {
      const plain: Socket = socket as Socket
      plain.emit('presence:set', encodePresenceSet({ room, idle: false, caret: new Uint8Array() }), resolve)
      void ask(socket, 'session:renew', { token: '' }).then(() => resolve({ ok: true }))
    }),
  'session:renew': async ({ socket, guest }) =>
    ask(socket, 'session:renew', { token: (await guest.session()).token }),
  'access:ask': ({ socket, room }) => ask(socket, 'access:ask', { room, role: 'editor' }),
}

describe.for(STATES)('[ACC8] the link is %s:', (state) => {
  let scene: Scene
  beforeAll(async () => {
    scene = await sceneIn(state)
  })

  const cases = ROLES.flatMap((role) =>
    UP.map((rule) => ({ role, event: rule.message.name, needed: rule.role })),
  )
  // The two events that move users run last.
  const order = (event: keyof UpEvents) => ['document:join', 'document:leave'].indexOf(event)
  test.for(cases.toSorted((a, b) => order(a.event) - order(b.event)))(
    '$event by the $role',
    async ({ role, event, needed }) => {
      const actor = scene.actors.get(role)
      if (!actor) throw new Error(`nobody is ${role}`)
      const right = rightIn(state, role)
      const outcome = await MESSAGES[event](actor)
      if (event === 'document:join') {
        const expected = right ?? (state === 'locked' ? 'link-locked' : 'not-found')
        expect('role' in outcome ? outcome.role : outcome.code).toBe(expected)
      } else if (needed === 'anyone') {
        expect(outcome.ok).toBe(true)
      } else if (right === null) {
        expect(outcome).toMatchObject({ ok: false, code: 'not-joined' })
      } else if (atLeast(right, needed)) {
        expect(outcome.ok).toBe(true)
      } else {
        expect(outcome).toMatchObject({ ok: false, code: needed === 'editor' ? 'read-only' : 'forbidden' })
      }
    },
  )
})

const api = joinPath(import.meta.dirname, '../../app/api')
const PATHS = readdirSync(api, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('route.ts'))
  .map((file) => file.slice(0, -'/route.ts'.length))

interface RouteCase {
  readonly path: string
  readonly needed: Role
}

/** Returns the routes that require a role in a document, as they declare it. */
async function roleRoutes(): Promise<RouteCase[]> {
  const found: RouteCase[] = []
  for (const path of PATHS) {
    const { POST }: { POST?: unknown } = await import(joinPath(api, path, 'route.ts'))
    const needs = rulesOf(POST)?.needs
    if (typeof needs === 'object') found.push({ path, needed: needs.role })
  }
  return found
}

/** A valid body for each route; none changes anything that the next one needs. */
const BODIES: Readonly<Record<string, (scene: Scene) => object>> = {
  access: () => ({}),
  'access/link-role': () => ({ role: 'editor' }),
  'access/link': () => ({ role: 'viewer', expiresAt: null }),
  'access/renew': () => ({ role: 'commenter' }),
  'access/grant': ({ ownerId }) => ({ userId: `${ownerId}x`, role: null }),
  'access/request': ({ ownerId }) => ({ userId: `${ownerId}x`, role: null }),
  'documents/copy': () => ({ title: 'a copy' }),
}

const routeCases = await roleRoutes()

test('[ACC8] routes that need a role are found', () => {
  expect(routeCases.map(({ path }) => path).toSorted()).toEqual(Object.keys(BODIES).toSorted())
})

describe.for(STATES)('[ACC8] over HTTP, the link is %s:', (state) => {
  let scene: Scene
  beforeAll(async () => {
    scene = await sceneIn(state)
  })

  // The owner comes last, because their changes take effect.
  const cases = ROLES.flatMap((role) => routeCases.map((each) => ({ role, ...each })))
  test.for(cases)('$path by the $role', async ({ role, path, needed }) => {
    const actor = scene.actors.get(role)
    const body = BODIES[path]?.(scene)
    if (!actor || !body) throw new Error(`no body for ${path}`)
    const right = rightIn(state, role)
    const answer = await post(actor.guest, path, { address: actor.address, ...body })
    const nothing = state === 'locked' ? [403, 'link-locked'] : [404, 'not-found']
    const expected = right === null ? nothing : atLeast(right, needed) ? [200, undefined] : [403, 'forbidden']
    expect([answer.status, answer.body.code]).toEqual(expected)
  })
})
