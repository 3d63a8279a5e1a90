import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Guest } from '../server/guest.ts'
import { startServer } from '../support/server-process.ts'
import { disk } from './disk.ts'
import { DiskControl } from './disk-control.ts'
import { compileShim } from './shim/compile.ts'

const seed = Date.now() % 100_000

// LD_PRELOAD exists on Linux only.
describe.runIf(process.platform === 'linux')(
  'the real server on a full, read-only, hanging and failing disk',
  () => {
    test(`[UPD4] [END2] all clients are told, nothing reported as saved is lost, and it recovers by itself, seed ${seed}`, {
      timeout: 120_000,
    }, async () => {
      const { failures, figures } = await disk.run({ count: disk.short, seed })
      expect(failures).toEqual([])
      expect(figures.failedCalls).toBe(disk.short)
    })

    test('on a full disk a new guest is told to come back, and a start is refused in one sentence', async () => {
      const base = realpathSync(mkdtempSync(join(tmpdir(), 'commonplace-full-')))
      const dataDir = join(base, 'data')
      mkdirSync(dataDir)
      const control = new DiskControl(join(base, 'control'))
      const shim = {
        LD_PRELOAD: compileShim('bad-disk'),
        SHIM_FOLDER: dataDir,
        SHIM_CONTROL: control.path,
      }
      const server = await startServer({ dataDir, env: { NODE_OPTIONS: '', LOG_LEVEL: 'error', ...shim } })
      try {
        const known = new Guest(server.url)
        await known.session()
        control.become({ is: 'full', room: 0 })
        // The write-ahead log has room for some commits.
        const answers: number[] = []
        const isRefused = () => answers.at(-1) !== undefined && answers.at(-1) !== 200
        while (!isRefused() && answers.length < 500) {
          const response = await fetch(`${server.url}/api/session`, { method: 'POST' })
          answers.push(response.status)
          if (response.status !== 200) expect(await response.json()).toMatchObject({ code: 'storage-failed' })
        }
        expect(answers.at(-1)).toBe(503)
        expect(server.logs()).toContain('disk is full')
        await server.kill('SIGTERM')
        const refusal = await server.restart().catch((error: Error) => error.message)
        // Next may say before it how long its settings took.
        expect(refusal).toMatch(/\n[^\n]*disk[^\n]* is full: [^\n]*\.\n$/)
        expect(refusal).not.toMatch(/\n\s+at /)
      } finally {
        await server.stop()
        control.close()
        rmSync(base, { recursive: true })
      }
    })
  },
)
