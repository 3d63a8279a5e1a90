import { expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { type Writer, words } from './writer.ts'

/**
 * The events of an input method for Chinese that types 你: three states of its candidate text, then the character.
 */
const CANDIDATES = ['ㄋ', 'ㄋㄧ', 'ㄋㄧˇ']
const COMPOSED = '你'

interface Scene {
  readonly title: string
  /** The initial content of the document. */
  readonly lines: readonly string[]
  /** The line Mei composes in, and the number of characters before her caret. */
  readonly composes: { readonly line: number; readonly after: number }
  /** The place where Wei types. */
  readonly types: { readonly line: number; readonly after: number }
  /** The keys Wei presses, one after each candidate text. */
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
    const [mei, wei] = await pair(newPerson)
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
    for (const [index, press] of scene.presses.entries()) {
      const candidate = CANDIDATES[index]
      if (candidate) {
        await mei.inputMethod.compose(candidate)
        await wei.sees(candidate)
      } else {
        await mei.inputMethod.commit(COMPOSED)
      }
      await reaches(mei, wei, () => wei.press(press))
    }
    await expectText([mei, wei], scene.expected)
  })
}

test('two people compose in one paragraph at the same time', async ({ newPerson }) => {
  const [mei, wei] = await pair(newPerson)
  await mei.startWriting()
  await mei.type('left right')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.sees('left right')
  await mei.goTo({ line: 0, after: 4 })
  await wei.goTo({ line: 0, after: 10 })
  const [hers, his] = [mei.inputMethod, wei.inputMethod]
  for (const candidate of CANDIDATES) {
    await reaches(wei, mei, () => hers.compose(candidate))
    await reaches(mei, wei, () => his.compose(candidate))
  }
  await hers.commit(COMPOSED)
  await his.commit(COMPOSED)
  await expectText([mei, wei], ['left你 right你'])
})

test('the title is composed while another person changes it, and Enter chooses a character before it leaves the field', async ({
  newPerson,
}) => {
  const [mei, wei] = await pair(newPerson)
  await mei.startWriting()
  await mei.title.fill('early late')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await expect(wei.title).toHaveValue('early late')
  await mei.title.click()
  await mei.press('Home', ...Array.from({ length: 6 }, () => 'ArrowRight'))
  await wei.title.click()
  await wei.press('Home')
  for (const [index, candidate] of CANDIDATES.entries()) {
    await mei.inputMethod.compose(candidate)
    await reaches(mei, wei, () => wei.type('abc'[index] ?? ''))
    await expect(mei.title).toHaveValue(`early ${candidate}late`)
  }
  await mei.inputMethod.press('Enter')
  await expect(mei.title).toBeFocused()
  await mei.inputMethod.commit(COMPOSED)
  for (const { title } of [mei, wei]) await expect(title).toHaveValue('abcearly 你late')
  await mei.inputMethod.press('Enter')
  await expect(mei.body).toBeFocused()
})

test('Enter that chooses a character saves no name and sets no link', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('text')
  const before = await mei.people.first().getAttribute('aria-label')
  await mei.people.first().click()
  const name = mei.page.getByLabel(words.yourName)
  await name.fill('')
  await mei.inputMethod.compose(CANDIDATES[0] ?? '')
  await mei.inputMethod.press('Enter')
  await mei.inputMethod.commit(COMPOSED)
  await expect(name).toHaveValue(COMPOSED)
  expect(await mei.people.first().getAttribute('aria-label')).toBe(before)
  await mei.inputMethod.press('Enter')
  await expect(mei.people.first()).toHaveAccessibleName(new RegExp(`^${COMPOSED} `))

  await mei.goToEnd()
  await mei.press('Shift+Home', 'Control+k')
  const address = mei.page.getByLabel(words.linkAddress)
  await address.fill('https://example.org/')
  await mei.inputMethod.compose(CANDIDATES[0] ?? '')
  await mei.inputMethod.press('Enter')
  await mei.inputMethod.commit(COMPOSED)
  await expect(address).toHaveValue(`https://example.org/${COMPOSED}`)
  await mei.inputMethod.press('Enter')
  await expect(mei.body.getByRole('link')).toHaveAttribute('href', /^https:\/\/example\.org\//)
})

test('a tab closed in mid-composition loses nothing that was composed before', async ({ newPerson }) => {
  // Rows are not watched: that routes them through the test, which a closing tab does not wait for.
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.type('early ')
  await wei.open(mei.page.url())
  for (const text of ['ㄋㄧˇ', 'ㄏㄠˇ']) await mei.inputMethod.compose(text)
  await mei.inputMethod.commit('好')
  await mei.inputMethod.compose('ㄋㄧ')
  await mei.page.close()
  await wei.sees('early 好')
  await wei.page.reload()
  await wei.sees('early 好')
})

async function pair(newPerson: () => Promise<Writer>): Promise<[Writer, Writer]> {
  const [mei, wei] = [await newPerson(), await newPerson()]
  for (const each of [mei, wei]) await each.watchRows()
  return [mei, wei]
}

/** Makes an edit by `writer`. Resolves once it has arrived over the other's socket. */
async function reaches(other: Writer, writer: Writer, edit: () => Promise<void>): Promise<void> {
  const before = Math.max(other.lastRow, writer.lastRow)
  await edit()
  await expect.poll(() => other.lastRow).toBeGreaterThan(before)
}

/** Expects both pages to show the text, both to be saved, and a newly loaded page to show it too. */
async function expectText(writers: readonly Writer[], expected: readonly string[]): Promise<void> {
  for (const writer of writers) await expect.poll(() => writer.lines()).toEqual(expected)
  for (const writer of writers) await writer.seesSaved()
  const [first] = writers
  if (!first) throw new Error('nobody is there')
  await first.page.reload()
  await expect.poll(() => first.lines()).toEqual(expected)
}
