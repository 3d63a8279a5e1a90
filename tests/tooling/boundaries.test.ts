import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { surveyBoundaries } from '../../scripts/boundaries.ts'

const repository = join(import.meta.dirname, '../..')

const FILES = [
  'lib/protocol/wire.ts',
  'lib/collab/room.ts',
  'lib/collab/document-store.ts',
  'lib/storage/open-store.ts',
  'lib/storage/rows.ts',
  'lib/server/services.ts',
  'lib/process/log.ts',
  'lib/client/provider.ts',
  'lib/editor/page.ts',
  'lib/editor/surface.tsx',
  'app/page.tsx',
  'server.ts',
]

const BREACHES: [file: string, target: string, rule: string][] = [
  ['lib/protocol/wire.ts', '#lib/collab/room.ts', 'lib-protocol-imports'],
  ['lib/protocol/wire.ts', 'node:crypto', 'lib-protocol-never-node'],
  ['lib/protocol/wire.ts', 'react', 'lib-protocol-never-react'],
  ['lib/protocol/wire.ts', 'socket.io', 'lib-protocol-never-socket-io'],
  ['lib/collab/room.ts', '#lib/storage/open-store.ts', 'lib-collab-imports'],
  ['lib/collab/room.ts', '#lib/client/provider.ts', 'lib-collab-imports'],
  ['lib/collab/room.ts', 'crypto', 'lib-collab-never-node'],
  ['lib/collab/room.ts', 'socket.io', 'lib-collab-never-socket-io'],
  ['lib/collab/room.ts', 'react', 'lib-collab-never-react'],
  ['lib/storage/rows.ts', '#lib/collab/room.ts', 'lib-storage-imports'],
  ['lib/storage/rows.ts', '#lib/server/log.ts', 'lib-storage-imports'],
  ['lib/storage/rows.ts', 'yjs', 'lib-storage-never-yjs'],
  ['lib/storage/rows.ts', 'react', 'lib-storage-never-react'],
  ['lib/storage/rows.ts', 'socket.io', 'lib-storage-never-socket-io'],
  ['lib/process/log.ts', '#lib/storage/rows.ts', 'lib-server-imports'],
  ['lib/process/log.ts', '#lib/editor/page.ts', 'lib-server-imports'],
  ['lib/process/log.ts', 'react', 'lib-server-never-react'],
  ['lib/client/provider.ts', '#lib/editor/page.ts', 'lib-client-imports'],
  ['lib/client/provider.ts', '#lib/collab/room.ts', 'lib-client-imports'],
  ['lib/client/provider.ts', 'node:fs', 'lib-client-never-node'],
  ['lib/client/provider.ts', 'react', 'lib-client-never-react'],
  ['lib/editor/surface.tsx', '#lib/server/log.ts', 'lib-editor-imports'],
  ['lib/editor/surface.tsx', 'socket.io-client', 'lib-editor-never-socket-io'],
  ['app/page.tsx', '#lib/storage/open-store.ts', 'app-imports'],
  ['app/page.tsx', '#lib/collab/room.ts', 'app-imports'],
  ['app/page.tsx', '#lib/server/log.ts', 'app-imports'],
  ['app/page.tsx', '../lib/client/provider.ts', 'app-imports'],
  ['server.ts', './lib/collab/room.ts', 'server.ts-imports'],
  ['server.ts', './lib/editor/page.ts', 'server.ts-imports'],
]

const ALLOWED: [file: string, target: string][] = [
  ['lib/collab/room.ts', '#lib/protocol/wire.ts'],
  ['lib/storage/rows.ts', '#lib/collab/document-store.ts'],
  ['lib/storage/rows.ts', 'node:sqlite'],
  ['lib/process/log.ts', '#lib/storage/open-store.ts'],
  ['lib/client/provider.ts', 'socket.io-client'],
  ['lib/editor/page.ts', 'react'],
  ['app/page.tsx', '#lib/server/services.ts'],
  ['server.ts', './lib/server/log.ts'],
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

  /** A small tree with one file in every folder, and the packages that rules speak about. */
  beforeEach(async () => {
    tree = await mkdtemp(join(tmpdir(), 'boundaries-'))
    const packages = ['react', 'next', 'socket.io', 'socket.io-client', 'yjs']
    const dependencies = Object.fromEntries(packages.map((name) => [name, '1.0.0']))
    await plant('package.json', JSON.stringify({ imports: { '#lib/*': './lib/*' }, dependencies }))
    for (const name of packages) {
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

  test('a type-only import counts too', async () => {
    const found = await breachesOf(
      'lib/collab/room.ts',
      `import type { Thing } from '../storage/open-store.ts'\nexport type Two = Thing\n`,
    )
    expect(found).toEqual(['lib-collab-imports: lib/collab/room.ts → lib/storage/open-store.ts'])
  })

  test('a dynamic import and a re-export count too', async () => {
    const found = await breachesOf(
      'lib/editor/page.ts',
      `export { thing } from '#lib/collab/room.ts'\nexport const later = () => import('#lib/server/log.ts')\n`,
    )
    expect(found.sort()).toEqual([
      'lib-editor-imports: lib/editor/page.ts → lib/collab/room.ts',
      'lib-editor-imports: lib/editor/page.ts → lib/process/log.ts',
    ])
  })

  test.each(ALLOWED)('%s may import %s', async (file, target) => {
    expect(await breachesOf(file, `import { thing } from '${target}'\nconsole.log(thing)\n`)).toEqual([])
  })

  test('modules that need each other at run time are found', async () => {
    await plant('lib/document/fold.ts', `import { thing } from './room.ts'\nexport const two = thing\n`)
    const found = await breachesOf(
      'lib/collab/room.ts',
      `import { two } from './fold.ts'\nexport const thing = 1\nconsole.log(two)\n`,
    )
    expect(found.every((breach) => breach.startsWith('no-circular: '))).toBe(true)
    expect(found.length).toBeGreaterThan(0)
  })
})
