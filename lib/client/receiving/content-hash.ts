import { contentDigest } from '#lib/document/content-digest.ts'

/** Returns the digest of `bytes` (content-digest.ts), computed in a worker if the environment has workers. */
export async function hashContent(bytes: Uint8Array): Promise<string> {
  if (typeof Worker === 'undefined') return contentDigest(bytes)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let worker: Worker | undefined
  try {
    worker = new Worker(new URL('./content-hash-worker.ts', import.meta.url))
    worker.addEventListener('message', ({ data }: MessageEvent<string>) => resolve(data))
    worker.addEventListener('error', () => reject(new Error('the hashing worker could not work')))
    worker.postMessage(bytes)
    return await promise
  } catch {
    // The browser refuses workers, or the server was updated under an open page and the worker's file is gone.
    // Hashing here takes a few milliseconds.
    return contentDigest(bytes)
  } finally {
    worker?.terminate()
  }
}
