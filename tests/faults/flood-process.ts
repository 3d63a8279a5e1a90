import { getPriority, setPriority } from 'node:os'
import { seededRandom } from '../support/random.ts'
import { FLOODS, type Target } from './flood-kinds.ts'

/*
 * Floods a server until its parent ends it: in its own process, so that the times measured there are not of this work,
 * and behind the others, because an attacker has a machine of their own.
 */

/** The options of the process. */
export interface FloodOrder extends Omit<Target, 'random'> {
  readonly name: string
  readonly seed: number
}

const { name, seed, ...target }: FloodOrder = JSON.parse(process.argv[2] ?? '{}')
const flood = FLOODS.find((each) => each.name === name)
if (!flood) throw new Error(`no flood is called ${name}`)
setPriority(Math.min(19, getPriority() + 12))
process.on('disconnect', () => process.exit(0))
await flood.run({ ...target, random: seededRandom(seed) })
