import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Imported by server.ts before everything else: lib/protocol/urls.ts reads NEXT_PUBLIC_BASE_PATH when it is loaded, as
 * the build had it replaced in the pages. A built site knows the sub-path it was built for; development takes the setting.
 */
process.env.NEXT_PUBLIC_BASE_PATH =
  (process.env.NODE_ENV === 'production' ? builtFor() : process.env.BASE_PATH) ?? ''

function builtFor(): string | undefined {
  const manifest = join(import.meta.dirname, '../../.next/routes-manifest.json')
  try {
    const { basePath }: { basePath?: unknown } = JSON.parse(readFileSync(manifest, 'utf8'))
    return typeof basePath === 'string' ? basePath : undefined
  } catch {
    // No build: Next says so, with what to do, as soon as it is asked to prepare.
    return undefined
  }
}
