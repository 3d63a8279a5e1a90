/** An import of one file of ours by another. Paths are relative to the tree. */
export interface Arrow {
  readonly from: string
  readonly to: string
}

export interface RoomGraph {
  /** The files and folders directly in the folder. */
  readonly rooms: number
  /** Distinct pairs of rooms of which the first imports the second, as `a → b`. */
  readonly arrows: readonly string[]
  /** Rooms on the longest path of arrows; the rooms of a circle count as one. */
  readonly levels: number
  /** Rooms that need each other, each circle as `a, b`. */
  readonly circles: readonly string[]
  /** Arrows that run in a circle or against the table of allowed imports. */
  readonly back: readonly string[]
}

/**
 * Returns the graph of the entries directly in `folder`: a sub-folder with everything in it is one room, and so is a
 * file beside the sub-folders. `against` are the imports that the table of allowed imports forbids.
 */
export function roomGraph(
  folder: string,
  files: readonly string[],
  imports: readonly Arrow[],
  against: readonly Arrow[],
): RoomGraph {
  const roomOf = (file: string) =>
    file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split('/')[0] : undefined
  const targets = new Map<string, Set<string>>()
  for (const file of files) {
    const room = roomOf(file)
    if (room !== undefined) targets.set(room, new Set())
  }
  const pairsOf = (arrows: readonly Arrow[]) =>
    arrows.flatMap(({ from, to }): [string, string][] => {
      const [a, b] = [roomOf(from), roomOf(to)]
      return a === undefined || b === undefined || a === b ? [] : [[a, b]]
    })
  for (const [from, to] of pairsOf(imports)) targets.get(from)?.add(to)

  const groups = groupsOf(targets)
  const groupOf = new Map(groups.flatMap((group) => group.map((room) => [room, group] as const)))
  const arrows = [...targets].flatMap(([from, to]) =>
    [...to].map((target): [string, string] => [from, target]),
  )
  const inCircle = arrows.filter(([from, to]) => groupOf.get(from) === groupOf.get(to))
  return {
    rooms: targets.size,
    arrows: arrows.map(named),
    levels: levelsOf(groups, targets),
    circles: groups.filter((group) => group.length > 1).map((group) => group.toSorted().join(', ')),
    back: [...new Set([...inCircle, ...pairsOf(against)].map(named))],
  }
}

function named([from, to]: [string, string]): string {
  return `${from} → ${to}`
}

/**
 * Returns groups of rooms that can reach each other (Tarjan): every group comes after the groups its arrows lead to.
 */
function groupsOf(targets: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const groups: string[][] = []
  const index = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const visit = (room: string): number => {
    const own = index.size
    index.set(room, own)
    stack.push(room)
    let low = own
    for (const target of targets.get(room) ?? []) {
      if (!index.has(target)) low = Math.min(low, visit(target))
      else if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? index.get(target) ?? low)
    }
    lowest.set(room, low)
    if (low === own) groups.push(stack.splice(stack.indexOf(room)))
    return low
  }
  for (const room of targets.keys()) if (!index.has(room)) visit(room)
  return groups
}

function levelsOf(groups: readonly string[][], targets: ReadonlyMap<string, ReadonlySet<string>>): number {
  const height = new Map<string, number>()
  for (const group of groups) {
    const below = group.flatMap((room) => [...(targets.get(room) ?? [])]).map((room) => height.get(room) ?? 0)
    const own = 1 + Math.max(0, ...below)
    for (const room of group) height.set(room, own)
  }
  return Math.max(0, ...height.values())
}
