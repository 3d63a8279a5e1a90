import { type Editor, getSchema, type JSONContent } from '@tiptap/core'
import { TextSelection } from '@tiptap/pm/state'
import { prosemirrorToYXmlFragment, yXmlFragmentToProseMirrorRootNode } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import type { Peer as RoomPeer } from '#lib/client/provider-state.ts'
import { Incoming } from '#lib/client/receiving/incoming.ts'
import { remoteCarets } from '#lib/editor/carets/caret-layer.ts'
import { pageFrames } from '#lib/editor/carets/page-frames.ts'
import { holdWhileComposing } from '#lib/editor/composition/composition-hold.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { OWNER } from '../../support/owner.ts'
import type { Lab, LabOptions, LabState, Place, Spot } from '../lab.ts'
import { boundEditor, labExtensions } from './bound-editor.ts'
import { Measures } from './measures.ts'
import { painted } from './painted.ts'
import { Peer } from './peer.ts'
import { sampleText } from './sample-text.ts'
import { positionOf, spotOf, spotOfCaret, textBlockFrom } from './spots.ts'
import { textOfNode, textOfPage, textOfY } from './texts.ts'

const NETWORK = 'network'
const AUTHOR = 1
const LOCAL = 2
const FIRST_PEER = 100

/** The objects that one `open` made. */
export interface Bench {
  readonly editor: Editor
  readonly doc: Y.Doc
  readonly incoming: Incoming
  readonly peers: Peer[]
  /** Shows these carets, as a message from the server would. */
  readonly carets: (carets: readonly (Uint8Array | null)[]) => void
  readonly close: () => void
}

const schema = getSchema(labExtensions(null))
let bench: Bench | null = null
let release: (() => void) | null = null
let typing: ReturnType<typeof setInterval> | null = null
let caretsShown = false

function opened(): Bench {
  if (!bench) throw new Error('nothing is open: window.lab.open()')
  return bench
}

function makeBench(options: LabOptions, surface: HTMLElement): Bench {
  const state = stateOf(options.words === undefined ? options.blocks : sampleText(options.words))
  const doc = new Y.Doc()
  doc.clientID = LOCAL
  Y.applyUpdate(doc, state, NETWORK)
  const peers = Array.from({ length: options.peers ?? 1 }, (_, i) => new Peer(FIRST_PEER + i, schema, state))
  // As published: each update is applied as it arrives.
  const soon = options.binding === 'ours' ? pageFrames.soon : undefined
  const incoming = new Incoming({ doc, origin: NETWORK, soon, owner: OWNER })
  const {
    editor,
    carets: drawing,
    stop,
  } = boundEditor(options.binding, surface, doc, (error) => console.error(error))
  const carets = (bytes: readonly (Uint8Array | null)[]): void =>
    drawing.show(remoteCarets(bytes.map(roomPeer), ({ name }) => name))
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== NETWORK) for (const peer of peers) Y.applyUpdate(peer.doc, update, NETWORK)
  })
  for (const peer of peers) {
    peer.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === NETWORK) return
      incoming.applySoon([update])
      for (const other of peers) if (other !== peer) Y.applyUpdate(other.doc, update, NETWORK)
      if (caretsShown) carets(peers.map((each) => each.caret))
    })
  }
  const stopHolding =
    options.holdsWhileComposing === false
      ? () => undefined
      : holdWhileComposing(editor.view, doc, (passes) => incoming.hold(passes))
  return {
    editor,
    doc,
    incoming,
    peers,
    carets,
    close: () => {
      stopHolding()
      incoming.destroy()
      stop()
      doc.destroy()
      for (const peer of peers) peer.doc.destroy()
      surface.replaceChildren()
    },
  }
}

function stateOf(blocks: readonly JSONContent[] = [{ type: 'paragraph' }]): Uint8Array {
  const author = new Y.Doc()
  author.clientID = AUTHOR
  const document = schema.nodeFromJSON({ type: schema.topNodeType.name, content: blocks })
  document.check()
  prosemirrorToYXmlFragment(document, author.getXmlFragment(ROOTS.body))
  const state = Y.encodeStateAsUpdate(author)
  author.destroy()
  return state
}

