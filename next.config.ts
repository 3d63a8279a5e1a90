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
}

export default config
