import { type CDPSession, expect, type Page } from '@playwright/test'
import type { JSONContent } from '@tiptap/core'
import type { LabOptions, LabPeer, LabState, Spot } from './lab.ts'
import { test } from './lab-test.ts'

/*
 * The person composes 你 with an input method for Chinese while a peer edits after each step. The result is clean if
 * there is one 你, nothing left over, and the same text in the Y.Doc, the editor, the page and at the peer.
 *
 * Over 350 lines: half of the file is the table of scenes, read side by side with the tests that play it.
 */

/** The events of the input method: three states of its candidate text, then the character. */
const CANDIDATES = ['ㄋ', 'ㄋㄧ', 'ㄋㄧˇ']
const COMPOSED = '你'
const STEPS = CANDIDATES.length + 1

interface Scene {
  readonly title: string
  readonly blocks: readonly JSONContent[]
  /** The place where the person composes. */
  readonly caret: Spot
  /** The peer's edit after a step, run in the page: `step` counts from 0, `caret` is as above. */
  readonly edit: (given: { peer: LabPeer; step: number; caret: Spot }) => void
  readonly expected: string
}

const paragraph = (...texts: (string | JSONContent)[]): JSONContent => ({
  type: 'paragraph',
  content: texts.map((text) => (typeof text === 'string' ? { type: 'text', text } : text)),
})
const bold = (text: string): JSONContent => ({ type: 'text', text, marks: [{ type: 'bold' }] })
const item = (text: string): JSONContent => ({ type: 'listItem', content: [paragraph(text)] })
const list = (...items: string[]): JSONContent => ({ type: 'bulletList', content: items.map(item) })
const row = (...cells: string[]): JSONContent => ({
  type: 'tableRow',
  content: cells.map((text) => ({ type: 'tableCell', content: [paragraph(text)] })),
})
const table = (...rows: JSONContent[]): JSONContent => ({ type: 'table', content: rows })

const HERE: Spot = { path: [0], offset: 6 }
const LINE = [paragraph('early late')]

