import { Fragment, type Node } from '@tiptap/pm/model'
import { AllSelection, type Command, EditorState, TextSelection, type Transaction } from '@tiptap/pm/state'
import { schema } from '../replica.ts'

/*
 * Documents in a short notation. A string is a paragraph; "|" in a text is an end of the selection, "↵" a hard break.
 * `textOf` shows a document in the same way: * bullets, 1 numbers, x tasks, > quote, # heading, ` code.
 */

export type Content = string | Node

export const p = (text = ''): Node => schema.node('paragraph', null, inline(text))
export const h = (text = ''): Node => schema.node('heading', { level: 2 }, inline(text))
export const code = (text = ''): Node =>
  schema.node('codeBlock', null, text === '' ? [] : [schema.text(text)])
export const hr = (): Node => schema.node('horizontalRule')
export const quote = (...content: Content[]): Node => schema.node('blockquote', null, content.map(block))
export const ul = (...items: Item[]): Node => list('bulletList', 'listItem', items)
export const ol = (...items: Item[]): Node => list('orderedList', 'listItem', items)
export const tasks = (...items: Item[]): Node => list('taskList', 'taskItem', items)

/** An item: its first paragraph, or all its blocks. */
type Item = Content | readonly Content[]

function list(name: string, item: string, items: readonly Item[]): Node {
  const content = items.map((blocks) => schema.node(item, null, [blocks].flat().map(block)))
  return schema.node(name, null, content)
}

function block(content: Content): Node {
  return typeof content === 'string' ? p(content) : content
}

function inline(text: string): Node[] {
  return text
    .split(/(↵)/)
    .filter((part) => part !== '')
    .map((part) => (part === '↵' ? schema.node('hardBreak') : schema.text(part)))
}

/** Returns the state of a document with the marked selection; everything is selected if none is marked. */
export function stateOf(...content: Content[]): EditorState {
  const state = EditorState.create({ schema })
  const { tr } = state
  tr.replaceWith(0, tr.doc.content.size, Fragment.fromArray(content.map(block)))
  const marks: number[] = []
  tr.doc.descendants((node, at) => {
    for (const { index } of node.text?.matchAll(/\|/g) ?? []) marks.push(at + index)
  })
  for (const at of [...marks].reverse()) tr.delete(at, at + 1)
  const [anchor, head] = marks
  tr.setSelection(
    anchor === undefined
      ? new AllSelection(tr.doc)
      : TextSelection.create(tr.doc, anchor, head === undefined ? anchor : head - 1),
  )
  return EditorState.create({ doc: tr.doc, selection: tr.selection })
}

/** Returns a document in the notation, "|" where the caret is. */
export function textOf({ doc, selection }: EditorState): string {
  const { tr } = EditorState.create({ doc })
  if (selection instanceof TextSelection && selection.empty) tr.insertText('|', selection.head)
  tr.doc.check()
  return tr.doc.content.content.map(shown).join(' ')
}

/** Returns a node in the notation. */
export function shown(node: Node): string {
  const children = node.content.content
  switch (node.type.name) {
    case 'text':
      return node.text ?? ''
    case 'hardBreak':
      return '↵'
    case 'heading':
      return `#${children.map(shown).join('')}`
    case 'codeBlock':
      return `\`${children.map(shown).join('').replaceAll('\n', '⏎')}\``
    case 'horizontalRule':
      return '---'
    case 'blockquote':
      return `>(${children.map(shown).join(' ')})`
    case 'bulletList':
      return `*(${children.map(shown).join(', ')})`
    case 'orderedList':
      return `1(${children.map(shown).join(', ')})`
    case 'taskList':
      return `x(${children.map(shown).join(', ')})`
    case 'listItem':
    case 'taskItem':
      return children.map(shown).join(' ')
    default:
      return children.map(shown).join('')
  }
}

/** Runs commands one after the other. Those that do nothing are ignored. */
export function run(state: EditorState, ...commands: Command[]): EditorState {
  return commands.reduce((now, command) => {
    let next = now
    command(now, (tr) => {
      next = now.apply(tr)
    })
    return next
  }, state)
}

/** Makes a command of a function that changes a transaction. */
export function edit(change: (tr: Transaction) => boolean): Command {
  return ({ tr }, dispatch) => {
    const isDone = change(tr)
    if (isDone) dispatch?.(tr)
    return isDone
  }
}
