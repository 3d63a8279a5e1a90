import type { MetadataRoute } from 'next'
import { pathOf } from '#lib/protocol/urls.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'

/** Describes the site as a program of a device. The address bar stays, because links are copied from it. */
export default function manifest(): MetadataRoute.Manifest {
  const front = pathOf({ to: 'front' })
  const base = front === '/' ? '' : front
  const name = wordsIn('en').product
  return {
    name,
    short_name: name,
    id: front,
    start_url: front,
    scope: `${base}/`,
    display: 'minimal-ui',
    background_color: '#fbfaf8',
    theme_color: '#ffffff',
    icons: [
      { src: `${base}/icon-192.png`, sizes: '192x192', type: 'image/png' },
      { src: `${base}/icon-512.png`, sizes: '512x512', type: 'image/png' },
      { src: `${base}/icon-maskable.png`, sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
  }
}
