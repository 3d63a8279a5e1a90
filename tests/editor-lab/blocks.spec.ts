import { expect, type Page } from '@playwright/test'
import type { Node } from '@tiptap/pm/model'
import { code, h, shown as notation, ol, p, quote, tasks, ul } from '../editor/blocks/scene.ts'
import { schema } from '../editor/replica.ts'
import { ChromiumInputMethod } from '../support/input-method.ts'
import { test } from './lab-test.ts'

/*
 * The effects of keys, shortcuts and pastes in each kind of block, in the notation of tests/editor/blocks/scene.ts. A scene is
 * a block with the text "ab"; "|" is typed after the act. All scenes are in one document, a paragraph ";" around each.
 */

const SCENES = {
  paragraph: [p('ab'), [0]],
  heading: [h('ab'), [0]],
  quote: [quote('ab'), [0, 0]],
  bullet: [ul('ab'), [0, 0, 0]],
  number: [ol('ab'), [0, 0, 0]],
  task: [tasks('ab'), [0, 0, 0]],
  code: [code('  ab'), [0]],
  'second block of an item': [ul(['z', p('ab')]), [0, 0, 1]],
} as const
const NAMES = Object.keys(SCENES) as (keyof typeof SCENES)[]

async function open(page: Page, blocks: readonly Node[], path: readonly number[], offset: number) {
  await page.evaluate(
    async ({ blocks, path, offset }) => {
      await window.lab.open({ binding: 'ours', blocks, peers: 1 })
      window.lab.goTo({ path, offset })
    },
    { blocks: blocks.map((block) => block.toJSON()), path: [...path], offset },
  )
}

/** Returns the document in the notation; adds a word if the Y.Doc or the page differs from it. */
async function result(page: Page): Promise<string> {
  const { json, equal } = await page.evaluate(async () => {
    await window.lab.settled()
    return { json: window.lab.editor.getJSON(), equal: window.lab.state().equal }
  })
  const text = schema.nodeFromJSON(json).content.content.map(notation).join(' ')
  return equal ? text : `${text} UNEQUAL`
}

async function paste(page: Page, data: Readonly<Record<string, string>>): Promise<void> {
  await page.evaluate((data) => {
    const clipboardData = new DataTransfer()
    for (const [type, text] of Object.entries(data)) clipboardData.setData(type, text)
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
    window.lab.editor.view.dom.dispatchEvent(event)
  }, data)
}

interface Act {
  readonly name: string
  /** Where the caret is. */
  readonly at: 'start' | 'middle' | 'end'
  readonly run: (page: Page) => Promise<unknown>
  /** The result in each scene, in their order. */
  readonly expected: readonly string[]
}

const press =
  (...keys: string[]) =>
  async (page: Page) => {
    for (const key of keys) await page.keyboard.press(key)
  }
const type = (text: string) => (page: Page) => page.keyboard.type(text)
const LIST = { 'text/html': '<ul><li>X</li><li>Y</li></ul>', 'text/plain': 'X\nY' }
const CODE = { 'text/html': '<pre><code>X\nY</code></pre>', 'text/plain': 'X\nY' }

