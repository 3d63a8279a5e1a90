import { join } from 'node:path'
import { cruise } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import type { Arrow } from './import-graph.ts'
import { filesUnder } from './sources.ts'

const CONFIG = join(import.meta.dirname, '../.dependency-cruiser.cjs')
const SOURCE = /\.tsx?$/
/** The files that the rules apply to; tests and scripts may import anything. */
const PLACES = ['lib', 'app', 'server.ts']

export interface Breach extends Arrow {
  readonly rule: string
}

export interface Survey {
  /** The source files read, as paths relative to the tree. */
  readonly looked: readonly string[]
  /** Number of imports in them. Zero in many files means that the parser does not understand them. */
  readonly imports: number
  /** Imports between the files that were read. */
  readonly arrows: readonly Arrow[]
  readonly breaches: readonly Breach[]
  /** Source files on disk that the tool skipped. Always an error: it reports no violations for those. */
  readonly overlooked: readonly string[]
}

/** Reads every source file of the tree at `root` and checks its imports against .dependency-cruiser.cjs. */
export async function surveyBoundaries(root: string): Promise<Survey> {
  const onDisk = PLACES.flatMap((place) => filesUnder(root, place)).filter((file) => SOURCE.test(file))
  const options = await extractDepcruiseOptions(CONFIG)
  const { output } = await cruise(onDisk, { ...options, baseDir: root })
  if (typeof output === 'string') throw new Error('dependency-cruiser was asked for an object')
  const own = output.modules.filter((module) => onDisk.includes(module.source))
  const looked = own.map((module) => module.source)
  const read = new Set(looked)
  return {
    looked,
    imports: own.reduce((sum, module) => sum + module.dependencies.length, 0),
    arrows: own.flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved }) => ({ from: source, to: resolved })).filter(({ to }) => read.has(to)),
    ),
    breaches: output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
    overlooked: onDisk.filter((file) => !looked.includes(file)),
  }
}
