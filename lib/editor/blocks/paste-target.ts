import { Fragment, type Node, type NodeType, Slice } from '@tiptap/pm/model'
import { type EditorState, Plugin } from '@tiptap/pm/state'
import { isItem, isList } from './joining.ts'

/** Returns the plugin that fits pasted blocks to the block that they go into. */
export function pasteTarget(): Plugin {
  return new Plugin({ props: { transformPasted: (slice, { state }) => fittingTarget(slice, state) } })
}

/**
 * Returns a slice as it is to be pasted: in a list item, lines and list items become items of that list; several lines
 * of code stay a block of code.
 */
function fittingTarget(slice: Slice, { selection }: EditorState): Slice {
  const { $from, $to } = selection
  const { content, openStart, openEnd } = slice
  const only = content.childCount === 1 ? content.firstChild : null
  if (only?.type.spec.code)
    return $from.parent.type.spec.code || !only.textContent.includes('\n') ? slice : new Slice(content, 0, 0)
  const item = $from.depth > 1 ? $from.node(-1) : null
  if (!item || !isItem(item) || $from.index(-1) > 0 || !$from.sameParent($to)) return slice
  const { type } = item
  if (only && isList(only))
    return only.type.contentMatch.defaultType === type
      ? slice
      : new Slice(
          itemsOf(type, only.content.content.map(contentOf)),
          Math.max(0, openStart - 1),
          Math.max(0, openEnd - 1),
        )
  const isLines =
    content.childCount > 1 && content.content.every(({ type: { name } }) => name === 'paragraph')
  return isLines
    ? new Slice(
        itemsOf(
          type,
          content.content.map((node) => Fragment.from(node)),
        ),
        2,
        2,
      )
    : slice
}

function contentOf({ content }: Node): Fragment {
  return content
}

function itemsOf(type: NodeType, contents: readonly Fragment[]): Fragment {
  return Fragment.fromArray(contents.map((content) => type.create(null, content)))
}
