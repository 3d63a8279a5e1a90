import { expect } from '@playwright/test'
import type { BindingName } from './lab.ts'
import { test } from './lab-test.ts'

for (const binding of ['ours', 'y-tiptap'] as const satisfies BindingName[]) {
  test(`${binding}: what peers and the person write is one text in every replica and on the page`, async ({
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

test('the clock of the page is fine enough to measure with', async ({ page }) => {
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
})
