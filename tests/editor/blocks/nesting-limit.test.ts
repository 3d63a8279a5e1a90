import { wrapIn } from '@tiptap/pm/commands'
import { Fragment, type Node, Slice } from '@tiptap/pm/model'
import { liftListItem, sinkListItem, wrapInList } from '@tiptap/pm/schema-list'
import { type Command, NodeSelection, Selection } from '@tiptap/pm/state'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdates } from '#lib/collab/gate/update-gate.ts'
import { checkSchema } from '#lib/document/schema-check.ts'
import { BLOCK_NESTING, type NestingNotice, nestingLimit } from '#lib/editor/blocks/nesting-limit.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { Replica, schema, send } from '../replica.ts'

const { nodes } = schema

function typeOf(name: string) {
  const type = nodes[name]
  if (!type) throw new Error(`no ${name}`)
  return type
}

const wrapInQuote = wrapIn(typeOf('blockquote'))
const indent = sinkListItem(typeOf('listItem'))

function paragraph(text: string): Node {
  return schema.node('paragraph', null, text === '' ? [] : [schema.text(text)])
}

/** Returns a list of one item that contains a list, and so on; each level contains its number. */
function lists(levels: number, level = 1): Node {
  const inner = level < levels ? [lists(levels, level + 1)] : []
  return schema.node('bulletList', null, [
    schema.node('listItem', null, [paragraph(`level ${level}`), ...inner]),
  ])
}

function quotes(levels: number, content: readonly Node[]): Node {
  const inner = levels > 1 ? [quotes(levels - 1, content)] : content
  return schema.node('blockquote', null, inner)
}

/** Makes an editor with the limit that records notices and can paste. */
function guarded(content: readonly Node[] = [paragraph('')]) {
  const notices: NestingNotice[] = []
  const plugin = nestingLimit((notice) => notices.push(notice))
  const editor = new Replica(1, [plugin])
  editor.dispatch(editor.state.tr.replaceWith(0, editor.state.doc.content.size, content))
  editor.dispatch(editor.state.tr.setSelection(Selection.atEnd(editor.state.doc)))
  const paste = (slice: Slice) => {
    const { transformPasted } = plugin.props
    const view = Object.defineProperty({}, 'state', { get: () => editor.state })
    const fitting = transformPasted?.call(plugin, slice, view as never, false) ?? slice
    editor.dispatch(editor.state.tr.replaceSelection(fitting))
  }
  return { editor, notices, paste }
}

function depthOf(doc: Node): number {
  let most = 0
  doc.descendants((node, at) => {
    if (!node.isInline) most = Math.max(most, doc.resolve(at).depth + 1)
  })
  return most
}

/** Repeats a command, as when a key is held down. */
function hold(editor: Replica, command: Command): void {
  for (let i = 0; i < 2 * LIMITS.typeNesting; i++) editor.run(command)
}

/** Returns the server's judgement of the whole content sent in one batch, and of the document. */
function judged(editor: Replica) {
  const update = Y.encodeStateAsUpdate(editor.doc)
  const copy = new Y.Doc()
  Y.applyUpdate(copy, update)
  return {
    gate: checkUpdates([update], { clientId: 1, clocks: new Map() as never, restore: true }),
    breaches: checkSchema(copy).breaches,
  }
}

function expectHonest(editor: Replica): void {
  expect(depthOf(editor.state.doc)).toBeLessThanOrEqual(BLOCK_NESTING)
  expect(() => editor.state.doc.check()).not.toThrow()
  expect(editor.fresh().eq(editor.state.doc)).toBe(true)
  expect(judged(editor)).toMatchObject({ gate: { ok: true }, breaches: [] })
}

