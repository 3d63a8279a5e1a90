import { DecorationSet, type EditorView } from '@tiptap/pm/view'
import { expect, test } from 'vitest'
import type { Peer } from '#lib/client/provider-state.ts'
import {
  caretLayer,
  caretPlace,
  ownCaret,
  type RemoteCaret,
  remoteCarets,
  showCarets,
} from '#lib/editor/carets/caret-layer.ts'
import { pair, type Replica, send } from '../replica.ts'

const AKIRA = 7

/** Sets up two people in one document: `a` shows its caret to `b`, whose page is only a state. */
function scene(...paragraphs: string[]) {
  let composing = false
  let carets: readonly RemoteCaret[] = []
  const [a, b] = pair(paragraphs, [
    caretLayer(
      () => composing,
      () => carets,
    ),
  ])
  const page = (replica: Replica) => replica as unknown as EditorView
  const tell = (at: number, more: Partial<Peer> = {}) => {
    a.select(at)
    carets = remoteCarets([peer({ caret: ownCaret(a.state), ...more })], ({ name }) => name)
  }
  return {
    a,
    b,
    compose: (now: boolean) => {
      composing = now
    },
    /** Makes the room report where `a` is now. */
    tell,
    /** Does the same and draws the caret. */
    show: (at: number, more: Partial<Peer> = {}) => {
      tell(at, more)
      showCarets(page(b))
    },
    place: () => caretPlace(b.state, AKIRA),
    drawn: () => b.state.plugins.flatMap((plugin) => plugin.props.decorations?.call(plugin, b.state) ?? []),
  }
}

function peer(more: Partial<Peer>): Peer {
  return {
    userId: 'akira',
    name: 'Akira',
    guestName: 0,
    hue: 2,
    member: AKIRA,
    role: 'editor',
    state: 'active',
    caret: null,
    self: false,
    ...more,
  }
}

test('a peer’s caret is where they put it', () => {
  const { show, place } = scene('hello', 'world')
  show(3)
  expect(place()).toBe(3)
  show(9)
  expect(place()).toBe(9)
})

test('it moves with local text typed before it, not after it', () => {
  const { b, show, place } = scene('hello')
  show(3)
  b.type('XY', 1)
  expect(place()).toBe(5)
  b.type('Z', 7)
  expect(place()).toBe(5)
})

test('it moves with text that others type', () => {
  const { a, b, show, place } = scene('hello')
  show(3)
  a.type('XY', 1)
  send(a, b)
  expect(place()).toBe(5)
})

test('a position that is still unknown leaves it where it was', () => {
  const { a, b, show, place } = scene('hello')
  show(3)
  a.type(' and more', 6)
  show(12)
  expect(place()).toBe(3)
  send(a, b)
  expect(place()).toBe(12)
})

test('a remote edit draws the newest carets too, without a transaction for them', () => {
  const { a, b, show, tell, place } = scene('hello')
  show(3)
  a.type('XY', 1)
  tell(8)
  const transactions: unknown[] = []
  const dispatch = b.dispatch.bind(b)
  b.dispatch = (tr) => {
    transactions.push(tr)
    dispatch(tr)
  }
  send(a, b)
  expect(place()).toBe(8)
  showCarets(b as unknown as EditorView)
  expect(transactions).toHaveLength(1)
})

test('bytes that are not a caret draw nothing; an invalid hue becomes a valid one', () => {
  const { show, place } = scene('hello')
  show(2, { caret: Uint8Array.of(255, 255, 255) })
  expect(place()).toBeNull()
  const [caret] = remoteCarets([peer({ hue: 99, caret: Uint8Array.of(1) })], ({ name }) => name)
  expect(caret?.hue).toBe(0)
})

test('the person’s own caret is not drawn', () => {
  expect(remoteCarets([peer({ self: true, caret: Uint8Array.of(1) })], ({ name }) => name)).toEqual([])
})

test('nothing enters or leaves the composing block; elsewhere carets keep moving', () => {
  const { b, compose, show, drawn } = scene('hello', 'world')
  const places = () =>
    drawn().flatMap((set) => (set instanceof DecorationSet ? set.find().map(({ from }) => from) : []))
  b.select(3)
  compose(true)
  show(4)
  expect(places()).toEqual([])
  show(9)
  expect(places()).toEqual([9])
  compose(false)
  show(4)
  expect(places()).toEqual([4])
})
