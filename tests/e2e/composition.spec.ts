import { type CDPSession, expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { type Writer, words } from './writer.ts'

/** What an input method for Chinese sends for 你: three states of its candidate text, then the character. */
const CANDIDATES = ['ㄋ', 'ㄋㄧ', 'ㄋㄧˇ']
const COMPOSED = '你'

interface Scene {
  readonly title: string
  /** What stands in the document before. */
  readonly lines: readonly string[]
  /** The line Mei composes in, and how many characters of it are before her caret. */
  readonly composes: { readonly line: number; readonly after: number }
  /** Where Wei goes before he types. */
  readonly types: { readonly line: number; readonly after: number }
  /** What Wei presses, one thing after each candidate text. */
  readonly presses: readonly string[]
  readonly expected: readonly string[]
}

const SCENES: readonly Scene[] = [
  {
    title: 'before the composed text in the same paragraph',
    lines: ['early late'],
    composes: { line: 0, after: 6 },
    types: { line: 0, after: 0 },
    presses: ['a', 'b', 'c', 'd'],
    expected: ['abcdearly 你late'],
  },
  {
    title: 'after the composed text in the same paragraph',
    lines: ['early late'],
    composes: { line: 0, after: 6 },
    types: { line: 0, after: 10 },
    presses: ['a', 'b', 'c', 'd'],
    expected: ['early 你lateabcd'],
  },
  {
    title: 'in the neighbouring paragraph',
    lines: ['early late', 'near'],
    composes: { line: 0, after: 6 },
    types: { line: 1, after: 4 },
    presses: ['a', 'b', 'c', 'd'],
    expected: ['early 你late', 'nearabcd'],
  },
  {
    title: 'far away',
    lines: ['early late', '1', '2', '3', '4', '5', 'far'],
    composes: { line: 0, after: 6 },
    types: { line: 6, after: 3 },
    presses: ['a', 'b', 'c', 'd'],
    expected: ['early 你late', '1', '2', '3', '4', '5', 'farabcd'],
  },
  {
    title: 'a new paragraph above',
    lines: ['above', 'early late'],
    composes: { line: 1, after: 6 },
    types: { line: 0, after: 5 },
    presses: ['Enter', 'x', 'Enter', 'y'],
    expected: ['above', 'x', 'y', 'early 你late'],
  },
  {
    title: 'the end of the paragraph taken away',
    lines: ['early late'],
    composes: { line: 0, after: 6 },
    types: { line: 0, after: 10 },
    presses: ['Backspace', 'Backspace', 'Backspace', 'Backspace'],
    expected: ['early 你'],
  },
]

for (const scene of SCENES) {
  test(`a composition survives a peer’s edits: ${scene.title}`, async ({ newPerson }) => {
    const mei = await newPerson()
    const wei = await newPerson()
    await mei.startWriting()
    for (const [index, line] of scene.lines.entries()) {
      if (index > 0) await mei.page.keyboard.press('Enter')
      await mei.type(line)
    }
    await mei.seesSaved()
    await wei.open(mei.page.url())
    await expect.poll(() => wei.lines()).toEqual(scene.lines)

    await mei.goTo(scene.composes)
    await wei.goTo(scene.types)
    const keyboard = await mei.page.context().newCDPSession(mei.page)
    for (const [index, press] of scene.presses.entries()) {
      const candidate = CANDIDATES[index]
      if (candidate) {
        await compose(keyboard, candidate)
        await wei.sees(candidate)
      } else {
        await keyboard.send('Input.insertText', { text: COMPOSED })
      }
      await reaches(mei, wei, () => wei.press(press))
    }
    await expectText([mei, wei], scene.expected)
  })
}

test('two people compose in one paragraph at the same time', async ({ newPerson }) => {
  const mei = await newPerson()
  const wei = await newPerson()
  await mei.startWriting()
  await mei.type('left right')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.sees('left right')
  await mei.goTo({ line: 0, after: 4 })
  await wei.goTo({ line: 0, after: 10 })
  const [hers, his] = await Promise.all([mei, wei].map(({ page }) => page.context().newCDPSession(page)))
  if (!hers || !his) throw new Error('two sessions')
  for (const candidate of CANDIDATES) {
    await reaches(wei, mei, () => compose(hers, candidate))
    await reaches(mei, wei, () => compose(his, candidate))
  }
  await hers.send('Input.insertText', { text: COMPOSED })
  await his.send('Input.insertText', { text: COMPOSED })
  await expectText([mei, wei], ['left你 right你'])
})

test('the title is composed while another person changes it, and Enter chooses a character before it leaves the field', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.title.fill('early late')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await expect(wei.title).toHaveValue('early late')
  await mei.title.click()
  await mei.press('Home', ...Array.from({ length: 6 }, () => 'ArrowRight'))
  const keyboard = await mei.page.context().newCDPSession(mei.page)
  await wei.title.click()
  await wei.press('Home')
  for (const [index, candidate] of CANDIDATES.entries()) {
    await compose(keyboard, candidate)
    await reaches(mei, wei, () => wei.type('abc'[index] ?? ''))
    await expect(mei.title).toHaveValue(`early ${candidate}late`)
  }
  await pressEnter(keyboard)
  await expect(mei.title).toBeFocused()
  await keyboard.send('Input.insertText', { text: COMPOSED })
  for (const { title } of [mei, wei]) await expect(title).toHaveValue('abcearly 你late')
  await pressEnter(keyboard)
  await expect(mei.body).toBeFocused()
})

