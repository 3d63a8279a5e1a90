import { contentDigest } from '#lib/document/content-digest.ts'

/** The digest of `bytes` (content-digest.ts), made in a thread of its own where there are such. */
export async function hashContent(bytes: Uint8Array): Promise<string> {
  if (typeof Worker === 'undefined') return contentDigest(bytes)
  const worker = new Worker(new URL('./content-hash-worker.ts', import.meta.url))
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  worker.addEventListener('message', ({ data }: MessageEvent<string>) => resolve(data))
  worker.addEventListener('error', () => reject(new Error('the hashing worker could not work')))
  try {
    worker.postMessage(bytes)
    return await promise
  } catch {
    // A page kept open over an update of the server finds its worker's file gone: some milliseconds here, then.
    return contentDigest(bytes)
  } finally {
    worker.terminate()
  }
}
