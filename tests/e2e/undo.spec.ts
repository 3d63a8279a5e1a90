import { expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { type Writer, words } from './writer.ts'

/** Sets up Mei with two lines and Wei at the end of the first. No time passes between Mei's steps. */
async function twoAt(newPerson: () => Promise<Writer>): Promise<[Writer, Writer]> {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.page.clock.setFixedTime(new Date())
  await mei.startWriting()
  await mei.type('one')
  await mei.press('Enter')
  await mei.type('two')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await expect.poll(() => wei.lines()).toEqual(['one', 'two'])
  await wei.goTo({ line: 0, after: 3 })
  return [mei, wei]
}

test('three keys with a peer’s between them are one step; undo reverts the person’s own, and the caret returns', async ({
  newPerson,
}) => {
  const [mei, wei] = await twoAt(newPerson)
  await mei.goTo({ line: 1, after: 0 })
  for (const [index, key] of ['a', 'b', 'c'].entries()) {
    await mei.type(key)
    await wei.type('x')
    await expect.poll(() => mei.lines().then(([first]) => first)).toBe(`one${'x'.repeat(index + 1)}`)
  }
  expect(await mei.lines()).toEqual(['onexxx', 'abctwo'])
  await mei.goTo({ line: 0, after: 1 })

  await mei.press('Control+z')
  expect(await mei.lines()).toEqual(['onexxx', 'two'])
  expect(await mei.caret()).toEqual({ line: 1, after: 0 })
  await wei.type('y')
  await expect.poll(() => mei.lines()).toEqual(['onexxxy', 'two'])
  expect(await mei.caret()).toEqual({ line: 1, after: 0 })

  await mei.press('Control+Shift+z')
  expect(await mei.lines()).toEqual(['onexxxy', 'abctwo'])
  expect(await mei.caret()).toEqual({ line: 1, after: 3 })
  await mei.press('Control+z', 'Control+y')
  await mei.seesSaved()
  await expect.poll(() => wei.lines()).toEqual(['onexxxy', 'abctwo'])
})

test('text that a peer wrote into the person’s paragraph stays when the paragraph is undone', async ({
  newPerson,
}) => {
  const [mei, wei] = await twoAt(newPerson)
  await wei.goTo({ line: 1, after: 3 })
  await wei.type(' three')
  await mei.sees('two three')
  await mei.press('Control+z')
  await expect.poll(() => mei.lines()).toEqual([' three'])
  await mei.seesSaved()
  await expect.poll(() => wei.lines()).toEqual(await mei.lines())
})

test('the buttons say whether there is something to undo, and the browser’s own undo is ours', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.startWriting()
  const [undo, redo] = [words.undo, words.redo].map((name) =>
    mei.page.getByRole('button', { name, exact: true }),
  )
  if (!undo || !redo) throw new Error('two buttons')
  await expect(undo).toHaveAttribute('aria-disabled', 'true')
  await mei.type('hello')
  await expect(undo).toHaveAttribute('aria-disabled', 'false')
  // Moving the caret begins a new step.
  await mei.goTo({ line: 0, after: 0 })
  await mei.type('say ')
  await undo.click()
  await expect.poll(() => mei.lines()).toEqual(['hello'])
  await expect(redo).toHaveAttribute('aria-disabled', 'false')
  await redo.click()
  await expect.poll(() => mei.lines()).toEqual(['say hello'])
  await expect(redo).toHaveAttribute('aria-disabled', 'true')
  await expect(mei.body).toBeFocused()
  const taken = await mei.body.evaluate((body) => {
    const asked = new InputEvent('beforeinput', { inputType: 'historyUndo', bubbles: true, cancelable: true })
    return !body.dispatchEvent(asked)
  })
  expect(taken).toBe(true)
  await expect.poll(() => mei.lines()).toEqual(['hello'])
  await undo.click()
  await expect.poll(() => mei.lines()).toEqual([''])
  await expect(undo).toHaveAttribute('aria-disabled', 'true')
  // A click into the empty text is not an edit: everything can be redone.
  await mei.body.click()
  await redo.click()
  await redo.click()
  await expect.poll(() => mei.lines()).toEqual(['say hello'])
})

test('undo while composing ends the composition; nothing is doubled', async ({ newPerson }) => {
  const [mei, wei] = await twoAt(newPerson)
  await mei.goTo({ line: 0, after: 3 })
  for (const text of ['ㄋ', 'ㄋㄧ']) await mei.inputMethod.compose(text)
  await wei.sees('oneㄋㄧ')
  // Held back at Mei's until the composition ends.
  await wei.type('x')
  await wei.seesSaved()
  await mei.page.getByRole('button', { name: words.undo, exact: true }).click()
  await expect.poll(() => mei.lines()).toEqual(['onex', 'two'])
  await expect(mei.body).toBeFocused()
  // Through the input method: Playwright's keys do not get through in Firefox after the page has ended a composition.
  await mei.inputMethod.press('!')
  await mei.seesSaved()
  await expect.poll(() => wei.lines()).toEqual(await mei.lines())
  expect((await mei.lines()).join()).toMatch(/^one(!x|x!),two$/)
})
