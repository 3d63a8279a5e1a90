import { attribute, descendants, type Element, isElement, type Node } from './tree.ts'

/** Blocks that a line of a table cannot hold. */
const LARGE: ReadonlySet<string> = new Set([
  ...['table', 'ul', 'ol', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre', 'blockquote', 'hr', 'dl', 'figure'],
])
/** The most tabs that a cell over several columns is worth. */
const WIDEST = 50

/** Returns the rows of a table as their cells, without rows that a page hides, and its caption. */
export function rowsIn(
  table: Element,
  isHidden: (row: Element) => boolean,
): { readonly rows: readonly (readonly Element[])[]; readonly caption: Element | null } {
  const rows: Element[][] = []
  let caption: Element | null = null
  const read = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (!isElement(node) || isHidden(node)) continue
      if (node.tagName === 'tr')
        rows.push(
          node.childNodes.filter((cell): cell is Element => isElement(cell) && /^t[dh]$/.test(cell.tagName)),
        )
      else if (node.tagName === 'caption') caption = node
      else if (/^t(head|body|foot)$/.test(node.tagName)) read(node.childNodes)
    }
  }
  read(table.childNodes)
  return { rows, caption }
}

/** Returns true for a table that only places things: one column, or cells with blocks that a line cannot hold. */
export function isLayout(rows: readonly (readonly Element[])[]): boolean {
  if (rows.every((cells) => cells.length < 2)) return true
  return rows.some((cells) => cells.some(holdsBlocks))
}

/** Returns the number of columns that a cell takes up. */
export function spanOf(cell: Element): number {
  const span = Number.parseInt(attribute(cell, 'colspan'), 10)
  return span > 1 ? Math.min(span, WIDEST) : 1
}

function holdsBlocks(cell: Element): boolean {
  for (const node of descendants(cell)) if (isElement(node) && LARGE.has(node.tagName)) return true
  return false
}
