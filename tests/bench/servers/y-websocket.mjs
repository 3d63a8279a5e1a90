// @y/websocket-server as its own src/server.js starts it, in memory. That file does not report its port, hence these
// lines.

import { createServer } from 'node:http'
import { setupWSConnection } from '@y/websocket-server/utils'
import { WebSocketServer } from 'ws'
import { listen, serveBench } from './harness.mjs'

const http = createServer()
const sockets = new WebSocketServer({ noServer: true })
sockets.on('connection', setupWSConnection)
http.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws, request))
})
serveBench({ port: await listen(http) })
