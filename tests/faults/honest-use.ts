import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { checkSchema } from '#lib/collab/schema-check.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { seededRandom } from '../support/random.ts'
import { until } from '../support/writer.ts'
import { MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const CLIENTS = 4
/** Edits between two moments in which others are heard. */
const BURST = 25
const SAVED_WITHIN_MS = 120_000
const PASTES = [900_000, 3_900_000] as const
const PARAGRAPH = 'Some words that somebody wrote elsewhere and brings along. '.repeat(8)
const UNDONE = 300

/**
 * What people do, as fast as it goes: edits of every kind by several at once, large pastes, storms of undo and redo.
 * Nothing of it may be refused, stopped or mended. Counts edits.
 */
export const honestUse: Scenario = {
  name: 'honest-use',
  counts: 'edits',
  full: 100_000,
  short: 4000,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const server = await MeasuredServer.start(CLIENTS)
    try {
      const { address } = await server.ask('document')
      const people = Array.from({ length: CLIENTS }, (_, i) => server.open(address, i))
      for (const [i, each] of people.entries()) {
        each.on('status', ({ phase, problem }) => {
          if (phase === 'lost' || problem) failures.push(`client ${i}: ${phase}, ${problem}`)
        })
      }
      await Promise.all(people.map((each) => until(each, () => each.synced)))
      const begun = performance.now()
      const random = seededRandom(seed)
      const editors = people.map(({ doc }) => new HonestEditor(doc, random))
      for (let edit = 0; edit < count; edit += BURST * CLIENTS) {
        for (const editor of editors) for (let i = 0; i < BURST; i++) editor.edit()
        await Promise.race([
          ...people.map((each) => each.flushed()),
          new Promise((resolve) => setTimeout(resolve, 20)),
        ])
      }
      await saved(people, failures, 'edits')
      const editsMs = Math.round(performance.now() - begun)
      for (const editor of editors) editor.storm(UNDONE)
      await saved(people, failures, 'undo')
      const pasteMs: number[] = []
      for (const bytes of PASTES) pasteMs.push(await paste(people[0], bytes, failures))
      await saved(people, failures, 'pastes')
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
        paste3900KbMs: pasteMs[1] ?? 0,
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

async function saved(people: readonly CollabProvider[], failures: string[], what: string): Promise<void> {
  await Promise.all(
    people.map((each) => until(each, () => each.saved && each.synced, SAVED_WITHIN_MS)),
  ).catch((error: unknown) => failures.push(`${what}: ${error}`))
  const [first] = people
  const same = (): boolean => people.every((each) => first && textOf(each) === textOf(first))
  const end = performance.now() + SAVED_WITHIN_MS
  while (!same() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** One transaction of paragraphs; ms until it is on the server's disk. */
async function paste(person: CollabProvider | undefined, bytes: number, failures: string[]): Promise<number> {
  if (!person) return 0
  const begun = performance.now()
  const paragraphs = Array.from({ length: Math.ceil(bytes / PARAGRAPH.length) }, () => paragraphOf(PARAGRAPH))
  person.doc.getXmlFragment('body').insert(0, paragraphs)
  await until(person, () => person.saved, SAVED_WITHIN_MS).catch(() => {
    failures.push(`a paste of ${bytes} bytes is not saved`)
  })
  return Math.round(performance.now() - begun)
}

function textOf({ doc }: CollabProvider): string {
  return `${doc.getText('title')}\n${doc.getXmlFragment('body')}`
}

/** Writes what the editor would, without a page. */
class HonestEditor {
  readonly #doc: Y.Doc
  readonly #body: Y.XmlFragment
  readonly #undo: Y.UndoManager
  readonly #random: () => number

  constructor(doc: Y.Doc, random: () => number) {
    this.#doc = doc
    this.#body = doc.getXmlFragment('body')
    this.#undo = new Y.UndoManager([this.#body], { captureTimeout: 0 })
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
