import { expect } from '@playwright/test'
import type * as Y from 'yjs'
import type { BindingName } from './lab.ts'
import { test } from './lab-test.ts'

for (const binding of ['ours', 'y-tiptap'] as const satisfies BindingName[]) {
  test(`${binding}: peers and the person write one text, in every replica and on the page`, async ({
    page,
  }) => {
    const { blocks } = await page.evaluate(
      (name) => window.lab.open({ binding: name, words: 1_000, peers: 2 }),
      binding,
    )
    expect(blocks).toBeGreaterThan(20)
    await page.evaluate(() => {
      const { lab } = window
      lab.goTo({ path: [1], offset: 3 })
      const [mei, wei] = lab.peers
      mei?.type('same ', lab.spot('same'))
      wei?.type(' next', lab.spot('next'))
      mei?.type(' far', lab.spot('far'))
      mei?.insert([0], [{ type: 'paragraph', content: [{ type: 'text', text: 'above' }] }])
      wei?.remove([5])
    })
    await page.keyboard.type('typed')
    await page.evaluate(() => window.lab.settled())
    const state = await page.evaluate(() => window.lab.state())
    expect(state.dom.startsWith('above|')).toBe(true)
    expect(['same ', ' next|', ' far|', 'typed'].filter((written) => !state.y.includes(written))).toEqual([])
    expect(state).toMatchObject({ fresh: true, equal: true })
  })
}

test('edits of peers wait while they are held, and none is lost', async ({ page }) => {
  await page.evaluate(() => {
    const { lab } = window
    return lab.open({
      binding: 'ours',
      blocks: [{ type: 'paragraph', content: [{ type: 'text', text: 'ab' }] }],
    })
  })
  const whileHeld = await page.evaluate(async () => {
    const { lab } = window
    lab.goTo({ path: [0], offset: 1 })
    lab.hold()
    lab.peers[0]?.type('x', { path: [0], offset: 2 })
    await lab.settled()
    return lab.state()
  })
  expect(whileHeld).toMatchObject({ dom: 'ab', peers: ['abx'], equal: false })
  const released = await page.evaluate(async () => {
    const { lab } = window
    lab.release()
    await lab.settled()
    return lab.state()
  })
  expect(released).toMatchObject({ dom: 'abx', equal: true, caret: { path: [0], offset: 1 } })
})

test('a click that the editor has not heard of stays where it is, whatever others write and wherever their carets go', async ({
  page,
}) => {
  const carets = await page.evaluate(async () => {
    const { lab } = window
    const text = (words: string) => ({ type: 'paragraph', content: [{ type: 'text', text: words }] })
    await lab.open({ binding: 'ours', blocks: [text('one'), text('two'), text('three')], peers: 1 })
    lab.goTo({ path: [0], offset: 0 })
    await lab.settled()
    /** Like the browser's: the event for it comes after this task. */
    const click = (line: number, offset: number) => {
      const place = document.querySelector('[role="textbox"]')?.children[line]?.firstChild
      if (place) document.getSelection()?.collapse(place, offset)
    }
    const write = (line: number) => {
      const block = lab.doc.getXmlFragment('body').get(line) as Y.XmlElement
      lab.doc.transact(() => (block.get(0) as Y.XmlText).insert(0, 'x'), 'somebody else')
    }
    click(1, 2)
    write(2)
    await lab.settled()
    const afterEdit = lab.state().caret
    lab.showCarets(true)
    await lab.settled()
    click(1, 3)
    write(0)
    await lab.settled()
    return [afterEdit, lab.state().caret]
  })
  expect(carets).toEqual([
    { path: [1], offset: 2 },
    { path: [1], offset: 3 },
  ])
})

test('the clock of the page is fine enough to measure with', async ({ page }) => {
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
})
