import * as Y from 'yjs'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { until } from '../support/writer.ts'
import { MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const GUESTS = 12
const EDIT_BYTES = 200_000
/** The most that each of the documents gets: they are full at 20 MiB. */
const DOCUMENT_BYTES = 19_000_000
/** The most that resident memory may grow by while 218 MB are written. */
const MOST_GROWN_BYTES = 480 * 1024 * 1024
/** The most that the documents of one guest may weigh, and that may be on its way when that is reached. */
const GUEST_BYTES = 100 * 1024 * 1024
const ON_ITS_WAY_BYTES = 8 * 1024 * 1024
/** The megabytes from which there is enough to reach the limit of a guest. */
const FILLS_FROM = 110
const SAVED_WITHIN_MS = 120_000

/**
 * Guests write into documents of their own as fast as they can, which must not make the server's memory grow without
 * bound; then one guest fills their storage, is told so, and loses nothing: after a document was erased, all of it is
 * saved. Counts megabytes.
 */
export const flood: Scenario = {
  name: 'flood',
  counts: 'megabytes',
  full: 218,
  short: 12,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const figures = { megabytes: count, ...(await write(count, failures)) }
    const all = count < FILLS_FROM ? figures : { ...figures, ...(await fill(failures)) }
    return { scenario: 'flood', seed, ok: failures.length === 0, figures: all, failures }
  },
}

/** Has twelve guests write megabytes together. */
async function write(megabytes: number, failures: string[]): Promise<Record<string, number>> {
  const server = await MeasuredServer.start(0, { limited: {} })
  try {
    const writers: CollabProvider[] = []
    for (let i = 0; i < GUESTS; i++) writers.push(await openOwn(server))
    const before = await server.ask('weigh')
    await server.ask('watch')
    const begun = performance.now()
    let left = (megabytes * 1e6) / EDIT_BYTES
    const writing = async (writer: CollabProvider): Promise<void> => {
      for (let bytes = 0; left > 0 && bytes < DOCUMENT_BYTES; bytes += EDIT_BYTES) {
        left--
        paste(writer)
        await writer.flushed()
      }
    }
    await Promise.all(writers.map(writing))
    const writingMs = Math.round(performance.now() - begun)
    const { grownBytes, stallMs } = await server.ask('seen')
    const after = await server.ask('weigh')
    if (grownBytes > MOST_GROWN_BYTES) failures.push(`memory grew by ${grownBytes} bytes`)
    await Promise.all(writers.map((each) => each.destroy()))
    const { bytes, threadBytes, rss } = after
    return { writingMs, stallMs, grownBytes, residentBytes: rss - before.rss, bytes, threadBytes }
  } finally {
    await server.stop()
  }
}

/** Has one guest write more than they may own. */
async function fill(failures: string[]): Promise<Record<string, number>> {
  const server = await MeasuredServer.start(0, { limited: {} })
  try {
    const author = await server.ask('author')
    const writers: CollabProvider[] = []
    for (let i = 0; i < 6; i++) writers.push(await open(server, author))
    const isRefused = ({ hindrance }: { hindrance: string | null }) => hindrance === 'owner-full'
    // The last document stays small, so that erasing the first makes room for all that waits.
    for (const writer of writers) {
      for (let bytes = 0; bytes < DOCUMENT_BYTES && !isRefused(writer.status); bytes += EDIT_BYTES) {
        paste(writer)
        await Promise.race([writer.flushed(), until(writer, () => isRefused(writer.status), SAVED_WITHIN_MS)])
      }
    }
    const full = writers.filter(({ status }) => isRefused(status))
    if (full.length === 0) failures.push('a guest who owns too much is not told')
    if (full.some(({ saved }) => saved)) failures.push('what was refused counts as saved')
    const usedBytes = await server.ask('used')
    if (usedBytes > GUEST_BYTES + ON_ITS_WAY_BYTES)
      failures.push(`the documents of a guest weigh ${usedBytes}`)
    const begun = performance.now()
    await server.ask('erase')
    const rest = writers.slice(1)
    await until(rest, () => rest.every(({ saved }) => saved), SAVED_WITHIN_MS).catch(() =>
      failures.push('what was refused is not saved although there is room'),
    )
    const savedMs = Math.round(performance.now() - begun)
    await Promise.all(writers.map((each) => each.destroy()))
    return { usedBytes, refused: full.length, savedMs }
  } finally {
    await server.stop()
  }
}

/** Opens a new document of a new guest. */
async function openOwn(server: MeasuredServer): Promise<CollabProvider> {
  return open(server, await server.ask('author'))
}

/** Opens a new document of the last author. */
async function open(
  server: MeasuredServer,
  author: Parameters<MeasuredServer['tokenOf']>[0],
): Promise<CollabProvider> {
  const auth = async () => server.tokenOf(author)
  const address = await server.ask('authored')
  const writer = new CollabProvider({ url: server.url, address, auth, doc: new Y.Doc() })
  await until(writer, () => writer.synced)
  return writer
}

function paste({ doc }: CollabProvider): void {
  doc.getXmlFragment('body').insert(0, [paragraphOf('x'.repeat(EDIT_BYTES))])
}
