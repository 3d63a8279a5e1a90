import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { scanClocks } from '#lib/collab/gate/update-gate.ts'
import { RefusedUpdate } from '#lib/collab/gate/update-gate-bytes.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import {
  CONTENT,
  deletesOf,
  forge,
  inRoot,
  inType,
  leftOf,
  type Part,
  rightOf,
  section,
  update,
} from './update-gate-forge.ts'
import { any, codeOf, gate, ME, mine, OTHER, ranges, STRANGER, text } from './update-gate-scene.ts'

describe('accepted by the gate', () => {
  test('[GATE1] new structs move the clock of their client', () => {
    expect(gate(text('héllo 😀'))).toMatchObject({ ok: true, clocks: new Map([[ME, 18]]) })
  })

  test('[GATE4] a struct may begin below the known clock, as after a merge', () => {
    expect(gate(text('abcdef', 6))).toMatchObject({ ok: true, clocks: new Map([[ME, 12]]) })
    expect(gate(text('abc', 2))).toMatchObject({ ok: true, clocks: new Map() })
  })

  test('[GATE4] the updates of one batch build on each other', () => {
    const second = update([section(ME, 13, [rightOf(CONTENT.string, ME, 12, 'd')])], deletesOf(ME, [[10, 4]]))
    expect(gate([text('abc'), second])).toMatchObject({ ok: true, clocks: new Map([[ME, 14]]) })
    expect(codeOf(gate([second, text('abc')]))).toBe('gap')
  })

  test('[GATE6] deletions without structs add no clocks', () => {
    expect(gate(update([], deletesOf(OTHER, [[0, 20]])))).toMatchObject({ ok: true, clocks: new Map() })
  })

  test('[GATE8] a restore contains structs of several clients that depend on each other', () => {
    const both = update([
      section(STRANGER, 0, [inRoot(CONTENT.string, 'title', 'a'), rightOf(CONTENT.string, ME, 10, 'c')]),
      section(ME, 10, [rightOf(CONTENT.string, STRANGER, 0, 'b'), rightOf(CONTENT.string, STRANGER, 1, 'd')]),
    ])
    expect(gate(both, true)).toMatchObject({
      ok: true,
      clocks: new Map([
        [STRANGER, 2],
        [ME, 12],
      ]),
    })
    expect(codeOf(gate(both))).toBe('foreign-client')
  })
})

/** The name, code and bytes of a case; a fourth element true sends it as a restore. */
type Case = readonly [
  fact: string,
  code: string,
  bytes: Uint8Array | readonly Uint8Array[],
  restore?: boolean,
]

const nestedJson = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const nestedAny = (depth: number): Part => [
  ...Array.from({ length: depth }, () => Uint8Array.of(117, 1)),
  Uint8Array.of(126),
]
/** Returns an update of as many types nested in each other, with text in the innermost. */
const tower = (height: number): Uint8Array =>
  mine(
    inRoot(CONTENT.type, 'body', [3, 'list']),
    ...Array.from({ length: height - 1 }, (_, i) => inType(CONTENT.type, ME, 10 + i, [3, 'list'])),
    inType(CONTENT.string, ME, 10 + height - 1, 'x'),
  )
const v2 = (() => {
  const doc = new Y.Doc()
  doc.clientID = ME
  doc.getText('title').insert(0, 'v2')
  return Y.encodeStateAsUpdateV2(doc)
})()

