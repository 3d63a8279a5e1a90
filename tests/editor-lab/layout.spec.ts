import { expect, type Page } from '@playwright/test'
import { extractText } from 'unpdf'
import type { BindingName } from './lab.ts'
import { test } from './lab-test.ts'

/** Long enough that only the visible part is laid out. */
const WORDS = 10_000

async function openLong(page: Page, binding: BindingName = 'ours'): Promise<void> {
  await page.evaluate(
    async ({ binding, words }) => {
      const { lab } = window
      await lab.open({ binding, words, peers: 3 })
      lab.goTo({ path: [3], offset: 0 })
      await lab.settled()
    },
    { binding, words: WORDS },
  )
}

/** Counts layouts and style recalculations while 40 remote keys are shown one by one in one task. */
async function layoutsOfKeys(page: Page): Promise<{ layouts: number; styles: number }> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  const read = async (name: string) =>
    (await devtools.send('Performance.getMetrics')).metrics.find((each) => each.name === name)?.value ?? 0
  const before = { layouts: await read('LayoutCount'), styles: await read('RecalcStyleCount') }
  await page.evaluate(() => window.lab.measure.applyInOneTask('next', 40))
  return {
    layouts: (await read('LayoutCount')) - before.layouts,
    styles: (await read('RecalcStyleCount')) - before.styles,
  }
}

