// Hocuspocus with its defaults; with BENCH_DATA_DIR also its SQLite extension on a file there.

import { join } from 'node:path'
import { Server } from '@hocuspocus/server'
import { serveBench } from './harness.mjs'

const dataDir = process.env.BENCH_DATA_DIR
const extensions = []
if (dataDir) {
  await import('./sqlite-driver.mjs')
  const { SQLite } = await import('@hocuspocus/extension-sqlite')
  extensions.push(new SQLite({ database: join(dataDir, 'hocuspocus.db') }))
}
const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false, extensions })
await server.listen()
serveBench({ port: server.address.port, close: () => server.destroy() })
