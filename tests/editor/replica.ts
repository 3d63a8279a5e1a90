import { getSchema } from '@tiptap/core'
import { Fragment, type Node, type Schema } from '@tiptap/pm/model'
import { type Command, EditorState, type Plugin, TextSelection, type Transaction } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import { ySyncPluginKey, yXmlFragmentToProseMirrorRootNode } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import type { Binding } from '#lib/editor/binding/binding.ts'
import { type SyncOptions, syncPlugin } from '#lib/editor/binding/sync-plugin.ts'
import { ADMISSION, extensions } from '#lib/editor/blocks/extensions.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'

/** The schema of the editor. */
export const schema = getSchema(extensions(() => wordsIn('en'), null))

/** The parts of a replica that differ from the product. */
export interface ReplicaOptions extends Partial<Omit<SyncOptions, 'report'>> {
  readonly schema?: Schema
  /** An existing Y.Doc to use. */
  readonly doc?: Y.Doc
  /** Another project's binding. */
  readonly sync?: (type: Y.XmlFragment) => Plugin
}

/** An editor without a page: a state, the binding, and what a view does with a transaction. */
export class Replica {
  readonly doc: Y.Doc
  readonly fragment: Y.XmlFragment
  readonly reports: unknown[] = []
  state: EditorState
  readonly #view: EditorView
  #update: (before: EditorState) => void = () => undefined

  constructor(clientId: number, plugins: readonly Plugin[] = [], options: ReplicaOptions = {}) {
    this.doc = options.doc ?? new Y.Doc()
    this.fragment = this.doc.getXmlFragment(ROOTS.body)
    this.doc.clientID = clientId
    const report = (error: unknown) => this.reports.push(error)
    const plugin =
      options.sync?.(this.fragment) ?? syncPlugin(this.fragment, { admission: ADMISSION, ...options, report })
    this.state = EditorState.create({ schema: options.schema ?? schema, plugins: [plugin, ...plugins] })
    const stub: Partial<EditorView> = { dispatch: (tr) => this.dispatch(tr), hasFocus: () => false }
    const view = Object.defineProperty(stub, 'state', { get: () => this.state }) as EditorView
    this.#view = view
    this.reattach()
  }

  /** Creates the plugins' views again, as an editor does whenever its plugins change. */
  reattach(): void {
    const views: ReturnType<NonNullable<Plugin['spec']['view']>>[] = []
    this.#update = (before) => {
      for (const each of views) each.update?.(this.#view, before)
    }
    for (const { spec } of this.state.plugins) if (spec.view) views.push(spec.view(this.#view))
  }

  get binding(): Binding {
    return ySyncPluginKey.getState(this.state).binding
  }

  get text(): string {
    return this.state.doc.textBetween(0, this.state.doc.content.size, '|')
  }

  dispatch(tr: Transaction): void {
    const before = this.state
    this.state = before.apply(tr)
    this.#update(before)
  }

  type(text: string, at = this.state.selection.head): void {
    this.dispatch(this.state.tr.insertText(text, at))
  }

  run(command: Command): void {
    command(this.state, (tr) => this.dispatch(tr))
  }

  select(anchor: number, head = anchor): void {
    const { doc } = this.state
    this.dispatch(this.state.tr.setSelection(TextSelection.between(doc.resolve(anchor), doc.resolve(head))))
  }

  /** Returns the content of the Y.Doc, rendered from a copy by other code. */
  fresh(): Node {
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.doc))
    const root = yXmlFragmentToProseMirrorRootNode(copy.getXmlFragment(ROOTS.body), schema)
    return withValidMarks(root.childCount === 0 ? (schema.topNodeType.createAndFill() ?? root) : root)
  }
}

/** Code excludes every other mark; concurrent formatting leaves both in the Y.Doc, and y-tiptap shows both. */
function withValidMarks(node: Node): Node {
  if (node.isText)
    return node.marks.some(({ type }) => type.name === 'code') ? node.mark(onlyCode(node)) : node
  const children: Node[] = []
  node.forEach((child) => {
    children.push(withValidMarks(child))
  })
  // Join neighbours that are now alike.
  return node.copy(Fragment.fromArray(children))
}

function onlyCode(node: Node) {
  return node.marks.filter(({ type }) => type.name === 'code')
}

/** Sends `to` the updates of `from` that it lacks, as the network would. */
export function send(from: Replica, to: Replica): void {
  Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), 'remote')
}

/** Makes two replicas with the same paragraphs; `plugins` are for the second. */
export function pair(paragraphs: readonly string[], plugins: readonly Plugin[] = []): [Replica, Replica] {
  const [a, b] = [new Replica(1), new Replica(2, plugins)]
  const nodes = paragraphs.map((text) =>
    schema.node('paragraph', null, text === '' ? [] : [schema.text(text)]),
  )
  a.dispatch(a.state.tr.replaceWith(0, a.state.doc.content.size, nodes))
  send(a, b)
  return [a, b]
}