function roomPeer(caret: Uint8Array | null, index: number): RoomPeer {
  const name = `Peer ${index + 1}`
  return {
    member: index,
    userId: name,
    name,
    guestName: 0,
    hue: index % 12,
    role: 'editor',
    state: 'active',
    caret,
    self: false,
  }
}

function readState(): LabState {
  const { editor, doc, peers } = opened()
  const isTextBlock = (name: string): boolean => schema.nodes[name]?.isTextblock ?? false
  const body = doc.getXmlFragment(ROOTS.body)
  const y = textOfY(body, isTextBlock)
  const prosemirror = textOfNode(editor.state.doc)
  const dom = textOfPage(editor.view.dom)
  const texts = peers.map((peer) => textOfY(peer.body, isTextBlock))
  const fresh = isFresh(editor, doc)
  return {
    y,
    prosemirror,
    dom,
    peers: texts,
    fresh,
    equal: fresh && [prosemirror, dom, ...texts].every((text) => text === y),
    caret: spotOfCaret(editor.state),
    composing: editor.view.composing,
  }
}

function isFresh({ state }: Editor, doc: Y.Doc): boolean {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  const rendered = yXmlFragmentToProseMirrorRootNode(copy.getXmlFragment(ROOTS.body), state.schema)
  copy.destroy()
  const root = rendered.childCount === 0 ? state.schema.topNodeType.createAndFill() : rendered
  try {
    state.doc.check()
  } catch {
    return false
  }
  return root !== null && state.doc.eq(root)
}

const lab: Lab = {
  async open(options) {
    lab.stopTyping()
    lab.release()
    bench?.close()
    bench = null
    caretsShown = false
    const surface = document.getElementById('surface')
    if (!surface) throw new Error('the page has no surface')
    const { laysOut = options.binding === 'ours' ? 'what is seen' : 'everything' } = options
    surface.classList.toggle('lays-out-everything', laysOut === 'everything')
    bench = makeBench(options, surface)
    await painted()
    await painted()
    const { doc } = bench.editor.state
    return { blocks: doc.childCount, characters: doc.content.size }
  },
  get editor() {
    return opened().editor
  },
  get doc() {
    return opened().doc
  },
  get peers() {
    return opened().peers
  },
  goTo(spot: Spot) {
    const { view } = opened().editor
    const { tr } = view.state
    // Not Tiptap's command, which waits for a frame.
    view.focus()
    view.dispatch(tr.setSelection(TextSelection.create(tr.doc, positionOf(spot, tr.doc))).scrollIntoView())
  },
  spot: (place: Place) => spotOf(place, opened().editor.state),
  hold() {
    release ??= opened().incoming.hold()
  },
  release() {
    release?.()
    release = null
  },
  async settled() {
    // After the tasks that wait for a frame.
    await new Promise<void>((resolve) => pageFrames.soon(resolve))
    await painted()
    await painted()
  },
  startTyping(keysPerSecond) {
    lab.stopTyping()
    const { peers, editor } = opened()
    const { doc } = editor.state
    const spots = peers.map((_, i) =>
      textBlockFrom(doc, Math.floor(((i + 1) * doc.childCount) / (peers.length + 1))),
    )
    let next = 0
    typing = setInterval(
      () => {
        const peer = peers[next % peers.length]
        peer?.type('x', next < peers.length ? spots[next] : undefined)
        next += 1
      },
      1000 / (keysPerSecond * peers.length),
    )
  },
  stopTyping() {
    if (typing) clearInterval(typing)
    typing = null
  },
  showCarets(show) {
    caretsShown = show
    const { carets, peers } = opened()
    carets(show ? peers.map(({ caret }) => caret) : [])
  },
  state: readState,
  measure: new Measures(opened, schema),
}

window.lab = lab