describe('however deep the person indents', () => {
  test('[GATE5] quotes in quotes end at the limit, in words, and the server has nothing to say', () => {
    const { editor, notices } = guarded([paragraph('honest')])
    hold(editor, wrapInQuote)
    expect(depthOf(editor.state.doc)).toBe(BLOCK_NESTING)
    expect(notices).toContain('refused')
    expect(editor.text).toBe('honest')
    expectHonest(editor)
  })

  test('lists in lists end at the limit, and what is typed there goes in', () => {
    const rows = Array.from({ length: 40 }, (_, i) => schema.node('listItem', null, [paragraph(`row ${i}`)]))
    const { editor, notices } = guarded([schema.node('bulletList', null, rows)])
    // Indent each row one level below the previous one, as far as possible.
    for (let row = 1; row < rows.length; row++) {
      editor.state.doc.descendants((node, at) => {
        if (node.isText && node.text === `row ${row}`) editor.select(at + 1)
      })
      for (let i = 0; i < row; i++) editor.run(indent)
    }
    expect(depthOf(editor.state.doc)).toBeGreaterThanOrEqual(BLOCK_NESTING - 1)
    expect(notices).toContain('refused')
    editor.type('!')
    expect(editor.text).toContain('!')
    expectHonest(editor)
    editor.run(liftListItem(typeOf('listItem')))
    expectHonest(editor)
  })

  test('a quote around what is deep already is refused, too', () => {
    const deep = quotes(BLOCK_NESTING - 1, [paragraph('bottom')])
    const { editor, notices } = guarded([deep])
    editor.dispatch(editor.state.tr.setSelection(NodeSelection.create(editor.state.doc, 0)))
    editor.run(wrapInQuote)
    expect(editor.state.doc.eq(schema.node('doc', null, [deep]))).toBe(true)
    expect(notices).toEqual(['refused'])
  })

  test('below the limit there is no notice', () => {
    const { editor, notices } = guarded([paragraph('a')])
    editor.run(wrapInList(typeOf('bulletList')))
    editor.run(wrapInQuote)
    editor.type('b')
    expect(notices).toEqual([])
    expect(depthOf(editor.state.doc)).toBeGreaterThan(2)
  })
})

describe('what is pasted deeper than the limit', () => {
  const wordsOf = (node: Node | Fragment): string[] => {
    const found: string[] = []
    node.descendants((each) => {
      if (each.isText) found.push(each.text ?? '')
    })
    return found
  }

  test.each<[string, Node[]]>([
    ['a tower of lists', [lists(60)]],
    ['a tower of quotes', [quotes(200, [paragraph('one'), paragraph('two')])]],
    [
      'lists in quotes, with more after them',
      [quotes(20, [lists(20), paragraph('after')]), paragraph('end')],
    ],
    [
      'tasks, and words after the inner list',
      [
        quotes(BLOCK_NESTING - 4, [
          schema.node('taskList', null, [
            schema.node('taskItem', { checked: true }, [paragraph('task'), lists(3), paragraph('more')]),
          ]),
        ]),
      ],
    ],
    [
      'code, headings and dividers',
      [
        quotes(40, [
          schema.node('codeBlock', null, [schema.text('code')]),
          schema.node('heading', { level: 2 }, [schema.text('head')]),
          schema.node('horizontalRule'),
          paragraph('line'),
        ]),
      ],
    ],
  ])('%s: comes in as deep as it may be, every word of it in its order', (_name, content) => {
    for (const around of [0, 3, BLOCK_NESTING - 1]) {
      const start = around === 0 ? paragraph('') : quotes(around, [paragraph('')])
      const { editor, notices, paste } = guarded([start])
      const fragment = Fragment.fromArray(content)
      paste(Slice.maxOpen(fragment))
      expect(wordsOf(editor.state.doc)).toEqual(wordsOf(fragment))
      expect(notices).toEqual(['flattened'])
      expectHonest(editor)
    }
  })

  test('a list keeps its bullets down to the last level there is room for', () => {
    const { editor, paste } = guarded()
    paste(new Slice(Fragment.from(lists(60)), 0, 0))
    expect(depthOf(editor.state.doc)).toBeGreaterThanOrEqual(BLOCK_NESTING - 1)
    let items = 0
    editor.state.doc.descendants((node) => {
      if (node.type.name === 'listItem') items++
    })
    expect(items).toBe(60)
  })

  test('what fits is not touched', () => {
    const { editor, notices, paste } = guarded()
    paste(new Slice(Fragment.from(lists(8)), 0, 0))
    expect(editor.state.doc.firstChild?.eq(lists(8))).toBe(true)
    expect(notices).toEqual([])
  })
})

test('what another client nested deeper is shown, edited and made flatter, never deeper', () => {
  const other = new Replica(2)
  const deep = quotes(BLOCK_NESTING + 4, [paragraph('theirs')])
  other.dispatch(other.state.tr.replaceWith(0, other.state.doc.content.size, deep))
  const { editor, notices } = guarded()
  send(other, editor)
  send(editor, other)
  const depth = depthOf(editor.state.doc)
  expect(depth).toBe(BLOCK_NESTING + 5)
  expect(editor.text).toContain('theirs')
  let at = 0
  editor.state.doc.descendants((node, pos) => {
    if (node.isText) at = pos + 1
  })
  editor.select(at)
  editor.type('!')
  expect(editor.text).toContain('!')
  expect(notices).toEqual([])
  editor.run(wrapInQuote)
  expect(depthOf(editor.state.doc)).toBe(depth)
  expect(notices).toEqual(['refused'])
})

test('the limit of the editor leaves a margin to the server’s, the letters of a block counted', () => {
  expect(BLOCK_NESTING + 4).toBeLessThanOrEqual(LIMITS.typeNesting)
})
