import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { surveyBoundaries } from '../../scripts/boundaries.ts'

const repository = join(import.meta.dirname, '../..')

/** The files of the small tree. Every one exports `Thing` and `thing`. */
const FILES = [
  'lib/protocol/log-row.ts',
  'lib/document/fold.ts',
  'lib/collab/room.ts',
  'lib/collab/log/commit-queue.ts',
  'lib/collab/document-store.ts',
  'lib/process/log.ts',
  'lib/people/accounts.ts',
  'lib/people/contract.ts',
  'lib/people/session.ts',
  'lib/people/store.ts',
  'lib/library/sharing.ts',
  'lib/library/contract.ts',
  'lib/library/store.ts',
  'lib/storage/open-store.ts',
  'lib/storage/sqlite/log-tables.ts',
  'lib/server/services.ts',
  'lib/server/sockets/socket-server.ts',
  'lib/client/collab-provider.ts',
  'lib/client/replica/local-copies.ts',
  'lib/ui/overlays.tsx',
  'lib/ui/refusal-page.ts',
  'lib/editor/binding/binding.ts',
  'lib/editor/blocks/extensions.ts',
  'lib/editor/carets/caret-layer.ts',
  'lib/editor/composition/composition-hold.ts',
  'lib/editor/session/document-session.ts',
  'lib/editor/people/people-bar.tsx',
  'lib/editor/saving/left-draft.tsx',
  'lib/editor/saving/save-chip.ts',
  'lib/editor/sharing/share-panel.tsx',
  'lib/editor/page/document-page.tsx',
  'app/page.tsx',
  'server.ts',
]

