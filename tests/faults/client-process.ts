import * as Y from 'yjs'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import { Hand } from './hand.ts'

/*
 * A client in its own process, so that it can be stopped (SIGSTOP) as closing the lid stops a laptop. It types until
 * told to stop, and reports.
 */

interface ClientOrder {
  readonly url: string
  readonly address: string
  readonly token: string
  readonly paceMs: number
}

const { url, address, token, paceMs }: ClientOrder = JSON.parse(process.argv[2] ?? '{}')
const provider = new CollabProvider({ url, address, auth: async () => token, doc: new Y.Doc() })
const hand = new Hand(provider, 'stopped')
provider.on('synced', () => process.send?.('synced'))

process.on('message', (ask) => {
  if (ask === 'type') hand.type(Math.random, paceMs)
  else void hand.stop().then(() => process.send?.(hand.report()))
})
process.on('disconnect', () => process.exit(0))
