import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { type Browser, chromium } from '@playwright/test'
import { chromiumOptions } from '../../support/chromium.ts'
import type { BindingName, Place } from '../lab.ts'
import { startLab } from '../lab-server.ts'
import { type ManyBlocks, manyBlocks } from './many-blocks.ts'
import { MeasuredPage } from './measured-page.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { blocksTable, jsonLines, LONG_WORDS, type Measured, tables, USUAL_WORDS } from './report.ts'

/*
 * `npm run bench:editor`: the cost of a remote edit to the page, with our binding and with y-tiptap's, in one run of
 * one browser (docs/benchmarks.md). The bindings take turns: document by document, and part by part.
 */

const BURST = 200

async function run(options: Options): Promise<boolean> {
  const lab = await startLab()
  const browser = await chromium.launch(chromiumOptions())
  const all: Measured[] = []
  const blocks: ManyBlocks[] = []
  const isOther = [...options.parts].some((part) => part !== 'blocks')
  try {
    if (!options.json) console.log(`${machine(browser)}\n`)
    if (options.parts.has('blocks')) blocks.push(...(await manyBlocks(browser, lab.url)))
    for (const words of isOther ? options.words : []) {
      for (const binding of options.bindings) {
        const measured = await measure(browser, lab.url, binding, words, options)
        all.push(measured)
        if (options.json) for (const line of jsonLines(measured)) console.log(line)
      }
    }
  } finally {
    await browser.close()
    await lab.close()
  }
  if (!options.json) console.log(`${tables(all)}${blocksTable(blocks)}`)
  const apart = all.filter(({ agreed }) => !agreed)
  for (const { binding, words } of apart)
    console.error(`${binding}, ${words} words: the editor and its Y.Doc hold different texts`)
  return apart.length === 0
}

async function measure(
  browser: Browser,
  url: string,
  binding: BindingName,
  words: number,
  { parts, count, seconds, samePage }: Options,
): Promise<Measured> {
  const page = await MeasuredPage.open(browser, url, {
    binding,
    words,
    peers: 0,
    ...(samePage ? { laysOut: 'what is seen' as const } : {}),
  })
  try {
    const keystrokes = new Map<Place, number[]>()
    if (parts.has('keystrokes'))
      for (const place of ['same', 'next', 'far'] as const)
        keystrokes.set(place, await page.keystrokes(place, count))
    const long = words >= LONG_WORDS
    const ms = seconds * 1000
    return {
      binding,
      words,
      keystrokes,
      ...(parts.has('load') && long
        ? {
            busyMsPerSecond: await page.busy(ms, false),
            caretsBusyMsPerSecond: await page.busy(ms, true),
          }
        : {}),
      ...(parts.has('burst') && long ? { burstMs: await page.burst(BURST) } : {}),
      ...(parts.has('keys') && words >= USUAL_WORDS
        ? { quietKeys: await page.localKeys({ load: false, slowness: 1 }) }
        : {}),
      ...(parts.has('keys') && long ? { slowKeys: await page.localKeys({ load: true, slowness: 4 }) } : {}),
      agreed: await page.agrees(),
    }
  } finally {
    await page.close()
  }
}

function machine(browser: Browser): string {
  const [cpu] = cpus()
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  return [
    new Date().toISOString().slice(0, 10),
    `commit ${git.stdout?.trim() || 'unknown'}`,
    `Chromium ${browser.version()}`,
    `${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}`,
  ].join(' · ')
}

function asked(): Options | null {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(USAGE)
    return null
  }
}

const options = asked()
process.exitCode = options === null ? 2 : (await run(options)) ? 0 : 1
