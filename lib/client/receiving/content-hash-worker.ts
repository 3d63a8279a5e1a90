import { contentDigest } from '#lib/document/content-digest.ts'

/* The thread behind content-hash.ts: bytes in, their digest out. */

addEventListener('message', ({ data }: MessageEvent<Uint8Array>) => postMessage(contentDigest(data)))
