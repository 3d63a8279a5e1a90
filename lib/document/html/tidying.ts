import { type Content, paragraph, textIn, textNode } from '../content.ts'

/**
 * Takes out what other programs add: empty paragraphs at the ends and more than one between two blocks, bold that a
 * heading has anyway, spaces of no width in empty lines.
 */
export function tidied(blocks: readonly Content[]): Content[] {
  const kept: Content[] = []
  for (const block of blocks) {
    const isEmpty = block.type === 'paragraph' && textIn(block).trim() === ''
    const last = kept.at(-1)
    if (isEmpty && (!last || last.content === undefined)) continue
    kept.push(isEmpty ? paragraph() : unbolded(block))
  }
  while (kept.at(-1)?.type === 'paragraph' && kept.at(-1)?.content === undefined) kept.pop()
  return kept
}

function unbolded(block: Content): Content {
  const content = block.content ?? []
  const isBold = (node: Content) => node.text === undefined || node.marks?.some(({ type }) => type === 'bold')
  if (block.type !== 'heading' || !content.every(isBold)) return block
  return {
    ...block,
    content: content.map((node) =>
      node.text === undefined
        ? node
        : textNode(
            node.text,
            node.marks?.filter(({ type }) => type !== 'bold'),
          ),
    ),
  }
}
