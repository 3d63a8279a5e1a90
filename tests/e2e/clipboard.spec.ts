import { expect, type Page } from '@playwright/test'
import { readHtml } from '#lib/document/html/reading.ts'
import { writeMarkdown } from '#lib/document/markdown/writing.ts'
import { CLIPBOARDS, FEATURES } from '../support/clipboards.ts'
import { test } from './fixtures.ts'
import { type Writer, words } from './writer.ts'

/*
 * The clipboard of a real browser: another page copies with Ctrl+C what a program would copy, and the editor gets it
 * with Ctrl+V, under the production server's policy.
 */

/** Another program: copies these representations with a key. */
async function copyElsewhere(program: Page, data: Readonly<Record<string, string>>): Promise<void> {
  await program.evaluate((each) => {
    const copy = (event: ClipboardEvent) => {
      event.preventDefault()
      for (const [type, content] of Object.entries(each)) event.clipboardData?.setData(type, content)
    }
    document.addEventListener('copy', copy, { once: true })
  }, data)
  await program.keyboard.press('Control+c')
}

/** Returns the document as Markdown, by what the editor itself copies. */
async function copied(writer: Writer, program: Page): Promise<{ markdown: string; text: string }> {
  await writer.press('Control+a', 'Control+c')
  await program.evaluate(() => {
    document.body.innerHTML = '<div contenteditable="true">x</div>'
    document.querySelector('div')?.focus()
    const seen = (event: ClipboardEvent) => {
      event.preventDefault()
      const get = (type: string) => event.clipboardData?.getData(type) ?? ''
      document.body.dataset.seen = JSON.stringify({ html: get('text/html'), text: get('text/plain') })
    }
    document.addEventListener('paste', seen, { once: true })
  })
  await program.keyboard.press('Control+v')
  const seen: { html: string; text: string } = JSON.parse(
    (await program.evaluate(() => document.body.dataset.seen)) ?? '{}',
  )
  return { markdown: writeMarkdown(readHtml(seen.html).blocks).trimEnd(), text: seen.text }
}

async function start(writer: Writer): Promise<Page> {
  await writer.startWriting()
  const program = await writer.page.context().newPage()
  await program.setContent('<p>another program</p>')
  return program
}

async function empty(writer: Writer): Promise<void> {
  await writer.press('Control+a', 'Backspace', 'Control+Alt+0')
  await expect.poll(() => writer.lines()).toEqual([''])
}

test('what other programs copy is pasted without damage', async ({ newPerson }) => {
  test.slow()
  const mei = await newPerson()
  const program = await start(mei)
  for (const [name, { page, pieces }] of Object.entries(CLIPBOARDS)) {
    await test.step(name, async () => {
      const found = FEATURES.flatMap((feature) => pieces[feature] ?? [])
      const html = page(found.filter((_, i) => i % 2 === 0).join(''))
      // The reader itself is tested without a browser.
      const expected = writeMarkdown(readHtml(html).blocks).trimEnd()
      await copyElsewhere(program, { 'text/html': html, 'text/plain': 'the text of it' })
      await mei.press('Control+v')
      await expect.poll(async () => (await copied(mei, program)).markdown).toBe(expected)
      await empty(mei)
    })
  }
  await test.step('a page whose style is in a sheet and in attributes, selected and copied by hand', async () => {
    await program.setContent(
      '<style>.b { font-weight: 800 } .i { font-style: italic }</style><p>plain <span class="b">bold</span> <span class="i">it</span> <b style="font-weight: normal">not</b></p><table><tr><td>Q1</td><td>100</td></tr><tr><td>Q2</td><td>250</td></tr></table>',
    )
    await program.keyboard.press('Control+a')
    await program.keyboard.press('Control+c')
    await mei.press('Control+v')
    await expect
      .poll(async () => (await copied(mei, program)).markdown)
      .toBe('plain **bold** *it* not\n\nQ1\t100\n\nQ2\t250')
    await empty(mei)
  })
})

