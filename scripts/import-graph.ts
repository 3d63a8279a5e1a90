/** An import of one file of ours by another. Paths are relative to the tree. */
export interface Arrow {
  readonly from: string
  readonly to: string
}

export interface ImportGraph {
  /** The files and folders directly in the folder. */
  readonly nodes: number
  /** Distinct pairs of nodes of which the first imports the second, as `a → b`. */
  readonly arrows: readonly string[]
  /** Nodes on the longest path of arrows; the nodes of a cycle count as one. */
  readonly levels: number
  /** Nodes that need each other, each cycle as `a, b`. */
  readonly cycles: readonly string[]
  /** Arrows that run in a cycle or against the table of allowed imports. */
  readonly back: readonly string[]
}

/**
 * Returns the graph of the entries directly in `folder`: a sub-folder with everything in it is one node, and so is a
 * file beside the sub-folders. `against` are the imports that the table of allowed imports forbids.
 */
export function importGraph(
  folder: string,
  files: readonly string[],
  imports: readonly Arrow[],
  against: readonly Arrow[],
): ImportGraph {
  const nodeOf = (file: string) =>
    file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split('/')[0] : undefined
  const targets = new Map<string, Set<string>>()
  for (const file of files) {
    const node = nodeOf(file)
    if (node !== undefined) targets.set(node, new Set())
  }
  const pairsOf = (arrows: readonly Arrow[]) =>
    arrows.flatMap(({ from, to }): [string, string][] => {
      const [a, b] = [nodeOf(from), nodeOf(to)]
      return a === undefined || b === undefined || a === b ? [] : [[a, b]]
    })
  for (const [from, to] of pairsOf(imports)) targets.get(from)?.add(to)

  const groups = groupsOf(targets)
  const groupOf = new Map(groups.flatMap((group) => group.map((node) => [node, group] as const)))
  const arrows = [...targets].flatMap(([from, to]) =>
    [...to].map((target): [string, string] => [from, target]),
  )
  const inCycle = arrows.filter(([from, to]) => groupOf.get(from) === groupOf.get(to))
  return {
    nodes: targets.size,
    arrows: arrows.map(named),
    levels: levelsOf(groups, targets),
    cycles: groups.filter((group) => group.length > 1).map((group) => group.toSorted().join(', ')),
    back: [...new Set([...inCycle, ...pairsOf(against)].map(named))],
  }
}

function named([from, to]: [string, string]): string {
  return `${from} → ${to}`
}

/**
 * Returns groups of nodes that can reach each other (Tarjan): every group comes after the groups its arrows lead to.
 */
function groupsOf(targets: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const groups: string[][] = []
  const index = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const visit = (node: string): number => {
    const own = index.size
    index.set(node, own)
    stack.push(node)
    let low = own
    for (const target of targets.get(node) ?? []) {
      if (!index.has(target)) low = Math.min(low, visit(target))
      else if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? index.get(target) ?? low)
    }
    lowest.set(node, low)
    if (low === own) groups.push(stack.splice(stack.indexOf(node)))
    return low
  }
  for (const node of targets.keys()) if (!index.has(node)) visit(node)
  return groups
}

function levelsOf(groups: readonly string[][], targets: ReadonlyMap<string, ReadonlySet<string>>): number {
  const height = new Map<string, number>()
  for (const group of groups) {
    const below = group.flatMap((node) => [...(targets.get(node) ?? [])]).map((node) => height.get(node) ?? 0)
    const own = 1 + Math.max(0, ...below)
    for (const node of group) height.set(node, own)
  }
  return Math.max(0, ...height.values())
}
