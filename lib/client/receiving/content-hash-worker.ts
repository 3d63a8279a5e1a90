import { contentDigest } from '#lib/document/content-digest.ts'

/* The worker behind content-hash.ts: receives bytes and returns their digest. */

addEventListener('message', ({ data }: MessageEvent<Uint8Array>) => postMessage(contentDigest(data)))