const BREACHES: [file: string, target: string, rule: string][] = [
  ['lib/protocol/log-row.ts', '#lib/document/fold.ts', 'lib-protocol-imports'],
  ['lib/protocol/log-row.ts', '#lib/collab/room.ts', 'lib-protocol-imports'],
  ['lib/document/fold.ts', '#lib/collab/room.ts', 'lib-document-imports'],
  ['lib/document/fold.ts', '#lib/client/collab-provider.ts', 'lib-document-imports'],
  ['lib/collab/room.ts', '#lib/storage/open-store.ts', 'lib-collab-imports'],
  ['lib/collab/log/commit-queue.ts', '#lib/process/log.ts', 'lib-collab-imports'],
  ['lib/process/log.ts', '#lib/server/services.ts', 'lib-process-imports'],
  ['lib/people/accounts.ts', '#lib/library/sharing.ts', 'lib-people-imports'],
  ['lib/people/accounts.ts', '#lib/storage/open-store.ts', 'lib-people-imports'],
  ['lib/people/accounts.ts', '#lib/collab/room.ts', 'lib-people-imports'],
  ['lib/library/sharing.ts', '#lib/server/services.ts', 'lib-library-imports'],
  ['lib/library/sharing.ts', '#lib/storage/open-store.ts', 'lib-library-imports'],
  ['lib/library/sharing.ts', '#lib/document/fold.ts', 'lib-library-imports'],
  ['lib/storage/sqlite/log-tables.ts', '#lib/collab/room.ts', 'lib-storage-imports'],
  ['lib/storage/sqlite/log-tables.ts', '#lib/people/accounts.ts', 'lib-storage-imports'],
  ['lib/storage/open-store.ts', '#lib/process/log.ts', 'lib-storage-imports'],
  ['lib/server/services.ts', '#lib/storage/sqlite/log-tables.ts', 'lib-server-imports'],
  ['lib/server/sockets/socket-server.ts', '#lib/client/collab-provider.ts', 'lib-server-imports'],
  ['lib/server/services.ts', '../../app/page.tsx', 'lib-server-imports'],
  ['lib/client/collab-provider.ts', '#lib/editor/session/document-session.ts', 'lib-client-imports'],
  ['lib/client/collab-provider.ts', '#lib/collab/room.ts', 'lib-client-imports'],
  ['lib/ui/overlays.tsx', '#lib/client/collab-provider.ts', 'lib-ui-imports'],
  ['lib/ui/overlays.tsx', '#lib/editor/page/document-page.tsx', 'lib-ui-imports'],
  ['lib/editor/page/document-page.tsx', '#lib/server/services.ts', 'lib-editor-imports'],
  ['lib/editor/page/document-page.tsx', '#lib/library/contract.ts', 'lib-editor-imports'],
  ['app/page.tsx', '#lib/storage/open-store.ts', 'app-imports'],
  ['app/page.tsx', '#lib/server/sockets/socket-server.ts', 'app-imports'],
  ['app/page.tsx', '#lib/library/sharing.ts', 'app-imports'],
  ['app/page.tsx', '#lib/people/accounts.ts', 'app-imports'],
  ['app/page.tsx', '#lib/editor/saving/save-chip.ts', 'app-imports'],
  ['app/page.tsx', '../lib/client/collab-provider.ts', 'app-imports'],
  ['server.ts', './lib/collab/room.ts', 'server.ts-imports'],
  ['server.ts', './lib/storage/sqlite/log-tables.ts', 'server.ts-imports'],
  ['server.ts', './lib/ui/overlays.tsx', 'server.ts-imports'],
  ['server.ts', './lib/editor/page/document-page.tsx', 'server.ts-imports'],

  ['lib/editor/binding/binding.ts', '../carets/caret-layer.ts', 'lib-editor-binding-imports'],
  ['lib/editor/blocks/extensions.ts', '../carets/caret-layer.ts', 'lib-editor-blocks-imports'],
  ['lib/editor/clipboard/refused-drops.ts', '../carets/caret-layer.ts', 'lib-editor-clipboard-imports'],
  ['lib/editor/carets/caret-layer.ts', '../session/document-session.ts', 'lib-editor-carets-imports'],
  ['lib/editor/composition/composition-hold.ts', '../blocks/extensions.ts', 'lib-editor-composition-imports'],
  ['lib/editor/session/document-session.ts', '../binding/binding.ts', 'lib-editor-session-imports'],
  ['lib/editor/session/document-session.ts', '../saving/save-chip.ts', 'lib-editor-session-imports'],
  ['lib/editor/people/people-bar.tsx', '../sharing/share-panel.tsx', 'lib-editor-people-imports'],
  ['lib/editor/saving/save-chip.ts', '../page/document-page.tsx', 'lib-editor-saving-imports'],
  ['lib/editor/sharing/share-panel.tsx', '../saving/save-chip.ts', 'lib-editor-sharing-imports'],

  ['lib/protocol/log-row.ts', 'node:crypto', 'lib-protocol-never-node'],
  ['lib/document/fold.ts', 'node:buffer', 'lib-document-never-node'],
  ['lib/collab/room.ts', 'crypto', 'lib-collab-never-node'],
  ['lib/client/collab-provider.ts', 'node:fs', 'lib-client-never-node'],
  ['lib/ui/overlays.tsx', 'node:fs', 'lib-ui-never-node'],
  ['lib/editor/page/document-page.tsx', 'node:fs', 'lib-editor-never-node'],

  ['lib/protocol/log-row.ts', 'react', 'lib-protocol-never-react'],
  ['lib/document/fold.ts', 'react', 'lib-document-never-react'],
  ['lib/collab/room.ts', 'react', 'lib-collab-never-react'],
  ['lib/process/log.ts', 'next', 'lib-process-never-react'],
  ['lib/people/accounts.ts', 'next', 'lib-people-never-react'],
  ['lib/library/sharing.ts', 'react', 'lib-library-never-react'],
  ['lib/storage/sqlite/log-tables.ts', 'react', 'lib-storage-never-react'],
  ['lib/client/collab-provider.ts', 'react', 'lib-client-never-react'],
  ['lib/editor/binding/binding.ts', 'react', 'lib-editor-binding-never-react'],
  ['lib/server/services.ts', 'react', 'lib-server-never-react'],

  ['lib/protocol/log-row.ts', 'socket.io', 'lib-protocol-never-socket-io'],
  ['lib/document/fold.ts', 'socket.io-client', 'lib-document-never-socket-io'],
  ['lib/collab/room.ts', 'socket.io', 'lib-collab-never-socket-io'],
  ['lib/process/log.ts', 'socket.io', 'lib-process-never-socket-io'],
  ['lib/people/accounts.ts', 'socket.io', 'lib-people-never-socket-io'],
  ['lib/library/sharing.ts', 'socket.io', 'lib-library-never-socket-io'],
  ['lib/storage/open-store.ts', 'socket.io', 'lib-storage-never-socket-io'],
  ['lib/ui/overlays.tsx', 'socket.io-client', 'lib-ui-never-socket-io'],
  ['lib/editor/page/document-page.tsx', 'socket.io-client', 'lib-editor-never-socket-io'],
  ['app/page.tsx', 'socket.io-client', 'app-never-socket-io'],

  ['lib/protocol/log-row.ts', 'yjs', 'lib-protocol-never-yjs'],
  ['lib/process/log.ts', 'yjs', 'lib-process-never-yjs'],
  ['lib/people/accounts.ts', 'yjs', 'lib-people-never-yjs'],
  ['lib/library/sharing.ts', 'yjs', 'lib-library-never-yjs'],
  ['lib/storage/sqlite/log-tables.ts', 'yjs', 'lib-storage-never-yjs'],
  ['lib/ui/overlays.tsx', 'yjs', 'lib-ui-never-yjs'],

  ['lib/people/accounts.ts', './nowhere.ts', 'not-to-unresolvable'],
  ['lib/server/services.ts', 'test-tool', 'not-to-dev-dependency'],
]