const SCENES: readonly Scene[] = [
  {
    title: 'the same text, before what is composed',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) => peer.type('abcd'[step] ?? '', { path: [0], offset: step }),
    expected: 'abcdearly 你late',
  },
  {
    title: 'the same text, after what is composed',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) =>
      peer.type('abcd'[step] ?? '', step === 0 ? { path: [0], offset: 11 } : undefined),
    expected: 'early 你lateabcd',
  },
  {
    title: 'the same text, right before what is composed',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) => peer.type('abcd'[step] ?? '', { path: [0], offset: 6 + step }),
    expected: 'early abcd你late',
  },
  {
    title: 'the same text, right behind what is composed',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) => peer.type('abcd'[step] ?? '', { path: [0], offset: [7, 9, 11, 10][step] ?? 0 }),
    expected: 'early 你abcdlate',
  },
  {
    title: 'the same text taken away after what is composed',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) => peer.erase(1, step === 0 ? { path: [0], offset: 11 } : undefined),
    expected: 'early 你',
  },
  {
    title: 'another text of the same paragraph',
    blocks: [paragraph('early late', bold(' bold'))],
    caret: HERE,
    edit: ({ peer, step }) =>
      peer.type('abcd'[step] ?? '', step === 0 ? { path: [0], offset: 16 } : undefined),
    expected: 'early 你late boldabcd',
  },
  {
    title: 'the same paragraph, behind a line break',
    blocks: [paragraph('early late', { type: 'hardBreak' }, 'second')],
    caret: HERE,
    edit: ({ peer, step }) =>
      peer.type('abcd'[step] ?? '', step === 0 ? { path: [0], offset: 18 } : undefined),
    expected: 'early 你late↵secondabcd',
  },
  {
    title: 'a mark elsewhere in the paragraph',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) => peer.format({ path: [0], offset: step }, 1, { bold: {} }),
    expected: 'early 你late',
  },
  {
    title: 'a mark over what is composed',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) => peer.format({ path: [0], offset: 3 }, 6, { bold: step % 2 === 0 ? {} : null }),
    expected: 'early 你late',
  },
  {
    title: 'the neighbouring paragraph',
    blocks: [...LINE, paragraph('near')],
    caret: HERE,
    edit: ({ peer, step }) =>
      peer.type('abcd'[step] ?? '', step === 0 ? { path: [1], offset: 4 } : undefined),
    expected: 'early 你late|nearabcd',
  },
  {
    title: 'far away',
    blocks: [...LINE, ...[1, 2, 3, 4, 5, 6].map((n) => paragraph(`${n}`)), paragraph('far')],
    caret: HERE,
    edit: ({ peer, step }) =>
      peer.type('abcd'[step] ?? '', step === 0 ? { path: [7], offset: 3 } : undefined),
    expected: 'early 你late|1|2|3|4|5|6|farabcd',
  },
  {
    title: 'new paragraphs above',
    blocks: LINE,
    caret: HERE,
    edit: ({ peer, step }) =>
      peer.insert([0], [{ type: 'paragraph', content: [{ type: 'text', text: `${step}` }] }]),
    expected: '3|2|1|0|early 你late',
  },
  {
    title: 'paragraphs above taken away',
    blocks: [...[1, 2, 3, 4].map((n) => paragraph(`${n}`)), ...LINE],
    caret: { path: [4], offset: 6 },
    edit: ({ peer }) => peer.remove([0]),
    expected: 'early 你late',
  },
  {
    title: 'list: items added above',
    blocks: [list('first', 'early late', 'last')],
    caret: { path: [0, 1, 0], offset: 6 },
    edit: ({ peer, step }) =>
      peer.insert(
        [0, 0],
        [
          {
            type: 'listItem',
            content: [{ type: 'paragraph', content: [{ type: 'text', text: `${step}` }] }],
          },
        ],
      ),
    expected: '3|2|1|0|first|early 你late|last',
  },
  {
    title: 'list: another item of the same list',
    blocks: [list('first', 'early late', 'last')],
    caret: { path: [0, 1, 0], offset: 6 },
    edit: ({ peer, step }) =>
      peer.type('abcd'[step] ?? '', step === 0 ? { path: [0, 0, 0], offset: 5 } : undefined),
    expected: 'firstabcd|early 你late|last',
  },
  {
    title: 'list: items above and below taken away',
    blocks: [list('1', '2', 'early late', '3', '4')],
    caret: { path: [0, 2, 0], offset: 6 },
    edit: ({ peer, step }) => peer.remove([0, step < 2 ? 0 : 1]),
    expected: 'early 你late',
  },
  {
    title: 'table: rows added above',
    blocks: [table(row('a', 'b'), row('early late', 'd'))],
    caret: { path: [0, 1, 0, 0], offset: 6 },
    edit: ({ peer, step }) =>
      peer.insert(
        [0, 0],
        [
          {
            type: 'tableRow',
            content: [`${step}`, '-'].map((text) => ({
              type: 'tableCell',
              content: [{ type: 'paragraph', content: [{ type: 'text', text }] }],
            })),
          },
        ],
      ),
    expected: '3|-|2|-|1|-|0|-|a|b|early 你late|d',
  },
  {
    title: 'table: another cell of the same table',
    blocks: [table(row('a', 'b'), row('early late', 'd'))],
    caret: { path: [0, 1, 0, 0], offset: 6 },
    edit: ({ peer, step }) =>
      peer.type('abcd'[step] ?? '', step === 0 ? { path: [0, 1, 1, 0], offset: 1 } : undefined),
    expected: 'a|b|early 你late|dabcd',
  },
  {
    title: 'table: the row above taken away',
    blocks: [table(row('a', 'b'), row('c', 'd'), row('e', 'f'), row('g', 'h'), row('early late', 'i'))],
    caret: { path: [0, 4, 0, 0], offset: 6 },
    edit: ({ peer }) => peer.remove([0, 0]),
    expected: 'early 你late|i',
  },
]

for (const scene of SCENES) {
  test(`clean: a peer edits ${scene.title}`, async ({ page }) => {
    const { state } = await play(page, scene)
    expect(state).toMatchObject({ y: scene.expected, equal: true, composing: false })
    const place = await page.evaluate(() => {
      const { head } = window.lab.editor.state.selection
      return window.lab.editor.state.doc.textBetween(head - 1, head)
    })
    expect(place, 'the caret is behind what was composed').toBe(COMPOSED)
  })
}

