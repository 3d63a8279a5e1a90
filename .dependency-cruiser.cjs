/*
 * Who may import whom: the table of docs/architecture.md, one rule per folder. `npm run check` runs it and
 * tests/tooling/boundaries.test.ts proves it with planted breaches. Under TypeScript 7 the default parser
 * skips .ts files without a word; swc reads them, type-only imports included.
 */

const REACT = '^node_modules/(@types/)?(react|react-dom|next)(/|$)'
const SOCKET_IO = '^node_modules/(socket\\.io|engine\\.io)[^/]*(/|$)'
const YJS = '^node_modules/(yjs|y-protocols|@tiptap)(/|$)'

/** A folder may import of ours what `allowed` says and itself, nothing else. */
const COMING = ['lib/document/', 'lib/ui/', 'lib/process/', 'lib/people/', 'lib/library/']
const imports = (folder, from, ...known) => importsOf(folder, from, [...known, ...COMING])
const importsOf = (folder, from, allowed) => ({
  name: `${folder.replaceAll('/', '-')}-imports`,
  comment: `${folder} may import of ours only: itself${allowed.map((path) => `, ${path}`).join('')}`,
  severity: 'error',
  from: { path: from },
  to: {
    path: '^(lib|app|tests|scripts)/|^[^/]+\\.(ts|tsx|mjs)$',
    pathNot: [from, ...allowed.map((path) => `^${path.replaceAll('.', '\\.')}`)],
  },
})

/** A folder never imports these packages. */
const never = (folder, what, path) => ({
  name: `${folder.replaceAll('/', '-')}-never-${what}`,
  comment: `${folder} never imports ${what}`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path },
})

const neverNode = (folder) => ({
  name: `${folder.replaceAll('/', '-')}-never-node`,
  comment: `${folder} runs in browsers too (or has time and randomness passed in): no node:*`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { dependencyTypes: ['core'] },
})

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    imports('lib/protocol', '^lib/protocol/'),
    neverNode('lib/protocol'),
    never('lib/protocol', 'react', REACT),
    never('lib/protocol', 'socket-io', SOCKET_IO),

    imports('lib/collab', '^lib/collab/', 'lib/protocol/'),
    neverNode('lib/collab'),
    never('lib/collab', 'react', REACT),
    never('lib/collab', 'socket-io', SOCKET_IO),

    imports('lib/storage', '^lib/storage/', 'lib/protocol/', 'lib/collab/document-store.ts'),
    never('lib/storage', 'yjs', YJS),
    never('lib/storage', 'react', REACT),
    never('lib/storage', 'socket-io', SOCKET_IO),

    imports('lib/server', '^lib/server/', 'lib/protocol/', 'lib/collab/', 'lib/storage/open-store.ts'),
    never('lib/server', 'react', '^node_modules/(@types/)?(react|react-dom)(/|$)'),

    imports('lib/client', '^lib/client/', 'lib/protocol/'),
    neverNode('lib/client'),
    never('lib/client', 'react', REACT),

    imports('lib/editor', '^lib/editor/', 'lib/client/', 'lib/protocol/'),
    neverNode('lib/editor'),
    never('lib/editor', 'socket-io', SOCKET_IO),

    imports('app', '^(app/|proxy\\.ts$)', 'lib/editor/', 'lib/protocol/', 'lib/server/services.ts'),
    never('app', 'socket-io', SOCKET_IO),

    imports(
      'server.ts',
      '^server\\.ts$',
      'lib/server/',
      'lib/storage/open-store.ts',
      'lib/protocol/',
      'lib/ui/refusal-page.ts',
    ),

    {
      name: 'no-circular',
      comment: 'modules that need each other at run time are one module',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'not-to-dev-dependency',
      comment: 'what runs in production is a dependency, not a devDependency',
      severity: 'error',
      from: { path: '^(lib|app)/|^server\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.next|data)/|\\.css$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js', '.json', '.d.ts'],
    },
  },
}
