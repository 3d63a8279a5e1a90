import {
  joinBackward,
  lift,
  liftEmptyBlock,
  setBlockType,
  splitBlock,
  toggleMark,
  wrapIn,
} from '@tiptap/pm/commands'
import { type Node, type NodeType, Slice } from '@tiptap/pm/model'
import { liftListItem, sinkListItem, splitListItem, wrapInList } from '@tiptap/pm/schema-list'
import type { Command, Transaction } from '@tiptap/pm/state'
import {
  addColumnAfter,
  addRowBefore,
  CellSelection,
  deleteColumn,
  deleteRow,
  mergeCells,
  splitCell,
  toggleHeaderRow,
} from '@tiptap/pm/tables'
import * as Y from 'yjs'
import { undoKey } from '#lib/editor/binding/plugin-states.ts'
import { undoPlugin } from '#lib/editor/binding/undo.ts'
import type { UndoStack } from '#lib/editor/binding/undo-stack.ts'
import { Replica, type ReplicaOptions } from '../replica.ts'
import { WIDE, wideSchema } from './wide-schema.ts'

const OF_THE_STACK = ['undo', 'undoMore', 'redo', 'endStep']
/** The last is two units long, and positions inside it may be chosen. */
export const TEXTS = ['a', 'bb', '你', '、', 'hello ', 'aa', '第二段', '😀']

/** The habits of a writer: a share of typing, of deleting, and everything else as the rest. */
export interface Habits {
  readonly typing: number
  readonly deleting: number
  readonly texts: readonly string[]
  /** True to also write content that this version does not know, as a newer version would. */
  readonly newer?: boolean
}

/** A replica that performs random actions of a person. */
export class RandomWriter extends Replica {
  readonly #random: () => number
  readonly #habits: Habits
  readonly #kinds: readonly string[]

