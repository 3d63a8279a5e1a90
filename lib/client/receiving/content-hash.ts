import { contentDigest } from '#lib/document/content-digest.ts'

/** Returns the digest of `bytes` (content-digest.ts), computed in a worker if the environment has workers. */
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
    // On a page that was open during an update of the server, the file of the worker is gone. Hashing here takes a
    // few milliseconds.
    return contentDigest(bytes)
  } finally {
    worker.terminate()
  }
}
