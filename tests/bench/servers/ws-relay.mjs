// The lower bound of WebSocket servers: every message goes to everyone at its path, nothing is kept.

import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { listen, serveBench } from './harness.mjs'

const http = createServer()
const sockets = new WebSocketServer({ server: http })
const rooms = new Map()
sockets.on('connection', (socket, { url }) => {
  const room = rooms.get(url) ?? new Set()
  rooms.set(url, room.add(socket))
  socket.on('message', (message) => {
    for (const each of room) each.send(message)
  })
  socket.on('close', () => room.delete(socket))
})
serveBench({ port: await listen(http) })
