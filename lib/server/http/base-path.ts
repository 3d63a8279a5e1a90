import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Imported by server.ts before everything else: lib/protocol/urls.ts and next.config.ts read the sub-path from the
 * environment when they are loaded. A built site has the sub-path it was built for, whatever is set now; development
 * takes the setting.
 */
const basePath = (process.env.NODE_ENV === 'production' ? builtFor() : process.env.BASE_PATH) ?? ''
process.env.BASE_PATH = basePath
process.env.NEXT_PUBLIC_BASE_PATH = basePath

function builtFor(): string | undefined {
  const manifest = join(import.meta.dirname, '../../../.next/routes-manifest.json')
  try {
    const { basePath: built }: { basePath?: unknown } = JSON.parse(readFileSync(manifest, 'utf8'))
    return typeof built === 'string' ? built : undefined
  } catch {
    // No build: the web server says so, with what to do.
    return undefined
  }
}