const CASES: readonly Case[] = [
  ['[GATE2] an empty message', 'invalid-update', new Uint8Array(0)],
  ['[GATE2] a batch without updates', 'invalid-update', []],
  ['[GATE2] bytes after the end', 'invalid-update', forge(text('a'), 0)],
  ['[GATE2] Yjs v2', 'invalid-update', v2],
  ['[GATE2] 2^24 structs claimed in few bytes', 'invalid-update', forge(1, 2 ** 24, ME, 10)],
  ['[GATE2] 2^53 - 1 clients claimed', 'invalid-update', forge(Number.MAX_SAFE_INTEGER)],
  ['[GATE2] a number longer than any', 'invalid-update', forge(new Uint8Array(40).fill(0x80), 0)],
  [
    '[GATE2] a string that ends beyond the end',
    'invalid-update',
    mine(inRoot(CONTENT.string, 'title', 2 ** 31)),
  ],
  [
    '[GATE2] a list of 2^31 values claimed',
    'invalid-update',
    mine(inRoot(CONTENT.any, 'title', [1, Uint8Array.of(117), 2 ** 31])),
  ],
  ['[GATE2] a collected run of 2^24 clocks', 'invalid-update', mine([0, 2 ** 24])],
  ['[GATE2] clocks beyond 2^31', 'invalid-update', update([section(STRANGER, 2 ** 31 - 2, [[0, 9]])]), true],
  ['[GATE2] a client id of 33 bits', 'invalid-update', update([section(2 ** 32, 0, [[0, 1]])])],
  [
    '[GATE2] text that is not UTF-8',
    'invalid-update',
    mine(inRoot(CONTENT.string, 'title', [1, Uint8Array.of(0xff)])),
  ],
  [
    '[GATE2] a surrogate in UTF-8',
    'invalid-update',
    mine(inRoot(CONTENT.string, 'title', [3, Uint8Array.of(0xed, 0xa0, 0x80)])),
  ],
  [
    '[GATE2] an overlong character',
    'invalid-update',
    mine(inRoot(CONTENT.string, 'title', [2, Uint8Array.of(0xc0, 0x80)])),
  ],
  ['[GATE2] a struct of no length', 'invalid-update', mine(inRoot(CONTENT.string, 'title', ''))],
  [
    '[GATE2] a client named twice (Yjs would drop the first)',
    'invalid-update',
    update([section(ME, 10, [[0, 1]]), section(ME, 11, [[0, 1]])]),
  ],
  [
    '[GATE2] the same range deleted many times',
    'invalid-update',
    update(
      [],
      deletesOf(OTHER, [
        [0, 20],
        [0, 20],
      ]),
    ),
  ],
  [
    '[GATE3] an item under somebody else’s client id',
    'foreign-client',
    update([section(OTHER, 20, [inRoot(CONTENT.string, 'title', 'forged')])]),
  ],
  ['[GATE3] old structs of somebody else', 'foreign-client', update([section(OTHER, 0, [[0, 5]])])],
  ['[GATE3] collecting what another will write', 'foreign-client', update([section(OTHER, 20, [[0, 1000]])])],
  ['[GATE4] a struct whose predecessor is missing', 'gap', text('late', 11)],
  ['[GATE4] an origin that does not exist', 'gap', mine(rightOf(CONTENT.string, STRANGER, 0, 'x'))],
  ['[GATE4] a right origin that does not exist', 'gap', mine(leftOf(CONTENT.string, OTHER, 20, 'x'))],
  ['[GATE4] a parent that does not exist', 'gap', mine(inType(CONTENT.string, OTHER, 20, 'x'))],
  ['[GATE4] an item that is its own origin', 'invalid-update', mine(rightOf(CONTENT.string, ME, 10, 'x'))],
  [
    '[GATE4] an item whose origin is later in its own run',
    'invalid-update',
    mine(rightOf(CONTENT.string, ME, 11, 'x'), rightOf(CONTENT.string, ME, 10, 'y')),
  ],
  [
    '[GATE4] two items that wait for each other',
    'invalid-update',
    update([
      section(STRANGER, 0, [rightOf(CONTENT.string, ME, 10, 'a')]),
      section(ME, 10, [rightOf(CONTENT.string, STRANGER, 0, 'b')]),
    ]),
    true,
  ],
  ['[GATE5] another root type', 'unknown-root', mine(inRoot(CONTENT.string, 'canary', 'x'))],
  [
    '[GATE5] 100,000 root types',
    'unknown-root',
    mine(...Array.from({ length: 100_000 }, (_, i) => inRoot(CONTENT.string, `root${i}`, 'a'))),
  ],
  ['[GATE6] deleting what another will write', 'gap', update([], deletesOf(OTHER, [[20, 2 ** 30]]))],
  ['[GATE6] deleting what a stranger will write', 'gap', update([], deletesOf(STRANGER, [[0, 1]]))],
  ['[GATE6] deleting beyond one’s own end', 'gap', update([], deletesOf(ME, [[9, 2]]))],
  ['[GATE7] a hole', 'invalid-update', mine([CONTENT.skip, 5])],
  ['[GATE7] a subdocument', 'invalid-update', mine(inRoot(CONTENT.doc, 'body', ['guid', any({})]))],
  ['[GATE7] an unknown content', 'invalid-update', mine(inRoot(11, 'body', 1))],
  ['[GATE7] an unknown type', 'invalid-update', mine(inRoot(CONTENT.type, 'body', 7))],
  [
    '[GATE7] an embed nested 5,000 deep',
    'invalid-update',
    mine(inRoot(CONTENT.embed, 'title', nestedJson(5000))),
  ],
  [
    '[GATE7] a format nested 33 deep',
    'invalid-update',
    mine(inRoot(CONTENT.format, 'title', ['bold', nestedJson(33)])),
  ],
  [
    '[GATE7] a value nested 200,000 deep',
    'invalid-update',
    mine(inRoot(CONTENT.any, 'title', [1, nestedAny(200_000)])),
  ],
  ['[GATE7] JSON that is none', 'invalid-update', mine(inRoot(CONTENT.embed, 'title', '{"a":}'))],
  ['[GATE7] two JSON values in one', 'invalid-update', mine(inRoot(CONTENT.embed, 'title', 'null null'))],
  [
    '[GATE7] a __proto__ key in JSON',
    'invalid-update',
    mine(inRoot(CONTENT.embed, 'title', '{"a":{"__proto__":1}}')),
  ],
  [
    '[GATE7] a __proto__ key in escapes',
    'invalid-update',
    mine(inRoot(CONTENT.embed, 'title', '{"\\u005f_proto_\\u005F":1}')),
  ],
  [
    '[GATE7] a __proto__ key in a value',
    'invalid-update',
    mine(inRoot(CONTENT.any, 'title', [1, Uint8Array.of(118), 1, '__proto__', Uint8Array.of(126)])),
  ],
  [
    '[GATE7] an attribute named __proto__',
    'invalid-update',
    mine([Uint8Array.of(CONTENT.any | 32), 1, 'body', '__proto__', 1, any('x')]),
  ],
  [
    '[LIM2] more values than a batch may hold',
    'too-large',
    mine(inRoot(CONTENT.any, 'title', [LIMITS.values + 1, new Uint8Array(LIMITS.values + 1).fill(126)])),
  ],
  [
    '[LIM2] as many inside of values',
    'too-large',
    mine(...Array.from({ length: 3 }, () => inRoot(CONTENT.embed, 'title', `[${'[],'.repeat(20_000)}1]`))),
  ],
  [
    '[GATE7] a value larger than any',
    'invalid-update',
    mine(inRoot(CONTENT.any, 'title', [1, any('x'.repeat(LIMITS.valueBytes))])),
  ],
  [
    '[GATE7] JSON larger than any',
    'invalid-update',
    mine(inRoot(CONTENT.embed, 'title', `"${'x'.repeat(LIMITS.valueBytes)}"`)),
  ],
  ['[GATE7] a big integer', 'invalid-update', mine(inRoot(CONTENT.any, 'title', [1, any(5n)]))],
  ['[GATE7] types nested deeper than a batch may', 'invalid-update', tower(LIMITS.typeNesting + 1)],
  [
    '[LIM2] more structs than a batch may hold',
    'too-large',
    mine(...Array.from({ length: LIMITS.structs }, () => [0, 1])),
  ],
  [
    '[LIM2] as many empty updates',
    'too-large',
    Array.from({ length: LIMITS.structs + 1 }, () => forge(0, 0)),
  ],
  [
    '[LIM2] more delete ranges than a batch may hold',
    'too-large',
    update([section(ME, 10, [[0, 200_000]])], deletesOf(ME, ranges(LIMITS.deleteRanges + 1, 1))),
  ],
  [
    '[LIM2] the same large range deleted by many updates',
    'too-large',
    [
      update([section(ME, 10, [[0, 2 ** 23]])]),
      ...Array.from({ length: 5 }, () => update([], deletesOf(ME, [[0, 2 ** 23]]))),
    ],
  ],
  [
    '[LIM2] a title that is too long in one piece',
    'too-large',
    mine(inRoot(CONTENT.string, 'title', 'x'.repeat(LIMITS.valueBytes + 1))),
  ],
  ['[LIM2] more bytes than a batch may hold', 'too-large', text('x'.repeat(LIMITS.assembledBytes))],
]

