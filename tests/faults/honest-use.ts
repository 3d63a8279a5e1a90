import { setTimeout as passed } from 'node:timers/promises'
import type { Node } from '@tiptap/pm/model'
import { ySyncPluginKey } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { checkSchema } from '#lib/document/schema-check.ts'
import { UndoStack } from '#lib/editor/binding/undo-stack.ts'
import { Replica, schema } from '../editor/replica.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { seededRandom } from '../support/random.ts'
import { until } from '../support/writer.ts'
import { MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const CLIENTS = 4
/** The number of edits between two moments in which others' edits arrive. */
const BURST = 25
const SAVED_WITHIN_MS = 120_000
const PASTES = [900_000, 1_900_000, 3_900_000] as const
const PARAGRAPH = 'Some words that somebody wrote elsewhere and brings along. '.repeat(8)
const UNDONE = 300
/** The number of times a paste is undone and redone. */
const PASTES_UNDONE = 3

/**
 * Ordinary use, as fast as possible and from one address, with the default limits of a server: edits of every kind by
 * several clients concurrently, large pastes into an editor, storms of undo and redo. Nothing may be refused, stopped
 * or repaired, and no client told to wait. Counts edits.
 */
export const honestUse: Scenario = {
  name: 'honest-use',
  counts: 'edits',
  full: 100_000,
  short: 4000,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const server = await MeasuredServer.start(CLIENTS + 1, { limited: {} })
    try {
      const { address } = await server.ask('document')
      const people = Array.from({ length: CLIENTS }, (_, i) => server.open(address, i))
      for (const [i, each] of people.entries()) {
        watch(each, `client ${i}`, failures)
      }
      await Promise.all(people.map((each) => until(each, () => each.synced)))
      const begun = performance.now()
      const random = seededRandom(seed)
      const editors = people.map(({ doc }) => new HonestEditor(doc, random))
      for (let edit = 0; edit < count; edit += BURST * CLIENTS) {
        for (const editor of editors) for (let i = 0; i < BURST; i++) editor.edit()
        // The pace: as fast as the outbox accepts edits, and no slower than a person who does not wait for it.
        await Promise.race([...people.map((each) => each.flushed()), passed(20)])
      }
      await saved(people, failures, 'edits')
      const editsMs = Math.round(performance.now() - begun)
      for (const editor of editors) editor.storm(UNDONE)
      await saved(people, failures, 'undo')
      // In a document of its own: the edits and all the pastes are more than one document can hold.
      const pasteMs: number[] = []
      for (const bytes of PASTES) pasteMs.push(await pasteIntoEditor(server, bytes, failures))
      const texts = new Set(people.map(textOf))
      if (texts.size !== 1) failures.push('the clients differ')
      const reader = server.open(address, 0)
      await until(reader, () => reader.synced, SAVED_WITHIN_MS)
      if (!texts.has(textOf(reader))) failures.push('what is stored differs')
      const { breaches } = checkSchema(reader.doc)
      if (breaches.length > 0)
        failures.push(`honest edits break the schema: ${JSON.stringify(breaches.slice(0, 3))}`)
      await Promise.all([...people, reader].map((each) => each.destroy()))
      const figures = {
        edits: count,
        clients: CLIENTS,
        editsMs,
        paste900KbMs: pasteMs[0] ?? 0,
        paste1900KbMs: pasteMs[1] ?? 0,
        paste3900KbMs: pasteMs[2] ?? 0,
      }
      return {
        scenario: 'honest-use',
        seed,
        ok: failures.length === 0,
        figures,
        failures: failures.slice(0, 20),
      }
    } finally {
      await server.stop()
    }
  },
}

/** Waits until all edits of all clients are saved and everyone has them. */
async function saved(people: readonly CollabProvider[], failures: string[], what: string): Promise<void> {
  const alike = (): boolean =>
    // Compare the texts only if nothing but a deletion can be missing.
    isOne(people.map(({ doc }) => Y.encodeStateVector(doc).join())) && isOne(people.map(textOf))
  await until(
    people,
    () => people.every((each) => each.saved && each.synced) && alike(),
    SAVED_WITHIN_MS,
  ).catch((error: unknown) => failures.push(`${what}: ${error}`))
}

function isOne(values: readonly string[]): boolean {
  return new Set(values).size === 1
}

/** Records everything that the server does not accept immediately. */
function watch(person: CollabProvider, name: string, failures: string[]): void {
  person.on('status', ({ phase, problem, hindrance }) => {
    if (phase === 'lost' || problem || hindrance) failures.push(`${name}: ${phase}, ${problem ?? hindrance}`)
  })
  person.on('notice', (code) => failures.push(`${name}: ${code}`))
}

/**
 * Lets one person paste into the editor, undo and redo it many times and continue writing while another reads.
 * Returns the time from the first paste until it is on the server's disk, ms.
 */
