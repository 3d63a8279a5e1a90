import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { Decoder, Encoder } from '../../../lib/protocol/packet-parser.ts'
import { NAMESPACE } from '../../../lib/protocol/version.ts'
import { listen, serveBench } from './harness.mjs'

/*
 * The lower bound of Socket.IO servers: our one-frame parser, every message to everyone in its room, nothing is kept.
 */

const http = createServer()
const io = new Server(http, {
  parser: { Encoder, Decoder },
  serveClient: false,
  pingInterval: 10_000,
  pingTimeout: 30_000,
})
const documents = io.of(NAMESPACE)
documents.on('connection', (socket) => {
  const room = `r:${String(socket.handshake.auth.room)}`
  void socket.join(room)
  socket.on('document:update', (update: Uint8Array) => documents.to(room).emit('document:update', update))
  socket.emit('joined')
})
serveBench({ port: await listen(http) })
