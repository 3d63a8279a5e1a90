import { expect, test } from 'vitest'
import type { DocumentSocket } from '#lib/server/sockets/document-socket.ts'
import { SlowReaders } from '#lib/server/sockets/slow-readers.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const MIB = 1024 * 1024

/** Returns a socket with the shape that frames are written to, with as many unsent bytes as given. */
function socketWith(unsent: number) {
  const frames: number[] = []
  const state = { unsent, cut: false }
  const webSocket = {
    readyState: 1,
    get bufferedAmount() {
      return state.unsent
    },
    terminate: () => {
      state.cut = true
    },
    // The last byte identifies the frame.
    _sender: { sendFrame: ([frame]: Uint8Array[]) => frames.push(frame?.at(-1) ?? -1) },
  }
  const transport = { name: 'websocket', writable: true, socket: webSocket }
  const conn = { readyState: 'open', writeBuffer: [], transport }
  return { socket: { conn } as unknown as DocumentSocket, frames, state }
}

test('[SLOW1] a reader that is behind gets no frames, and the last one of each room once it has drained', async () => {
  const clock = new VirtualClock(Math.random)
  const readers = new SlowReaders(clock)
  const [slow, quick] = [socketWith(MIB + 1), socketWith(0)]
  const relay = (frame: Uint8Array) => {
    for (const { socket } of [slow, quick]) readers.relay(socket, 7, frame)
  }
  for (const each of [1, 2, 3]) relay(Uint8Array.of(each))
  readers.relay(slow.socket, 8, Uint8Array.of(9))
  expect([slow.frames, quick.frames]).toEqual([[], [1, 2, 3]])
  slow.state.unsent = 200_000
  await clock.advance(1000)
  expect(slow.frames).toEqual([])
  slow.state.unsent = 0
  await clock.advance(1000)
  expect(slow.frames).toEqual([3, 9])
  relay(Uint8Array.of(4))
  expect([slow.frames, quick.frames]).toEqual([
    [3, 9, 4],
    [1, 2, 3, 4],
  ])
  expect(clock.waiting).toBe(0)
})

test('[SLOW1] a reader that reads a little now and then is not cut, one that reads nothing for 15 s is', async () => {
  const clock = new VirtualClock(Math.random)
  const readers = new SlowReaders(clock)
  const [trickling, stuck] = [socketWith(2 * MIB), socketWith(2 * MIB)]
  for (const { socket } of [trickling, stuck]) readers.relay(socket, 7, Uint8Array.of(1))
  for (let second = 0; second < 16; second++) {
    trickling.state.unsent -= 1000
    await clock.advance(1000)
  }
  expect([trickling.state.cut, stuck.state.cut]).toEqual([false, true])
})

test('[SLOW1] a client that keeps asking without reading the answers is cut', () => {
  const readers = new SlowReaders(new VirtualClock(Math.random))
  const [asking, honest] = [socketWith(4 * MIB + 1), socketWith(MIB)]
  expect([readers.mayAnswer(asking.socket), readers.mayAnswer(honest.socket)]).toEqual([false, true])
  expect([asking.state.cut, honest.state.cut]).toEqual([true, false])
})
