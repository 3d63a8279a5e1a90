import { setTimeout as passed } from 'node:timers/promises'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Guest } from '../server/guest.ts'
import { seededRandom } from '../support/random.ts'
import { startServer } from '../support/server-process.ts'
import { openWriter, type Writer } from '../support/writer.ts'

const KILLS = Number(process.env.KILLS ?? 25)
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000)
const WRITERS = 4

/** One writer at work: types numbered tokens, notes which were acknowledged and which of the others' it has seen. */
class Typist {
  readonly #writer: Writer
  readonly #name: string
  readonly #acknowledged: Set<string>
  #count = 0
  #running = true

  constructor(writer: Writer, name: string, acknowledged: Set<string>, seen: Set<string>) {
    this.#writer = writer
    this.#name = name
    this.#acknowledged = acknowledged
    writer.text().observe((event, transaction) => {
      if (transaction.local) return
      for (const { insert } of event.delta) {
        if (typeof insert === 'string') for (const token of insert.match(/\[[^\]]+\]/g) ?? []) seen.add(token)
      }
    })
  }

  async run(random: () => number): Promise<void> {
    while (this.#running) {
      const token = `[${this.#name}.${this.#count++}]`
      const text = this.#writer.text()
      text.insert(text.length, token)
      this.#writer.provider.flushed().then(
        () => this.#acknowledged.add(token),
        () => undefined, // killed before the answer
      )
      await passed(random() * 12) // a typing pace: the pause is the input, not a wait for something
    }
  }

  stop(): void {
    this.#running = false
  }
}

test(`[UPD4] ${KILLS} times kill -9 while four people type: nothing acknowledged and nothing seen by a peer is lost, seed ${SEED}`, {
  timeout: 60_000 + KILLS * 8000,
}, async () => {
  const random = seededRandom(SEED)
  const server = await startServer({ env: { LOG_LEVEL: 'error' } })
  const guests = Array.from({ length: WRITERS }, () => new Guest(server.url))
  const [owner] = guests
  if (!owner) throw new Error('no guest')
  const address = await owner.createDocument()
  const first = await openWriter(server.url, address, { guest: owner })
  first.text()
  await first.provider.flushed()
  await first.close()

  const acknowledged = new Set<string>()
  const seen = new Set<string>()
  for (let kill = 0; kill < KILLS; kill++) {
    const writers = await Promise.all(guests.map((guest) => openWriter(server.url, address, { guest })))
    const typists = writers.map((writer, i) => new Typist(writer, `${kill}.${i}`, acknowledged, seen))
    const typing = typists.map((typist) => typist.run(random))
    await passed(20 + random() * 300)
    await server.kill('SIGKILL')
    for (const typist of typists) typist.stop()
    await Promise.all(typing)
    // Nobody who was there may bring anything back before a stranger has read.
    await Promise.all(writers.map((writer) => writer.close()))

    await server.restart()
    const reader = await openWriter(server.url, address)
    const tokens = new Set(textOf(reader.doc).match(/\[[^\]]+\]/g))
    await reader.close()
    expect(
      [...acknowledged].filter((token) => !tokens.has(token)),
      `acknowledged and lost, kill ${kill}`,
    ).toEqual([])
    expect(
      [...seen].filter((token) => !tokens.has(token)),
      `seen and lost, kill ${kill}`,
    ).toEqual([])
  }
  expect(acknowledged.size).toBeGreaterThan(KILLS)
  expect(seen.size).toBeGreaterThan(KILLS)
  await server.stop()
})

function textOf(doc: Y.Doc): string {
  const first = doc.getXmlFragment('body').get(0)
  return first instanceof Y.XmlText ? first.toString() : ''
}
