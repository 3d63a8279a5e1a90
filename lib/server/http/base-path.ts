import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Imported by server.ts before all other modules: lib/protocol/urls.ts and next.config.ts read the sub-path from the
 * environment when they are loaded. A production build uses the sub-path it was built for, whatever the setting is
 * now;
 * development uses the setting.
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
    // There is no build; the web server reports that, with what to do.
    return undefined
  }
}