  /** `sync` is another project's binding; it has no undo here. */
  constructor(clientId: number, random: () => number, habits: Habits, sync?: ReplicaOptions['sync']) {
    super(clientId, sync ? [] : [undoPlugin()], sync ? { ...WIDE, sync } : WIDE)
    this.#random = random
    this.#habits = habits
    this.#kinds = Object.keys(this.#acts).filter(
      (kind) => (!sync || !OF_THE_STACK.includes(kind)) && (habits.newer || kind !== 'newer'),
    )
    // Steps end at random, not by the clock.
    if (!sync) this.stack.captureTimeout = Number.MAX_SAFE_INTEGER
  }

  get stack(): UndoStack {
    const stack = undoKey.getState(this.state)?.undoManager
    if (!stack) throw new Error('no undo')
    return stack
  }

  /** Performs one action and returns its name. */
  act(): string {
    const { typing, deleting } = this.#habits
    const dice = this.#random()
    if (dice < typing + deleting) this.#choosePlace(dice < typing ? 0.9 : 0.2)
    else this.#choosePlace(0.6)
    const kind = dice < typing ? 'type' : dice < typing + deleting ? 'delete' : this.#pick(this.#kinds)
    const act = this.#acts[kind]
    if (act) act()
    else throw new Error(`nobody does ${kind}`)
    return kind
  }

  /** Deletes a large part of the document. */
  shorten(): string {
    const [from, to] = [this.#place(), this.#place()].sort((a, b) => a - b) as [number, number]
    this.select(from, to)
    this.dispatch(this.state.tr.deleteSelection())
    return 'shorten'
  }

  readonly #acts: Readonly<Record<string, () => void>> = {
    type: () => this.type(this.#pick(this.#habits.texts), this.state.selection.from),
    replace: () => this.dispatch(this.state.tr.insertText(this.#pick(this.#habits.texts))),
    delete: () => this.dispatch(this.state.tr.deleteSelection()),
    split: () => this.#try(splitBlock),
    join: () => this.#try(joinBackward),
    liftEmpty: () => this.#try(liftEmptyBlock),
    lift: () => this.#try(lift),
    splitItem: () => this.#try(splitListItem(this.#type('listItem', 'taskItem'))),
    sinkItem: () => this.#try(sinkListItem(this.#type('listItem', 'taskItem'))),
    liftItem: () => this.#try(liftListItem(this.#type('listItem', 'taskItem'))),
    list: () => this.#try(wrapInList(this.#type('bulletList', 'orderedList', 'taskList'))),
    quote: () => this.#try(wrapIn(this.#type('blockquote'))),
    heading: () => this.#try(setBlockType(this.#type('heading'), { level: this.#pick([1, 2, 3]) })),
    paragraph: () => this.#try(setBlockType(this.#type('paragraph'))),
    code: () => this.#try(setBlockType(this.#type('codeBlock'))),
    rule: () => this.#insert(this.#type('horizontalRule').create()),
    break: () => this.#insert(this.#type('hardBreak').create()),
    mark: () => this.#mark(),
    format: () => this.#mark(),
    check: () => this.#check(),
    move: () => this.#copyBlock(true),
    paste: () => this.#copyBlock(false),
    pasteText: () => this.#pasteText(),
    table: () => this.#insert(this.#table()),
    cells: () =>
      this.#try(
        this.#pick([addColumnAfter, addRowBefore, deleteColumn, deleteRow, toggleHeaderRow, splitCell]),
      ),
    mergeCells: () => this.#mergeCells(),
    newer: () => this.#newer(),
    undo: () => this.stack.undo(),
    undoMore: () => this.stack.undo(),
    redo: () => this.stack.redo(),
    endStep: () => this.stack.stopCapturing(),
    empty: () => this.dispatch(this.state.tr.delete(0, this.state.doc.content.size)),
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T
  }

  #place(): number {
    return Math.floor(this.#random() * (this.state.doc.content.size + 1))
  }

  #type(...names: string[]): NodeType {
    const type = wideSchema.nodes[this.#pick(names)]
    if (!type) throw new Error('no such node')
    return type
  }

  /** Selects a range, or with probability `caret` a single position. */
  #choosePlace(caret: number): void {
    const anchor = this.#place()
    const far = this.#random() < 0.1 ? this.#place() : anchor + Math.floor(this.#random() * 12)
    this.select(anchor, this.#random() < caret ? anchor : Math.min(far, this.state.doc.content.size))
  }

  /** Other projects' commands may throw; the transaction they made is dispatched outside the `try`. */
  #try(command: Command): void {
    let made: Transaction | null = null
    try {
      command(this.state, (tr) => {
        tr.doc.check()
        made = tr
      })
    } catch (error) {
      if (!(error instanceof Error)) throw error
      made = null
    }
    if (made) this.dispatch(made)
  }

  #insert(node: Node): void {
    this.#try((state, dispatch) => {
      dispatch?.(state.tr.replaceSelectionWith(node, false))
      return true
    })
  }

  #mark(): void {
    this.select(this.#place(), this.#place())
    const name = this.#pick(['bold', 'italic', 'code', 'strike', 'link', 'comment', 'comment'])
    const type = wideSchema.marks[name]
    if (!type) throw new Error('no such mark')
    const attributes =
      name === 'link'
        ? { href: this.#pick(['https://a.example', 'https://b.example']) }
        : { id: Math.floor(this.#random() * 4) }
    const { from, to } = this.state.selection
    if (name !== 'comment') this.#try(toggleMark(type, attributes))
    else if (this.#random() < 0.7) this.dispatch(this.state.tr.addMark(from, to, type.create(attributes)))
    else this.dispatch(this.state.tr.removeMark(from, to, type.create(attributes)))
  }

  #check(): void {
    const { doc, tr } = this.state
    doc.descendants((node, position) => {
      if (node.type.name === 'taskItem' && this.#random() < 0.5)
        tr.setNodeAttribute(position, 'checked', !node.attrs.checked)
    })
    if (tr.docChanged) this.dispatch(tr)
  }

  /** Moves a top-level block, or inserts the very same object a second time. */
  #copyBlock(moves: boolean): void {
    const { doc, tr } = this.state
    const index = Math.floor(this.#random() * doc.childCount)
    const node = doc.child(index)
    const starts: number[] = []
    doc.forEach((_child, offset) => {
      starts.push(offset)
    })
    const from = starts[index] ?? 0
    const to = this.#pick([...starts, doc.content.size])
    tr.insert(to, node)
    if (moves) {
      const start = tr.mapping.map(from)
      if (tr.doc.nodeAt(start) === node && tr.doc.childCount > 1) tr.delete(start, start + node.nodeSize)
    }
    this.dispatch(tr)
  }

  #pasteText(): void {
    const { doc } = this.state
    const [from, to] = [this.#place(), this.#place()].sort((a, b) => a - b) as [number, number]
    const slice = doc.slice(from, Math.min(to, from + 30))
    this.#try((state, dispatch) => {
      dispatch?.(state.tr.replaceSelection(slice.size > 0 ? slice : Slice.empty))
      return true
    })
  }

  /** Writes into the Y.Doc directly, bypassing the editor. */
  #newer(): void {
    const holders: Y.XmlFragment[] = [this.fragment]
    const texts: Y.XmlText[] = []
    for (const each of holders) {
      for (const child of each.toArray() as unknown[]) {
        if (child instanceof Y.XmlText) texts.push(child)
        else if (child instanceof Y.XmlElement) holders.push(child)
      }
    }
    const holder = this.#pick(holders)
    const text = this.#pick(texts)
    this.doc.transact(() => {
      const dice = this.#random()
      if (dice < 0.5 || !text) {
        const made = new Y.XmlElement('drawing')
        made.insert(0, [new Y.XmlText('label')])
        holder.insert(Math.floor(this.#random() * (holder.length + 1)), [made])
      } else if (dice < 0.75)
        text.insertEmbed(Math.floor(this.#random() * (text.length + 1)), { formula: 'x' })
      else if (text.length > 0) text.format(0, 1 + Math.floor(this.#random() * text.length), { newer: true })
    }, 'newer')
  }

  #table(): Node {
    const cell = () => wideSchema.node('tableCell', null, [wideSchema.node('paragraph')])
    const row = () => wideSchema.node('tableRow', null, [cell(), cell()])
    return wideSchema.node('table', null, [row(), row()])
  }

  #mergeCells(): void {
    const cells: number[] = []
    this.state.doc.descendants(({ type }, position) => {
      if (type.name === 'tableCell' || type.name === 'tableHeader') cells.push(position)
    })
    if (cells.length === 0) return
    const [first, second] = [this.#pick(cells), this.#pick(cells)]
    this.#try((state, dispatch) =>
      mergeCells(
        state.apply(state.tr.setSelection(CellSelection.create(state.doc, first, second))),
        dispatch,
      ),
    )
  }
}