const ACTS: readonly Act[] = [
  {
    name: 'paste one line',
    at: 'middle',
    run: (page) => paste(page, { 'text/plain': 'X' }),
    expected: ['aX|b', '#aX|b', '>(aX|b)', '*(aX|b)', '1(aX|b)', 'x(aX|b)', '`  aX|b`', '*(z aX|b)'],
  },
  {
    name: 'paste several lines',
    at: 'middle',
    run: (page) => paste(page, { 'text/plain': 'X\nY' }),
    expected: [
      'aX Y|b',
      '#aX Y|b',
      '>(aX Y|b)',
      '*(aX, Y|b)',
      '1(aX, Y|b)',
      'x(aX, Y|b)',
      '`  aX⏎Y|b`',
      '*(z aX Y|b)',
    ],
  },
  {
    name: 'paste a list',
    at: 'middle',
    run: (page) => paste(page, LIST),
    expected: [
      'aX *(Y|b)',
      '#aX *(Y|b)',
      '>(aX *(Y|b))',
      '*(aX, Y|b)',
      '1(aX, Y|b)',
      'x(aX, Y|b)',
      '`  aX⏎Y|b`',
      '*(z aX, Y|b)',
    ],
  },
  {
    name: 'paste code',
    at: 'middle',
    run: (page) => paste(page, CODE),
    expected: [
      'a `X⏎Y` |b',
      '#a `X⏎Y` #|b',
      '>(a `X⏎Y` |b)',
      '*(a `X⏎Y` |b)',
      '1(a `X⏎Y` |b)',
      'x(a `X⏎Y` |b)',
      '`  aX⏎Y|b`',
      '*(z a `X⏎Y` |b)',
    ],
  },
  {
    name: 'Enter',
    at: 'middle',
    run: press('Enter'),
    expected: ['a |b', '#a #|b', '>(a |b)', '*(a, |b)', '1(a, |b)', 'x(a, |b)', '`  a⏎  |b`', '*(z a, |b)'],
  },
  {
    name: 'Enter at the end',
    at: 'end',
    run: press('Enter'),
    expected: ['ab |', '#ab |', '>(ab |)', '*(ab, |)', '1(ab, |)', 'x(ab, |)', '`  ab⏎  |`', '*(z ab, |)'],
  },
  {
    name: 'Enter until outside',
    at: 'end',
    run: press('Enter', 'Enter', 'Enter'),
    expected: ['ab   |', '#ab   |', '>(ab)  |', '*(ab)  |', '1(ab)  |', 'x(ab)  |', '`  ab` |', '*(z ab)  |'],
  },
  {
    name: 'Backspace at the start',
    at: 'start',
    run: press('Backspace'),
    expected: ['←|ab', '←|ab', '|ab', '|ab', '|ab', '|ab', '←|  ab', '*(z|ab)'],
  },
  {
    name: 'a bullet typed',
    at: 'start',
    run: type('- '),
    expected: [
      '*(|ab)',
      '#- |ab',
      '>(*(|ab))',
      '*(- |ab)',
      '1(- |ab)',
      'x(- |ab)',
      '`- |  ab`',
      '*(z *(|ab))',
    ],
  },
  {
    name: 'a number typed',
    at: 'start',
    run: type('1. '),
    expected: [
      '1(|ab)',
      '#1. |ab',
      '>(1(|ab))',
      '*(1. |ab)',
      '1(1. |ab)',
      'x(1. |ab)',
      '`1. |  ab`',
      '*(z 1(|ab))',
    ],
  },
  {
    name: 'a year typed',
    at: 'start',
    run: type('2024. '),
    expected: NAMES.map((name) => {
      const text = '2024. |ab'
      const shapes = [text, `#${text}`, `>(${text})`, `*(${text})`, `1(${text})`, `x(${text})`]
      return [...shapes, '`2024. |  ab`', `*(z ${text})`][NAMES.indexOf(name)] ?? ''
    }),
  },
  {
    name: 'the key of a bulleted list',
    at: 'middle',
    run: press('Control+Shift+8'),
    expected: ['*(a|b)', '*(a|b)', '>(*(a|b))', 'a|b', '*(a|b)', '*(a|b)', '*(  a|b)', '*(z) a|b'],
  },
  {
    name: 'the key of a quote',
    at: 'middle',
    run: press('Control+Shift+B'),
    expected: [
      '>(a|b)',
      '>(#a|b)',
      'a|b',
      '>(*(a|b))',
      '>(1(a|b))',
      '>(x(a|b))',
      '>(`  a|b`)',
      '*(z >(a|b))',
    ],
  },
  {
    name: 'the key of code',
    at: 'middle',
    run: press('Control+Alt+C'),
    expected: ['`a|b`', '`a|b`', '>(`a|b`)', '`a|b`', '`a|b`', '`a|b`', '  a|b', '*(z `a|b`)'],
  },
]

test('what is typed and pasted in each kind of block', async ({ page }) => {
  for (const { name, at, run, expected } of ACTS) {
    const blocks = NAMES.flatMap((scene) => [SCENES[scene][0], p(';')])
    await open(page, [p(';'), ...blocks], [0], 0)
    // From the end, so that the places of the others stay.
    for (const [index, scene] of [...NAMES.entries()].reverse()) {
      const [top, ...inner] = SCENES[scene][1]
      const length = scene === 'code' ? 4 : 2
      const spot = {
        path: [top + 1 + 2 * index, ...inner],
        offset: { start: 0, middle: length - 1, end: length }[at],
      }
      await page.evaluate((spot) => window.lab.goTo(spot), spot)
      await run(page)
      await page.keyboard.type('|')
    }
    const seen = (await result(page)).slice(0, -1).split(';').slice(1)
    // "←": joined to the paragraph before.
    const shown = seen.map((text) => text.replace(/ $/, '').replace(/^ |^/, (space) => (space ? '' : '←')))
    expect.soft(shown, name).toEqual(expected)
  }
})

test('Delete at the end of a block appends the next one', async ({ page }) => {
  const seen: string[] = []
  for (const scene of NAMES) {
    const [block, path] = SCENES[scene]
    await open(page, [block, ul('c', 'd')], path, scene === 'code' ? 4 : 2)
    await page.keyboard.press('Delete')
    await page.keyboard.type('|')
    seen.push(await result(page))
  }
  expect(seen).toEqual(
    ['ab|c', '#ab|c', '>(ab|c)', '*(ab|c, d)', '1(ab|c)', 'x(ab|c)', '`  ab|c`', '*(z ab|c, d)'].map(
      (text) => (text.includes(', d') ? text : `${text} *(d)`),
    ),
  )
})

