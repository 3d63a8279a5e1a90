import * as Y from 'yjs'
import { CollabProvider, type CollabProviderOptions } from '#lib/client/collab-provider.ts'
import { Guest } from '../server/guest.ts'
import { firstText, paragraphOf } from './paragraph.ts'

/** A person with one tab, as a program: a guest session, a Y.Doc and its provider. */
export interface Writer {
  readonly doc: Y.Doc
  readonly provider: CollabProvider
  /** Returns the text of the first paragraph, created if missing. */
  text(): Y.XmlText
  close(): Promise<void>
}

/** Opens a document as `guest` (default: a new one) and waits until it is synced. */
export async function openWriter(
  url: string,
  address: string,
  options: Partial<CollabProviderOptions> & { guest?: Guest } = {},
): Promise<Writer> {
  const { guest = new Guest(url), ...rest } = options
  const doc = rest.doc ?? new Y.Doc()
  const auth = async (): Promise<string> => (await guest.session()).token
  const provider = new CollabProvider({ url, address, auth, ...rest, doc })
  const writer: Writer = {
    doc,
    provider,
    text() {
      const first = firstText(doc)
      if (first) return first
      doc.getXmlFragment('body').insert(0, [paragraphOf()])
      return this.text()
    },
    async close() {
      await provider.destroy()
      doc.destroy()
    },
  }
  try {
    await until(provider, () => provider.synced)
    return writer
  } catch (error) {
    await writer.close()
    throw error
  }
}

/**
 * Resolves when `holds()` returns true. It is checked whenever the state or document of the provider, or of one of
 * several, changes. Rejects at the deadline.
 */
export function until(
  heard: CollabProvider | readonly CollabProvider[],
  holds: () => boolean,
  deadlineMs = 10_000,
): Promise<void> {
  const providers = [heard].flat()
  if (holds()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = []
    const stop = (): void => {
      for (const each of stops) each()
    }
    const look = (): void => {
      if (!holds()) return
      stop()
      resolve()
    }
    const timer = setTimeout(() => {
      stop()
      reject(
        new Error(
          `not within ${deadlineMs} ms: ${holds}; ${JSON.stringify(providers.map(({ status }) => status))}`,
        ),
      )
    }, deadlineMs)
    stops.push(() => clearTimeout(timer))
    for (const provider of providers) {
      for (const event of ['status', 'save', 'synced', 'peers', 'draft'] as const)
        stops.push(provider.on(event, look))
      provider.doc.on('update', look)
      stops.push(() => provider.doc.off('update', look))
    }
  })
}