/** Counts the letters, regardless of order and lines; if `isVague`, all Han characters count as the same. */
function letterCounts(text: string, isVague: boolean): Map<string, number> {
  const counts = new Map<string, number>()
  // Some fonts encode a Han character as a second code point (不 as U+F967, 人 as U+2F08).
  for (const [found] of text.normalize('NFKC').matchAll(/[a-z\p{Script=Han}\ufffd]/giu)) {
    const letter = isVague && !/[a-z]/i.test(found) ? '字' : found
    counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  return counts
}

test('a remote edit never makes the page lay itself out before its frame', {
  tag: '@chromium',
}, async ({ page }) => {
  await openLong(page)
  await page.evaluate(async () => {
    const { lab } = window
    for (const [i, peer] of lab.peers.entries()) peer.type('x', { path: [i + 1], offset: 1 })
    lab.showCarets(true)
    await lab.settled()
    await lab.settled()
  })
  const { layouts, styles } = await layoutsOfKeys(page)
  // Layouts of a frame or two that fall in between.
  expect(layouts).toBeLessThan(6)
  expect(styles).toBeLessThan(12)
  // Proves that layouts are counted.
  await openLong(page, 'y-tiptap')
  expect((await layoutsOfKeys(page)).layouts).toBeGreaterThanOrEqual(40)
})

test('the block at the top of the screen stays where it is while others write above it', async ({ page }) => {
  await openLong(page)
  const moved = await page.evaluate(async () => {
    const { lab } = window
    const scroller = document.querySelector('.page')
    if (!scroller) throw new Error('no page')
    scroller.scrollTop = scroller.scrollHeight / 2
    await lab.settled()
    const { top } = scroller.getBoundingClientRect()
    const block = [...lab.editor.view.dom.children].find((each) => each.getBoundingClientRect().bottom > top)
    if (!block) throw new Error('no block')
    const before = block.getBoundingClientRect().top
    const paragraph = { type: 'paragraph', content: [{ type: 'text', text: '上面的字 '.repeat(60) }] }
    const tops: number[] = []
    for (const edit of [
      () => lab.peers[0]?.insert([0], [paragraph, paragraph]),
      () => lab.peers[1]?.type('longer than before '.repeat(20), { path: [4], offset: 2 }),
      () => lab.peers[2]?.remove([5]),
      () => lab.peers[0]?.remove([0]),
    ]) {
      edit()
      await lab.settled()
      tops.push(block.getBoundingClientRect().top - before)
    }
    return tops
  })
  expect(moved).toHaveLength(4)
  for (const by of moved) expect(Math.abs(by)).toBeLessThanOrEqual(1)
})

test('local lines push down the text below them, wherever on the screen the person writes', async ({
  page,
}) => {
  await openLong(page)
  const caretPlace = () =>
    page.evaluate(async () => {
      const { lab } = window
      await lab.settled()
      const { view } = lab.editor
      return { caret: view.coordsAtPos(view.state.selection.head).top, screen: innerHeight }
    })
  await page.evaluate(async () => {
    const { lab } = window
    lab.goTo({ path: [30], offset: 4 })
    await lab.settled()
    const scroller = document.querySelector('.page')
    const { view } = lab.editor
    // Make the caret's line the first one on the screen.
    if (scroller)
      scroller.scrollTop +=
        view.coordsAtPos(view.state.selection.head).top - scroller.getBoundingClientRect().top - 60
    await lab.settled()
  })
  const before = await caretPlace()
  for (let line = 0; line < 3; line++) await page.keyboard.press('Enter')
  const after = await caretPlace()
  expect(after.caret - before.caret).toBeGreaterThan(60)
  expect(after.caret).toBeLessThan(after.screen)
})

test('a long text is about as high as it says before all of it was seen', async ({ page }) => {
  await openLong(page)
  const { said, real } = await page.evaluate(() => {
    const scroller = document.querySelector('.page')
    if (!scroller) throw new Error('no page')
    const said = scroller.scrollHeight
    document.head.append(
      Object.assign(document.createElement('style'), {
        textContent: '.writing > * { content-visibility: visible !important }',
      }),
    )
    return { said, real: scroller.scrollHeight }
  })
  expect(said).not.toBe(real)
  expect(Math.abs(said / real - 1)).toBeLessThan(0.2)
})

test('what is not laid out is found by the browser’s own search', async ({ page }) => {
  await openLong(page)
  await page.evaluate(async () => {
    const { lab } = window
    lab.peers[0]?.type('needle針', lab.spot('far'))
    await lab.settled()
  })
  const found = await page.evaluate(() => {
    // Missing from the DOM types, but present in every browser.
    const { find } = window as unknown as { find(text: string): boolean }
    const hit = find.call(window, 'needle針')
    return { hit, text: document.getSelection()?.getRangeAt(0).cloneContents().textContent }
  })
  expect(found).toEqual({ hit: true, text: 'needle針' })
})

test('a printed long text has every word of it', async ({ page, browserName }) => {
  await openLong(page)
  const { dom } = await page.evaluate(() => window.lab.state())
  const { text } = await extractText(new Uint8Array(await page.pdf({ format: 'A4' })), { mergePages: true })
  // Firefox records that there is a Han character, but not always which.
  const isVague = browserName === 'firefox'
  const printed = letterCounts(text, isVague)
  const missing = [...letterCounts(dom, isVague)].filter(
    ([letter, count]) => (printed.get(letter) ?? 0) < count,
  )
  expect(missing).toEqual([])
})

test('a name flag over the first line of a block is painted, though only blocks on the screen are', async ({
  page,
}) => {
  await openLong(page)
  const place = await page.evaluate(async () => {
    const { lab } = window
    lab.goTo({ path: [9], offset: 0 })
    lab.showCarets(true)
    lab.peers[0]?.type('x', { path: [5], offset: 2 })
    await lab.settled()
    await lab.settled()
    const caret = document.querySelector('.caret')
    if (!caret) throw new Error('no caret')
    const block = caret.closest('.writing > *')?.getBoundingClientRect()
    const { left, top } = caret.getBoundingClientRect()
    const colour = getComputedStyle(caret, '::before').backgroundColor
    return { x: left, y: top - 14, above: (block?.top ?? 0) > top - 8, colour }
  })
  expect(place.above).toBe(true)
  const shot = await page.screenshot({ clip: { x: place.x, y: place.y, width: 4, height: 4 } })
  const pixel = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const context = new OffscreenCanvas(4, 4).getContext('2d')
    context?.drawImage(image, 0, 0)
    const [r, g, b] = context?.getImageData(1, 1, 1, 1).data ?? []
    return `rgb(${r}, ${g}, ${b})`
  }, shot.toString('base64'))
  expect(pixel).toBe(place.colour)
})