const TAKEN_AWAY: readonly (Omit<Scene, 'edit'> & { readonly path: readonly number[] })[] = [
  {
    title: 'a paragraph',
    blocks: [paragraph('above'), ...LINE, paragraph('below')],
    caret: { path: [1], offset: 6 },
    path: [1],
    expected: 'above你|below',
  },
  { title: 'all there is', blocks: LINE, caret: HERE, path: [0], expected: '你' },
  {
    title: 'an item of a list',
    blocks: [list('first', 'early late', 'last')],
    caret: { path: [0, 1, 0], offset: 6 },
    path: [0, 1],
    expected: 'first你|last',
  },
  {
    title: 'a table',
    blocks: [paragraph('above'), table(row('a', 'b'), row('early late', 'd'))],
    caret: { path: [1, 1, 0, 0], offset: 6 },
    path: [1],
    expected: 'above你',
  },
]

for (const { title, path, ...scene } of TAKEN_AWAY) {
  test(`what is composed outlives ${title} that a peer takes away meanwhile`, async ({ page }) => {
    const edit: Scene['edit'] = ({ peer, step, caret }) => {
      if (step === 1) peer.remove(caret.path)
    }
    const { state } = await play(page, { ...scene, title, edit }, path)
    expect(state).toMatchObject({ y: scene.expected, equal: true, composing: false })
    await page.keyboard.type('!')
    expect(await page.evaluate(() => window.lab.state())).toMatchObject({
      y: scene.expected.replace(COMPOSED, `${COMPOSED}!`),
      equal: true,
    })
  })
}

test('without the hold the same text is doubled, and these tests see it', async ({ page }) => {
  const scene = SCENES.find(({ title }) => title.startsWith('the same text taken away'))
  if (!scene) throw new Error('there is no such scene')
  const { state } = await play(page, scene, scene.caret.path, { holdsWhileComposing: false })
  expect(state.y).toContain('ㄋㄧˇ你')
})

/** Plays a scene to its end. */
async function play(
  page: Page,
  scene: Scene,
  path: readonly number[] = scene.caret.path,
  options: Partial<LabOptions> = {},
): Promise<{ state: LabState }> {
  await page.evaluate((given) => window.lab.open(given), {
    binding: 'ours' as const,
    blocks: scene.blocks,
    ...options,
  })
  await page.evaluate(async (caret) => {
    window.lab.goTo(caret)
    await window.lab.settled()
  }, scene.caret)
  const keyboard = await page.context().newCDPSession(page)
  for (let step = 0; step < STEPS; step++) {
    await composeStep(keyboard, step)
    const composed = CANDIDATES[step] ?? COMPOSED
    await expect.poll(() => page.evaluate(() => window.lab.state().y)).toContain(composed)
    await page.evaluate(
      `(${scene.edit})({ peer: window.lab.peers[0], step: ${step}, caret: ${JSON.stringify({ ...scene.caret, path })} })`,
    )
    await page.evaluate(() => window.lab.settled())
  }
  await expect.poll(() => page.evaluate(() => window.lab.state().equal)).toBe(true)
  return { state: await page.evaluate(() => window.lab.state()) }
}

async function composeStep(keyboard: CDPSession, step: number): Promise<void> {
  const candidate = CANDIDATES[step]
  if (candidate === undefined) {
    await keyboard.send('Input.insertText', { text: COMPOSED })
    return
  }
  const end = candidate.length
  await keyboard.send('Input.imeSetComposition', { text: candidate, selectionStart: end, selectionEnd: end })
}

test('edits elsewhere come in 5 s after the last syllable, those in the composing block when it is over', async ({
  page,
}) => {
  const keyboard = await begin(page, { blocks: [...LINE, paragraph('near')], caret: HERE })
  await composeStep(keyboard, 1)
  await edit(page, ([peer]) => {
    peer?.type('a', { path: [0], offset: 0 })
    peer?.type('b', { path: [1], offset: 4 })
  })
  await edit(page, ([, other]) => other?.type('c', { path: [1], offset: 0 }))
  await edit(page, ([, other]) => other?.insert([0], [{ type: 'paragraph' }]))
  expect(await stateOf(page)).toMatchObject({ dom: 'early ㄋㄧlate|near' })
  // The first peer's text below arrives with what they typed before it, in the composing block.
  await expect.poll(async () => (await stateOf(page)).dom, { timeout: 8_000 }).toBe('|early ㄋㄧlate|cnear')
  await edit(page, ([, other]) => other?.type('d', { path: [2], offset: 0 }))
  expect(await stateOf(page)).toMatchObject({ dom: '|early ㄋㄧlate|dcnear', composing: true })
  await composeStep(keyboard, 2)
  await composeStep(keyboard, 3)
  await expect.poll(() => stateOf(page)).toMatchObject({ y: '|aearly 你late|dcnearb', equal: true })
})

