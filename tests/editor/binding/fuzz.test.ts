import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Gap } from '#lib/editor/binding/gaps.ts'
import type { Shown } from '#lib/editor/binding/shown.ts'
import type { TextEdit } from '#lib/editor/binding/text-edits.ts'
import { fuzz } from './fuzz.ts'

/** 30,000 operations in all; `npm run faults -- --only binding` continues from there. */
const SEEDS = Array.from({ length: 19 }, (_, index) => index + 1)

test.each([...SEEDS, Date.now() % 1_000_000])(
  'three replicas, random edits and delivery: each shows what its Y.Doc says, in exact steps: seed %i',
  { timeout: 60_000 },
  (seed) => {
    const { failures, coarse } = fuzz(seed)
    expect(failures).toEqual([])
    expect(coarse).toBe(0)
  },
)

describe('the fuzz is not blind: a planted fault is found', () => {
  afterEach(() => {
    vi.doUnmock('#lib/editor/binding/text-edits.ts')
    vi.doUnmock('#lib/editor/binding/shown.ts')
    vi.doUnmock('#lib/editor/binding/gaps.ts')
    vi.resetModules()
  })

  /** Returns the findings of the fuzz with one function of a module replaced. */
  async function findingsWith(
    path: string,
    replace: (original: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<readonly string[]> {
    vi.resetModules()
    vi.doMock(path, async (original) => {
      const module = await original<Record<string, unknown>>()
      return { ...module, ...replace(module) }
    })
    const { fuzz: planted } = await import('./fuzz.ts')
    return planted(1).failures
  }

  test('remote text is one position off', async () => {
    const found = await findingsWith('#lib/editor/binding/text-edits.ts', ({ editsOf }) => ({
      editsOf: (event: unknown) =>
        (editsOf as (event: unknown) => TextEdit[])(event).map((edit) => ({
          ...edit,
          at: Math.max(0, edit.at - 1),
        })),
    }))
    expect(found.join()).toMatch(/the steps lead elsewhere/)
  })

  test('the objects of the document are not remembered after a change', async () => {
    const found = await findingsWith('#lib/editor/binding/shown.ts', () => ({
      adopt: (shown: unknown) => shown,
    }))
    expect(found.join()).toMatch(/remembers other objects/)
  })

  test('blocks are matched by their place, not by what they are', async () => {
    const found = await findingsWith('#lib/editor/binding/gaps.ts', () => ({
      gapsBetween: ({ pieces }: Shown, { pieces: after }: Shown): Gap[] => {
        const shared = Math.min(pieces.length, after.length)
        const isSame = pieces
          .slice(0, shared)
          .every(({ nodes }, index) => nodes[0]?.type === after[index]?.nodes[0]?.type)
        const [to, newTo] = [pieces.length, after.length]
        if (!isSame) return [{ from: 0, to, newFrom: 0, newTo }]
        return to === newTo ? [] : [{ from: shared, to, newFrom: shared, newTo }]
      },
    }))
    expect(found.join()).toMatch(/did not change and is another object|the steps lead elsewhere/)
  })
})