const ALLOWED: [file: string, target: string][] = [
  ['lib/document/fold.ts', 'yjs'],
  ['lib/collab/room.ts', '#lib/protocol/log-row.ts'],
  ['lib/collab/room.ts', '#lib/document/fold.ts'],
  ['lib/collab/room.ts', './log/commit-queue.ts'],
  ['lib/process/log.ts', 'node:fs'],
  ['lib/people/accounts.ts', '#lib/process/log.ts'],
  ['lib/library/sharing.ts', '#lib/people/accounts.ts'],
  ['lib/library/sharing.ts', '#lib/collab/room.ts'],
  ['lib/storage/sqlite/log-tables.ts', '#lib/collab/document-store.ts'],
  ['lib/storage/sqlite/log-tables.ts', '#lib/library/store.ts'],
  ['lib/storage/sqlite/log-tables.ts', '#lib/people/store.ts'],
  ['lib/storage/sqlite/log-tables.ts', 'node:sqlite'],
  ['lib/server/services.ts', '#lib/storage/open-store.ts'],
  ['lib/server/services.ts', '#lib/library/sharing.ts'],
  ['lib/server/sockets/socket-server.ts', 'socket.io'],
  ['lib/server/services.ts', 'next'],
  ['lib/client/collab-provider.ts', 'socket.io-client'],
  ['lib/client/collab-provider.ts', '#lib/document/fold.ts'],
  ['lib/ui/overlays.tsx', 'react'],
  ['lib/editor/page/document-page.tsx', 'react'],
  ['lib/editor/page/document-page.tsx', '#lib/client/collab-provider.ts'],
  ['lib/editor/page/document-page.tsx', '../saving/save-chip.ts'],
  ['lib/editor/sharing/share-panel.tsx', '../people/people-bar.tsx'],
  ['lib/editor/session/document-session.ts', '../carets/caret-layer.ts'],
  ['lib/editor/carets/caret-layer.ts', '../binding/binding.ts'],
  ['app/page.tsx', '#lib/server/services.ts'],
  ['app/page.tsx', '#lib/editor/page/document-page.tsx'],
  ['app/page.tsx', '#lib/library/contract.ts'],
  ['app/page.tsx', '#lib/people/contract.ts'],
  ['server.ts', './lib/server/services.ts'],
  ['server.ts', './lib/ui/refusal-page.ts'],
]

describe('this tree', () => {
  test('has no import against the table, and every source file was read', async () => {
    const survey = await surveyBoundaries(repository)
    expect(survey.breaches).toEqual([])
    expect(survey.overlooked).toEqual([])
    expect(survey.looked.length).toBeGreaterThan(30)
    expect(survey.imports).toBeGreaterThan(survey.looked.length)
  })
})

