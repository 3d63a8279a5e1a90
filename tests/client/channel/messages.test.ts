import { EventEmitter } from 'node:events'
import type { Socket } from 'socket.io-client'
import { describe, expect, test } from 'vitest'
import { ask, type Listeners, listen, send } from '#lib/client/channel/messages.ts'
import { DOWN } from '#lib/protocol/messages/down.ts'
import { documentPull } from '#lib/protocol/messages/history.ts'
import { documentLeave } from '#lib/protocol/messages/join.ts'
import { documentUpdate, encodeRow } from '#lib/protocol/messages/update.ts'

type Answered = (error: Error | null, answer?: unknown, history?: unknown) => void

/** A socket that notes what is sent, and answers requests with `answer`. */
function socketWith(answer: (answered: Answered) => void = () => undefined) {
  const sent: unknown[][] = []
  const emitter = {
    timeout: (ms: number) => ({
      emit: (event: string, request: unknown, answered: Answered) => {
        sent.push([ms, event, request])
        answer(answered)
      },
    }),
    emit: (...args: unknown[]) => sent.push(args),
  }
  return { socket: emitter as unknown as Socket, sent }
}

describe('a request', () => {
  test('is sent with the timeout of its declaration, and resolves with its answer and the bytes behind it', async () => {
    const history = Uint8Array.of(1, 2)
    const { socket, sent } = socketWith((answered) => answered(null, { ok: true, chunked: 0 }, history))
    const answer = await ask(socket, documentPull, { room: 1, seq: 2 })
    expect(answer).toEqual({ answer: { ok: true, chunked: 0 }, history })
    expect(sent).toEqual([[documentPull.timeout, 'document:pull', { room: 1, seq: 2 }]])
  })

  test('rejects if the answer is overdue or not what was declared', async () => {
    const overdue = socketWith((answered) => answered(new Error('timeout')))
    await expect(ask(overdue.socket, documentPull, { room: 1, seq: 2 })).rejects.toThrow('timeout')
    const malformed = socketWith((answered) => answered(null, { ok: true, chunked: 'many' }))
    await expect(ask(malformed.socket, documentPull, { room: 1, seq: 2 })).rejects.toThrow('malformed')
  })
})

test('a message is sent with a confirmation only if one is asked for', () => {
  const { socket, sent } = socketWith()
  const received = () => undefined
  const bytes = Uint8Array.of(1)
  send(socket, documentLeave, { room: 3 })
  send(socket, documentUpdate, bytes)
  send(socket, documentUpdate, bytes, received)
  expect(sent).toEqual([
    ['document:leave', { room: 3 }],
    ['document:update', bytes],
    ['document:update', bytes, received],
  ])
})

describe('a message of the server', () => {
  function setUp() {
    const server = new EventEmitter()
    const heard: unknown[][] = []
    const failures: unknown[] = []
    const listeners = Object.fromEntries(
      DOWN.map(({ name }) => [name, (...args: unknown[]) => heard.push(args)]),
    )
    listen(server as unknown as Socket, listeners as unknown as Listeners, (error) => failures.push(error))
    return { server, heard, failures }
  }

  test('reaches its listener decoded, bytes and confirmation with it', () => {
    const { server, heard, failures } = setUp()
    const row = { room: 1, seq: 2, chain: new Uint8Array(16), entries: Uint8Array.of(7) }
    const chunk = { room: 1, total: 9, offset: 0 }
    const received = () => undefined
    server.emit('document:update', encodeRow(row))
    server.emit('document:chunk', chunk, Uint8Array.of(5), received)
    expect(heard).toEqual([
      [row, undefined, undefined],
      [chunk, Uint8Array.of(5), received],
    ])
    expect(failures).toEqual([])
  })

  test('is a failure if its content is not what was declared, and never reaches the listener', () => {
    const { server, heard, failures } = setUp()
    server.emit('document:update', { room: 1 })
    server.emit('document:update', Uint8Array.of(1, 2, 3))
    server.emit('document:ack', { room: 'one' })
    expect(heard).toEqual([])
    expect(failures).toHaveLength(3)
  })
})
