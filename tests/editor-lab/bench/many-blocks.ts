import type { Browser } from '@playwright/test'
import type { JSONContent } from '@tiptap/core'
import type { EditorName, Spot } from '../lab.ts'
import { type KeyName, MeasuredPage } from './measured-page.ts'

/** Local keys in the middle of a document of many short blocks. */
export interface ManyBlocks {
  readonly shape: string
  readonly editor: EditorName
  /** From the key to its painted frame, ms. */
  readonly keys: ReadonlyMap<KeyName, readonly number[]>
}

const EDITORS = ['ours', 'y-tiptap', 'bare'] as const

const line = (index: number): JSONContent => ({
  type: 'paragraph',
  content: [{ type: 'text', text: `line ${index} 一行短` }],
})
const lines = (count: number): JSONContent[] => Array.from({ length: count }, (_, index) => line(index))

const SHAPES: Readonly<Record<string, { blocks: () => JSONContent[]; middle: Spot }>> = {
  '10,000 paragraphs': { blocks: () => lines(10_000), middle: { path: [5_000], offset: 4 } },
  '3,000 paragraphs': { blocks: () => lines(3_000), middle: { path: [1_500], offset: 4 } },
  '2,000 items': {
    blocks: () => [
      { type: 'bulletList', content: lines(2_000).map((each) => ({ type: 'listItem', content: [each] })) },
    ],
    middle: { path: [0, 1_000, 0], offset: 4 },
  },
}

/** Measures each shape in each editor, one after the other. */
export async function manyBlocks(browser: Browser, url: string): Promise<ManyBlocks[]> {
  const all: ManyBlocks[] = []
  for (const [shape, { blocks, middle }] of Object.entries(SHAPES)) {
    for (const editor of EDITORS) {
      const page = await MeasuredPage.openBlocks(browser, url, editor, blocks(), middle)
      const keys = new Map<KeyName, number[]>()
      for (const key of ['letter', 'Enter'] as const)
        keys.set(key, await page.localKeys({ load: false, slowness: 1, key }))
      all.push({ shape, editor, keys })
      await page.close()
    }
  }
  return all
}