describe('a planted breach is found', () => {
  let tree: string

  /** A small tree with one file in every folder, and the packages that rules mention. */
  beforeEach(async () => {
    tree = await mkdtemp(join(tmpdir(), 'boundaries-'))
    const packages = ['react', 'next', 'socket.io', 'socket.io-client', 'yjs']
    const tool = 'test-tool'
    const dependencies = Object.fromEntries(packages.map((name) => [name, '1.0.0']))
    const devDependencies = { [tool]: '1.0.0' }
    await plant(
      'package.json',
      JSON.stringify({ imports: { '#lib/*': './lib/*' }, dependencies, devDependencies }),
    )
    for (const name of [...packages, tool]) {
      await plant(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' }))
      await plant(`node_modules/${name}/index.js`, '')
    }
    for (const file of FILES) await plant(file, 'export type Thing = string\nexport const thing = 1\n')
  })

  afterEach(() => rm(tree, { recursive: true, force: true }))

  async function plant(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(tree, file)), { recursive: true })
    await writeFile(join(tree, file), text)
  }

  async function breachesOf(file: string, text: string): Promise<string[]> {
    await plant(file, text)
    const survey = await surveyBoundaries(tree)
    expect(survey.overlooked).toEqual([])
    return survey.breaches.map((breach) => `${breach.rule}: ${breach.from} → ${breach.to}`)
  }

  test('nothing is found before anything is planted', async () => {
    const survey = await surveyBoundaries(tree)
    expect(survey.breaches).toEqual([])
    expect(survey.looked).toHaveLength(FILES.length)
  })

  test.each(BREACHES)('%s may not import %s', async (file, target, rule) => {
    const found = await breachesOf(file, `import { thing } from '${target}'\nconsole.log(thing)\n`)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`${rule}: ${file} → `)
  })

  test('every rule has a breach here that it finds', async () => {
    const { forbidden = [] } = await extractDepcruiseOptions(
      join(repository, '.dependency-cruiser.cjs'),
    ).then(({ ruleSet }) => ruleSet ?? {})
    const proved = new Set([...BREACHES.map(([, , rule]) => rule), 'no-circular'])
    expect(forbidden.length).toBeGreaterThan(50)
    expect(forbidden.map((rule) => rule.name).filter((name) => name && !proved.has(name))).toEqual([])
  })

  test('a type-only import counts too', async () => {
    const found = await breachesOf(
      'lib/collab/room.ts',
      `import type { Thing } from '../storage/open-store.ts'\nexport type Two = Thing\n`,
    )
    expect(found).toEqual(['lib-collab-imports: lib/collab/room.ts → lib/storage/open-store.ts'])
  })

  test('a dynamic import and a re-export count too', async () => {
    const found = await breachesOf(
      'lib/editor/page/document-page.tsx',
      `export { thing } from '#lib/collab/room.ts'\nexport const later = () => import('#lib/process/log.ts')\n`,
    )
    expect(found.sort()).toEqual([
      'lib-editor-imports: lib/editor/page/document-page.tsx → lib/collab/room.ts',
      'lib-editor-imports: lib/editor/page/document-page.tsx → lib/process/log.ts',
    ])
  })

  test.each(ALLOWED)('%s may import %s', async (file, target) => {
    expect(await breachesOf(file, `import { thing } from '${target}'\nconsole.log(thing)\n`)).toEqual([])
  })

  test.each([
    ['at run time', 'import { thing }', 'console.log(thing)'],
    ['for types only', 'import type { Thing }', 'export type Both = Thing'],
  ])('modules that need each other %s are found', async (_when, imported, use) => {
    const text = (other: string) =>
      `${imported} from '${other}'\n${use}\nexport type Thing = string\nexport const thing = 1\n`
    await plant('lib/collab/log/commit-queue.ts', text('../room.ts'))
    const found = await breachesOf('lib/collab/room.ts', text('./log/commit-queue.ts'))
    expect(found.every((breach) => breach.startsWith('no-circular: '))).toBe(true)
    expect(found.length).toBeGreaterThan(0)
  })
})
