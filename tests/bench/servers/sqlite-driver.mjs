// better-sqlite3 has no binary for the Node of this repository if it can be neither downloaded nor compiled. In that
// case the same SQLite calls of the Hocuspocus extension (open, exec, prepare, get, run) go to Node's own SQLite.

import { createRequire, registerHooks } from 'node:module'

function hasBinary() {
  try {
    const Database = createRequire(import.meta.url)('better-sqlite3')
    new Database(':memory:').close()
    return true
  } catch {
    return false
  }
}

if (!hasBinary()) {
  const source = "import { DatabaseSync } from 'node:sqlite'; export default DatabaseSync"
  const url = `data:text/javascript,${encodeURIComponent(source)}`
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'better-sqlite3'
        ? { url, format: 'module', shortCircuit: true }
        : next(specifier, context),
  })
}