test('text is pasted as Markdown as a whole or not at all, and as it is with one key', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  const program = await start(mei)
  const paste = async (text: string, key = 'Control+v') => {
    await copyElsewhere(program, { 'text/plain': text })
    await mei.press(key)
  }
  const code = 'def __init__(self): 5 * 3 * 2 and *.js,*.ts'
  await paste(code)
  await expect.poll(() => mei.lines()).toEqual([code])
  await expect(mei.body.locator('strong, em')).toHaveCount(0)
  await empty(mei)

  const source = '# 計畫\n\n- **「重點」**然後\n- [x] done'
  await paste(source)
  await expect(mei.body.getByRole('heading', { name: '計畫' })).toBeVisible()
  await expect(mei.body.locator('strong')).toHaveText('「重點」')
  await expect(mei.body.getByRole('checkbox')).toBeChecked()
  await empty(mei)

  await paste(source, 'Control+Shift+v')
  await expect.poll(() => mei.lines()).toEqual(source.split('\n').filter((line) => line !== ''))
  await empty(mei)

  await paste('請看https://example.com/路徑。謝謝')
  await expect(mei.body.getByRole('link')).toHaveText(['https://example.com/路徑'])
  await empty(mei)

  await mei.type('http://example.com. Then http://a.example/x, （https://b.example/y）')
  await mei.press('Enter')
  await expect(mei.body.getByRole('link')).toHaveText([
    'http://example.com',
    'http://a.example/x',
    'https://b.example/y',
  ])
})

test('lists, tasks and code are copied with their signs, and come back as they were', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  const program = await start(mei)
  const source = '- a\n  - b\n\n1. one\n\n- [x] done\n- [ ] open\n\n```js\nif (a) {\n  b()\n}\n```\n\nlast'
  await copyElsewhere(program, { 'text/plain': source })
  await mei.press('Control+v')
  await mei.sees('last')
  const { markdown, text } = await copied(mei, program)
  expect(markdown).toBe(source)
  expect(text).toBe('- a\n  - b\n\n1. one\n\n[x] done\n[ ] open\n\nif (a) {\n  b()\n}\n\nlast')
  await mei.press('Control+a', 'Control+x')
  await expect.poll(() => mei.lines()).toEqual([''])
  await mei.press('Control+v')
  await expect.poll(async () => (await copied(mei, program)).markdown).toBe(source)
})

test('files and pictures are refused with a sentence, wherever they come down', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('kept')
  const url = mei.page.url()
  const notice = mei.page.locator('.notice')
  const drop = (selector: string) =>
    mei.page.locator(selector).evaluate((element) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['x'], 'x.pdf', { type: 'application/pdf' }))
      const given = { dataTransfer, bubbles: true, cancelable: true, clientX: 600, clientY: 300 }
      const over = element.dispatchEvent(new DragEvent('dragover', given))
      return [over, element.dispatchEvent(new DragEvent('drop', given))]
    })
  for (const place of ['.writing', '.bar', '.page', '.status-line']) {
    // The browser's own way with a dropped file, which is to open it, is prevented.
    expect(await drop(place)).toEqual([false, false])
    await expect(notice).toContainText(words.clipboard['files-refused'])
    await notice.getByRole('button').click()
  }
  await mei.body.evaluate((body) => {
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File(['x'], 'image.png', { type: 'image/png' }))
    body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  await expect(notice).toContainText(words.clipboard['files-refused'])
  await notice.getByRole('button').click()
  await mei.paste('<img src="https://example.org/p.png">', 'text/html')
  await expect(notice).toContainText(words.clipboard['pictures-refused'])
  await notice.getByRole('button').click()
  await mei.paste('<p>with <img src="https://example.org/p.png"></p>', 'text/html')
  await expect(notice).toContainText(words.clipboard['pictures-left-out'])
  await mei.sees('keptwith')
  expect(mei.page.url()).toBe(url)
})
