import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const compiled = new Map<string, string>()

/** Compiles a shim of this folder for LD_PRELOAD, once per process; the library is removed when the process ends. */
export function compileShim(name: 'power-cut' | 'bad-disk'): string {
  const known = compiled.get(name)
  if (known) return known
  const folder = mkdtempSync(join(tmpdir(), 'commonplace-shim-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const library = join(folder, `${name}.so`)
  const source = join(import.meta.dirname, `${name}.c`)
  execFileSync('cc', [
    '-O1',
    '-Wall',
    '-Werror',
    '-shared',
    '-fPIC',
    '-o',
    library,
    source,
    '-ldl',
    '-lpthread',
  ])
  compiled.set(name, library)
  return library
}