describe('refused by the gate', () => {
  for (const [fact, code, bytes, restore] of CASES) {
    test(`${fact} is refused: ${code}`, () => {
      expect(codeOf(gate(bytes, restore))).toBe(code)
    })
  }

  test('[GATE7] an update just within the bounds is accepted', () => {
    expect(codeOf(gate(mine(inRoot(CONTENT.embed, 'title', nestedJson(LIMITS.nesting)))))).toBe('ok')
    expect(codeOf(gate(mine(inRoot(CONTENT.any, 'title', [1, nestedAny(LIMITS.nesting)]))))).toBe('ok')
    expect(codeOf(gate(tower(LIMITS.typeNesting)))).toBe('ok')
    expect(
      codeOf(gate(mine(inRoot(CONTENT.embed, 'title', '{"prototype":["\\u005f",-1.5e+3,""," é\\n"]}')))),
    ).toBe('ok')
  })

  test('[GATE2] no prefix of an update is an update', () => {
    const whole = mine(
      inRoot(CONTENT.type, 'body', [3, 'paragraph']),
      inType(CONTENT.format, ME, 10, ['link', '{"href":"x"}']),
      rightOf(CONTENT.any, ME, 11, [2, any({ a: [1, 2.5, null] }), any('漢')]),
    )
    expect(codeOf(gate(whole))).toBe('ok')
    for (let length = 0; length < whole.length; length++) {
      expect(codeOf(gate(whole.subarray(0, length)))).toBe('invalid-update')
    }
  })

  test('[GATE2] huge claimed sizes cost neither time nor memory', () => {
    const claims = [2 ** 24, 2 ** 31, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER]
    const hostile = claims.flatMap((claim) => [
      forge(claim),
      forge(1, claim, ME, 10),
      mine(inRoot(CONTENT.any, 'title', claim)),
      mine(inRoot(CONTENT.any, 'title', [1, Uint8Array.of(118), claim])),
      mine(inRoot(CONTENT.binary, 'title', claim)),
      forge(0, claim),
      forge(0, 1, ME, claim),
    ])
    const heap = process.memoryUsage().heapUsed
    for (let round = 0; round < 100; round++) for (const each of hostile) expect(gate(each).ok).toBe(false)
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(64 * 1024 * 1024)
  })

  test('[GATE9] scanning damaged bytes throws', () => {
    const clocks = new Map<number, number>()
    expect(() => scanClocks(text('abc').subarray(0, 8), clocks)).toThrow(RefusedUpdate)
  })
})