test('Enter that chooses a character saves no name and sets no link', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('text')
  const keyboard = await mei.page.context().newCDPSession(mei.page)
  const before = await mei.people.first().getAttribute('aria-label')
  await mei.people.first().click()
  const name = mei.page.getByLabel(words.yourName)
  await name.fill('')
  await compose(keyboard, CANDIDATES[0] ?? '')
  await pressEnter(keyboard)
  await keyboard.send('Input.insertText', { text: COMPOSED })
  await expect(name).toHaveValue(COMPOSED)
  expect(await mei.people.first().getAttribute('aria-label')).toBe(before)
  await pressEnter(keyboard)
  await expect(mei.people.first()).toHaveAccessibleName(new RegExp(`^${COMPOSED} `))

  await mei.goToEnd()
  await mei.press('Shift+Home', 'Control+k')
  const address = mei.page.getByLabel(words.linkAddress)
  await address.fill('https://example.org/')
  await compose(keyboard, CANDIDATES[0] ?? '')
  await pressEnter(keyboard)
  await keyboard.send('Input.insertText', { text: COMPOSED })
  await expect(address).toHaveValue(`https://example.org/${COMPOSED}`)
  await pressEnter(keyboard)
  await expect(mei.body.getByRole('link')).toHaveAttribute('href', /^https:\/\/example\.org\//)
})

test('a tab closed in mid-composition loses nothing that was composed before', async ({ newPerson }) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.type('early ')
  await wei.open(mei.page.url())
  const keyboard = await mei.page.context().newCDPSession(mei.page)
  for (const text of ['ㄋㄧˇ', 'ㄏㄠˇ']) await compose(keyboard, text)
  await keyboard.send('Input.insertText', { text: '好' })
  await compose(keyboard, 'ㄋㄧ')
  await mei.page.close()
  await wei.sees('early 好')
  await wei.page.reload()
  await wei.sees('early 好')
})

/** Enter as a keyboard sends it; while something is composed it belongs to the input method. */
async function pressEnter(keyboard: CDPSession): Promise<void> {
  const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' }
  await keyboard.send('Input.dispatchKeyEvent', { type: 'keyDown', ...key })
  await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key })
}

async function compose(keyboard: CDPSession, text: string): Promise<void> {
  await keyboard.send('Input.imeSetComposition', {
    text,
    selectionStart: text.length,
    selectionEnd: text.length,
  })
}

/** `writer` makes an edit, and it has come over the other's socket when this resolves. */
async function reaches(other: Writer, writer: Writer, edit: () => Promise<void>): Promise<void> {
  const before = Math.max(other.lastRow, writer.lastRow)
  await edit()
  await expect.poll(() => other.lastRow).toBeGreaterThan(before)
}

/** Both pages show it, both are saved, and a page that loads the document now shows it too. */
async function expectText(writers: readonly Writer[], expected: readonly string[]): Promise<void> {
  for (const writer of writers) await expect.poll(() => writer.lines()).toEqual(expected)
  for (const writer of writers) await writer.seesSaved()
  const [first] = writers
  if (!first) throw new Error('nobody is there')
  await first.page.reload()
  await expect.poll(() => first.lines()).toEqual(expected)
}
