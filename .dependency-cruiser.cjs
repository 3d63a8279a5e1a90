/*
 * Who may import whom: the tables of docs/architecture.md. `npm run check` runs them and
 * tests/tooling/boundaries.test.ts proves them with planted breaches. Under TypeScript 7 the default parser
 * skips .ts files silently; swc reads them, type-only imports included.
 */

const REACT = '^node_modules/(@types/)?(react|react-dom|next)(/|$)'
const SOCKET_IO = '^node_modules/(socket\\.io|engine\\.io)[^/]*(/|$)'
const YJS = '^node_modules/(yjs|y-protocols|@tiptap)(/|$)'
/** Everything of ours. */
const OURS = '^(lib|app|tests|scripts)/|^[^/]+\\.(ts|tsx|mjs)$'

/** A folder imports itself and, of ours, only what is listed here. A path that ends in / is a folder. */
const FOLDERS = {
  'lib/protocol/': [],
  'lib/document/': ['lib/protocol/'],
  'lib/collab/': ['lib/protocol/', 'lib/document/'],
  'lib/process/': ['lib/protocol/'],
  'lib/people/': ['lib/protocol/', 'lib/process/'],
  'lib/library/': ['lib/protocol/', 'lib/collab/', 'lib/people/', 'lib/process/'],
  'lib/storage/': [
    'lib/protocol/',
    'lib/collab/document-store.ts',
    'lib/library/store.ts',
    'lib/people/store.ts',
  ],
  'lib/server/': [
    'lib/protocol/',
    'lib/document/',
    'lib/collab/',
    'lib/process/',
    'lib/people/',
    'lib/library/',
    'lib/storage/open-store.ts',
  ],
  'lib/client/': ['lib/protocol/', 'lib/document/'],
  'lib/ui/': ['lib/protocol/'],
  'lib/editor/': ['lib/protocol/', 'lib/document/', 'lib/client/', 'lib/ui/'],
  'app/': [
    'lib/protocol/',
    'lib/ui/',
    'lib/editor/page/',
    'lib/editor/saving/left-draft.tsx',
    'lib/client/replica/local-copies.ts',
    'lib/library/contract.ts',
    'lib/people/contract.ts',
    'lib/people/session.ts',
    'lib/server/services.ts',
  ],
  'server.ts': [
    'lib/protocol/',
    'lib/process/',
    'lib/people/',
    'lib/library/',
    'lib/server/',
    'lib/storage/open-store.ts',
    'lib/ui/refusal-page.ts',
  ],
}

/** The same inside `lib/editor`: a page is made of panels, panels of a session, a session of carets and blocks. */
const EDITOR = {
  'lib/editor/binding/': [],
  'lib/editor/blocks/': ['lib/editor/binding/'],
  'lib/editor/carets/': ['lib/editor/binding/'],
  'lib/editor/clipboard/': ['lib/editor/binding/', 'lib/editor/blocks/'],
  'lib/editor/composition/': ['lib/editor/binding/'],
  'lib/editor/session/': ['lib/editor/carets/', 'lib/editor/blocks/', 'lib/editor/composition/'],
  'lib/editor/people/': ['lib/editor/session/'],
  'lib/editor/saving/': ['lib/editor/session/'],
  'lib/editor/sharing/': ['lib/editor/session/', 'lib/editor/people/'],
}

const escaped = (path) => path.replaceAll('.', '\\.')
const inside = (path) => `^${escaped(path)}${path.endsWith('/') ? '' : '$'}`
const nameOf = (path) => path.replace(/\/$/, '').replaceAll('/', '-')

/** `place` imports, of all that `of` matches, itself and `allowed` only. */
const importsOnly =
  (of) =>
  ([place, allowed]) => ({
    name: `${nameOf(place)}-imports`,
    comment: `${place} may import of ours: ${[place, ...allowed].join(', ')}`,
    severity: 'error',
    from: { path: inside(place) },
    to: { path: of, pathNot: [place, ...allowed].map(inside) },
  })

/** None of these places imports packages that match `path`. */
const never = (what, path, places) =>
  places.map((place) => ({
    name: `${nameOf(place)}-never-${what}`,
    comment: `${place} never imports ${what}`,
    severity: 'error',
    from: { path: inside(place) },
    to: { path },
  }))

/** These places run in browsers too, or have time, randomness and hashing passed in. */
const NO_NODE = ['lib/protocol/', 'lib/document/', 'lib/collab/', 'lib/client/', 'lib/ui/', 'lib/editor/']
const NO_REACT = [
  'lib/protocol/',
  'lib/document/',
  'lib/collab/',
  'lib/process/',
  'lib/people/',
  'lib/library/',
  'lib/storage/',
  'lib/client/',
  'lib/editor/binding/',
]
const NO_SOCKET_IO = [
  'lib/protocol/',
  'lib/document/',
  'lib/collab/',
  'lib/process/',
  'lib/people/',
  'lib/library/',
  'lib/storage/',
  'lib/ui/',
  'lib/editor/',
  'app/',
]
const NO_YJS = ['lib/protocol/', 'lib/process/', 'lib/people/', 'lib/library/', 'lib/storage/', 'lib/ui/']

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(FOLDERS).map(importsOnly(OURS)),
    ...Object.entries(EDITOR).map(importsOnly('^lib/editor/')),

    ...NO_NODE.map((place) => ({
      name: `${nameOf(place)}-never-node`,
      comment: `${place} runs in browsers too, or has time and randomness passed in: no node:*`,
      severity: 'error',
      from: { path: inside(place) },
      to: { dependencyTypes: ['core'] },
    })),
    ...never('react', REACT, NO_REACT),
    ...never('react', '^node_modules/(@types/)?(react|react-dom)(/|$)', ['lib/server/']),
    ...never('socket-io', SOCKET_IO, NO_SOCKET_IO),
    ...never('yjs', YJS, NO_YJS),

    {
      name: 'no-circular',
      comment: 'modules that need each other, types included, are one module',
      severity: 'error',
      from: {},
      to: { circular: true },
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