async function pasteIntoEditor(server: MeasuredServer, bytes: number, failures: string[]): Promise<number> {
  const name = `a paste of ${bytes} bytes`
  const { address } = await server.ask('document')
  const editor = new Replica(freshClientId())
  const [person, reader] = [server.open(address, 0, { doc: editor.doc }), server.open(address, CLIENTS)]
  for (const each of [person, reader]) watch(each, name, failures)
  await Promise.all([person, reader].map((each) => until(each, () => each.synced)))
  const undo = new UndoStack([editor.fragment], {
    captureTimeout: 0,
    trackedOrigins: new Set([ySyncPluginKey]),
  })
  const begun = performance.now()
  editor.dispatch(editor.state.tr.replaceWith(0, editor.state.doc.content.size, pasted(bytes)))
  await saved([person, reader], failures, name)
  const ms = Math.round(performance.now() - begun)
  for (let i = 0; i < PASTES_UNDONE; i++) {
    undo.undo()
    undo.redo()
  }
  editor.type('and on it goes', 1)
  await saved([person, reader], failures, `${name}, undone and done again`)
  if (!editor.text.startsWith('and on it goes')) failures.push(`${name}: the editor does not go on`)
  if (editor.reports.length > 0) failures.push(`${name}: ${editor.reports.length} reports`)
  const { breaches } = checkSchema(reader.doc)
  if (breaches.length > 0) failures.push(`${name} breaks the schema: ${JSON.stringify(breaches.slice(0, 3))}`)
  await Promise.all([person, reader].map((each) => each.destroy()))
  return ms
}

/**
 * Returns this many bytes of the nodes that the editor makes of copied content: paragraphs with marks, headings,
 * lists, quotes, code.
 */
function pasted(bytes: number): Node[] {
  const marks = [
    [],
    [schema.mark('bold')],
    [schema.mark('link', { href: 'https://example.org/' })],
    [schema.mark('italic'), schema.mark('underline')],
  ]
  const paragraph = (i: number): Node =>
    schema.node('paragraph', null, [schema.text(PARAGRAPH), schema.text('marked', marks[i % marks.length])])
  const blocks = [
    (i: number) => paragraph(i),
    () => schema.node('heading', { level: 2 }, [schema.text(PARAGRAPH)]),
    (i: number) => schema.node('bulletList', null, [schema.node('listItem', null, [paragraph(i)])]),
    (i: number) =>
      schema.node('taskList', null, [schema.node('taskItem', { checked: true }, [paragraph(i)])]),
    (i: number) => schema.node('blockquote', null, [paragraph(i)]),
    () => schema.node('codeBlock', null, [schema.text(PARAGRAPH)]),
  ]
  return Array.from({ length: Math.ceil(bytes / PARAGRAPH.length) }, (_, i) => {
    const block = blocks[i % blocks.length]
    return block ? block(i) : paragraph(i)
  })
}

function freshClientId(): number {
  return new Y.Doc().clientID
}

function textOf({ doc }: CollabProvider): string {
  return `${doc.getText('title')}\n${doc.getXmlFragment('body')}`
}

/** Writes as the editor would, without a page. */
class HonestEditor {
  readonly #doc: Y.Doc
  readonly #body: Y.XmlFragment
  readonly #undo: Y.UndoManager
  readonly #random: () => number

  constructor(doc: Y.Doc, random: () => number) {
    this.#doc = doc
    this.#body = doc.getXmlFragment('body')
    this.#undo = new UndoStack([this.#body], { captureTimeout: 0 })
    this.#random = random
  }

  edit(): void {
    const text = this.#text()
    const kind = this.#below(40)
    if (!text || kind === 0) this.#insertBlock()
    else if (kind === 1) this.#undo.undo()
    else if (kind === 2) this.#undo.redo()
    else if (kind === 3) text.format(this.#below(text.length), 1, this.#mark())
    else if (kind === 4 && this.#body.length > 20) this.#body.delete(this.#below(this.#body.length), 1)
    else if (kind < 12 && text.length > 2) text.delete(this.#below(text.length - 1), 1)
    else text.insert(this.#below(text.length + 1), '字a words😀'.slice(0, 1 + this.#below(7)))
  }

  storm(count: number): void {
    for (let i = 0; i < count; i++) this.#undo.undo()
    for (let i = 0; i < count; i++) this.#undo.redo()
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  #mark(): object {
    const marks = [
      { bold: {} },
      { italic: {} },
      { bold: null },
      { link: { href: 'https://example.org/' } },
      { code: {} },
    ]
    return marks[this.#below(marks.length)] ?? {}
  }

  #text(): Y.XmlText | null {
    if (this.#body.length === 0) return null
    let at: unknown = this.#body.get(this.#below(this.#body.length))
    while (at instanceof Y.XmlElement) at = at.length > 0 ? at.get(this.#below(at.length)) : null
    return at instanceof Y.XmlText && at.length > 0 ? at : null
  }

  #insertBlock(): void {
    const kinds = ['paragraph', 'heading', 'bulletList', 'taskList', 'blockquote'] as const
    const kind = kinds[this.#below(kinds.length)] ?? 'paragraph'
    this.#doc.transact(() => {
      this.#body.insert(this.#below(this.#body.length + 1), [blockOf(kind)])
    })
  }
}

function blockOf(kind: 'paragraph' | 'heading' | 'bulletList' | 'taskList' | 'blockquote'): Y.XmlElement {
  const paragraph = paragraphOf('new')
  if (kind === 'paragraph') return paragraph
  const block = new Y.XmlElement(kind)
  if (kind === 'heading') {
    block.setAttribute('level', 2 as never)
    block.insert(0, [new Y.XmlText('heading')])
  } else if (kind === 'blockquote') block.insert(0, [paragraph])
  else {
    const item = new Y.XmlElement(kind === 'taskList' ? 'taskItem' : 'listItem')
    if (kind === 'taskList') item.setAttribute('checked', false as never)
    item.insert(0, [paragraph])
    block.insert(0, [item])
  }
  return block
}