test('leaving the text lets everything in immediately, the composed text included', async ({ page }) => {
  const keyboard = await begin(page, { blocks: LINE, caret: HERE })
  await composeStep(keyboard, 1)
  await edit(page, ([peer]) => peer?.type('a', { path: [0], offset: 0 }))
  await page.evaluate(() => window.lab.editor.view.dom.blur())
  await edit(page, () => undefined)
  expect(await stateOf(page)).toMatchObject({ y: 'aearly ㄋㄧlate', equal: true })
})

test('a page that is hidden during a composition lets everything in', async ({ page }) => {
  const keyboard = await begin(page, { blocks: [...LINE, paragraph('near')], caret: HERE })
  await composeStep(keyboard, 1)
  await edit(page, ([peer]) => peer?.type('a', { path: [1], offset: 0 }))
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await edit(page, () => undefined)
  expect(await stateOf(page)).toMatchObject({ y: 'early ㄋㄧlate|anear', equal: true })
})

test('undo during a composition ends it, lets everything in and reverts the composed text', async ({
  page,
}) => {
  const keyboard = await begin(page, { blocks: LINE, caret: HERE })
  await composeStep(keyboard, 1)
  await edit(page, ([peer]) => peer?.type('a', { path: [0], offset: 0 }))
  await page.evaluate(() => window.lab.editor.commands.undo())
  await expect.poll(() => stateOf(page)).toMatchObject({ y: 'aearly late', equal: true, composing: false })
  await page.keyboard.type('!')
  expect(await stateOf(page)).toMatchObject({ y: 'aearly !late', equal: true })
})

test('the text composed so far reaches the peers immediately, held or not', async ({ page }) => {
  const keyboard = await begin(page, { blocks: LINE, caret: HERE })
  await edit(page, ([peer]) => peer?.type('a', { path: [0], offset: 0 }))
  for (const step of [0, 1, 2]) {
    await composeStep(keyboard, step)
    await expect.poll(async () => (await stateOf(page)).peers[0]).toBe(`aearly ${CANDIDATES[step]}late`)
  }
})

test('no part of a peer’s caret is inserted into or moved in the composing block', async ({ page }) => {
  const keyboard = await begin(page, { blocks: [...LINE, paragraph('near')], caret: HERE })
  await edit(page, ([peer]) => {
    window.lab.showCarets(true)
    peer?.type('a', { path: [1], offset: 0 })
  })
  await page.evaluate(() => {
    const [line] = window.lab.editor.view.dom.children
    if (!line) throw new Error('there is no line')
    Object.assign(window, { changes: [] as string[] })
    new MutationObserver((records) => {
      for (const { type, addedNodes, removedNodes } of records)
        if (type === 'childList' && [...addedNodes, ...removedNodes].some((node) => node instanceof Element))
          (window as unknown as { changes: string[] }).changes.push(type)
    }).observe(line, { childList: true, subtree: true })
  })
  for (const step of [0, 1, 2, 3]) {
    await composeStep(keyboard, step)
    await edit(page, ([peer]) => peer?.type('b', { path: [0], offset: 0 }))
    if (step < 3) expect(await page.evaluate('window.changes')).toEqual([])
  }
  await expect.poll(() => stateOf(page)).toMatchObject({ y: 'bbbbearly 你late|anear', equal: true })
})

/** Opens a document with two peers, and puts the caret where the person composes. */
async function begin(page: Page, { blocks, caret }: Pick<Scene, 'blocks' | 'caret'>): Promise<CDPSession> {
  await page.evaluate(
    async ([given, spot]) => {
      await window.lab.open({ binding: 'ours', blocks: given, peers: 2 })
      window.lab.goTo(spot)
      await window.lab.settled()
    },
    [blocks, caret] as const,
  )
  return page.context().newCDPSession(page)
}

/** Runs in the page. Resolves once the result is shown. */
async function edit(page: Page, run: (peers: readonly LabPeer[]) => void): Promise<void> {
  await page.evaluate(`(${run})(window.lab.peers)`)
  await page.evaluate(() => window.lab.settled())
}

function stateOf(page: Page): Promise<LabState> {
  return page.evaluate(() => window.lab.state())
}
