// y-socket.io on Socket.IO with the defaults of both, in memory.

import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { YSocketIO } from 'y-socket.io/dist/server'
import { listen, serveBench } from './harness.mjs'

const http = createServer()
new YSocketIO(new Server(http)).initialize()
serveBench({ port: await listen(http) })