test('a key acts where the key before it put the caret, however soon it comes', async ({ page }) => {
  const both = async (first: string, second: string) => {
    await Promise.all([page.keyboard.press(first), page.keyboard.press(second)])
    await page.keyboard.type('|')
    return result(page)
  }
  for (let time = 0; time < 2; time++) {
    // Not the first block: ProseMirror takes a caret there for a browser that forgot the selection while unfocused.
    await open(page, [p('0'), p('abc'), p('def')], [1], 2)
    expect(await both('Home', 'Enter')).toBe('0  |abc def')
    await open(page, [p('0'), p('abc'), p('def')], [1], 2)
    expect(await both('End', 'Delete')).toBe('0 abc|def')
    await open(page, [ul(['a', ul('bcd')], 'e')], [0, 0, 1, 0, 0], 2)
    expect(await both('Home', 'Enter')).toBe('*(a *(, |bcd), e)')
    await open(page, [ul(['a', ul('bcd')], 'e')], [0, 0, 1, 0, 0], 2)
    expect(await both('End', 'Delete')).toBe('*(a *(bcd|e))')
    await open(page, [p('0'), p('abc'), p('def')], [2], 0)
    expect(await both('ArrowLeft', 'Delete')).toBe('0 abc|def')
  }
})

test('a right-to-left item has its bullet on the right, whatever its list and the block around it', async ({
  page,
}) => {
  const items = ul('abc', 'שלום', ['abc', ul('שלום')], '12 שלום')
  await open(page, [items, tasks('שלום', 'abc'), quote('שלום'), p('שלום'), quote(p('abc'))], [0, 0, 0], 0)
  const sides = await page.evaluate(() => {
    const side = (element: Element) => getComputedStyle(element).direction
    const { dom } = window.lab.editor.view
    const text = document.createRange()
    const paragraph = dom.querySelector(':scope > p') ?? dom
    text.selectNodeContents(paragraph)
    return {
      directions: [...dom.querySelectorAll('li, blockquote')].map(side).join(' '),
      atTheRight: text.getBoundingClientRect().right - paragraph.getBoundingClientRect().right,
      indents: [...dom.querySelectorAll('ul:first-child > li')].map((item) => {
        const [inner, outer] = [item, item.parentElement ?? item].map((each) => each.getBoundingClientRect())
        return `${Math.round((inner?.left ?? 0) - (outer?.left ?? 0))} ${Math.round((outer?.right ?? 0) - (inner?.right ?? 0))}`
      }),
    }
  })
  expect(sides.directions).toBe('ltr rtl ltr rtl rtl rtl ltr rtl ltr')
  expect(Math.abs(sides.atTheRight)).toBeLessThan(2)
  expect(sides.indents.slice(0, 2)).toEqual(['26 0', '0 26'])
})

test('a block in another script than most of the text says its language, but never while one composes in it', async ({
  page,
}) => {
  const blocks = [
    p('An English text.'),
    ul('with a list'),
    p('一行中文'),
    p('にほんご'),
    p('한국어'),
    p('1 2 3'),
    p(),
  ]
  await open(page, blocks, [6], 0)
  const languages = () =>
    page.evaluate(async () => {
      await window.lab.settled()
      const { dom } = window.lab.editor.view
      const own = [...dom.querySelectorAll('p')].map(({ lang }) => lang || '-')
      return [dom.lang, ...own].join(' ')
    })
  expect(await languages()).toBe('en - - zh-Hant-TW ja ko - -')
  const input = new ChromiumInputMethod(page)
  await input.compose('ㄋㄧˇ')
  expect(await languages()).toBe('en - - zh-Hant-TW ja ko - -')
  await input.commit('你')
  await expect.poll(languages).toBe('en - - zh-Hant-TW ja ko - zh-Hant-TW')
  await page.keyboard.type(' and some words in Latin letters')
  expect(await languages()).toBe('en - - zh-Hant-TW ja ko - -')
  await page.evaluate(() => window.lab.goTo({ path: [2], offset: 2 }))
  await page.keyboard.press('Enter')
  expect(await languages()).toBe('en - - zh-Hant-TW zh-Hant-TW ja ko - -')
  await page.evaluate(() => window.lab.peers[0]?.type('很多很多的中文，比別的多', { path: [0], offset: 0 }))
  expect(await languages()).toBe('zh-Hant-TW - en - - ja ko - en')
})

test('emphasised Chinese is dotted, not slanted, whatever the language of the interface', async ({
  page,
}) => {
  const emphasised = (text: string) =>
    schema.node('paragraph', null, [schema.text(text, [schema.mark('italic')])])
  await open(page, [p('An English text of many words'), emphasised('重要'), emphasised('important')], [0], 0)
  const styles = await page.evaluate(() =>
    [...window.lab.editor.view.dom.querySelectorAll('em')].map((em) => getComputedStyle(em).fontStyle),
  )
  expect(styles).toEqual(['normal', 'italic'])
})
