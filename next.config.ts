import type { NextConfig } from 'next'

/** The sub-path the site is served under, '' or like '/docs': a setting of the build. */
const basePath = process.env.BASE_PATH ?? ''

const config: NextConfig = {
  basePath,
  env: { NEXT_PUBLIC_BASE_PATH: basePath },
  // `npm run check` does it, tests included, and faster.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  // The server listens; compressing is a proxy's work, and would cost the event loop that relays.
  compress: false,
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        // Not `no-referrer` everywhere: a browser would then send the origin of a form as `null`.
        { key: 'Referrer-Policy', value: 'same-origin' },
        { key: 'X-Frame-Options', value: 'DENY' },
      ],
    },
    { source: '/api/:path*', headers: [{ key: 'Referrer-Policy', value: 'no-referrer' }] },
    // An address is a key to its document: no page it leads to learns it.
    { source: '/d/:address', headers: [{ key: 'Referrer-Policy', value: 'no-referrer' }] },
  ],
}

export default config
