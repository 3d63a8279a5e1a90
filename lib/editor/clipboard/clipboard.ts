import { Extension } from '@tiptap/core'
import type { Slice } from '@tiptap/pm/model'
import { Plugin } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import { report } from '#lib/protocol/report.ts'
import { type Carried, carriedBy } from './carried.ts'
import type { ClipboardNotice, Pasting } from './pasting.ts'
import { keepPlace, type Place, placesField, placesKey } from './waiting-places.ts'

interface ClipboardOptions {
  readonly onNotice: (notice: ClipboardNotice) => void
}

/** Copying, cutting, pasting and dropping, as a Tiptap extension. */
export const Clipboard = Extension.create<ClipboardOptions>({
  name: 'clipboard',
  // Above Tiptap's own way of writing the selection as text.
  priority: 1100,
  addOptions: () => ({ onNotice: () => undefined }),
  addProseMirrorPlugins() {
    const tools = new Tools((notice) => this.options.onNotice(notice))
    return [plugin(tools)]
  },
})

/** Starts loading what reads a paste, so that the first one is quick, and possible without the server. */
export function preparePaste(): void {
  import('./pasting.ts')
    .then(({ loadReaders }) => loadReaders())
    .catch((error: unknown) => report('what reads a paste was not loaded', error, 'debug'))
}

type Copying = Pick<typeof import('./copying.ts'), 'copiedText' | 'copySelection'>

/**
 * The parts that copy and paste, loaded when the editor is there: before that one can type already. A paste meanwhile
 * waits at its place; a copy is written by ProseMirror.
 */
class Tools {
  readonly #onNotice: (notice: ClipboardNotice) => void
  pasting: Pasting | null = null
  copying: Copying | null = null

  constructor(onNotice: (notice: ClipboardNotice) => void) {
    this.#onNotice = onNotice
  }

  async load(): Promise<Pasting> {
    const [{ Pasting }, { copiedText, copySelection }] = await Promise.all([
      import('./pasting.ts'),
      import('./copying.ts'),
    ])
    this.copying = { copiedText, copySelection }
    this.pasting ??= new Pasting(this.#onNotice)
    return this.pasting
  }

  /** Takes what an event carries to a place. Returns true if ProseMirror has nothing more to do. */
  take(view: EditorView, event: Event, content: Carried, place: Place): boolean {
    if (this.pasting) return this.pasting.take(view, event, content, place)
    event.preventDefault()
    const key = keepPlace(view, place)
    this.load().then(
      (pasting) => pasting.pasteLater(view, content, key),
      (error: unknown) => {
        report('what pastes was not loaded', error)
        this.#onNotice('not-pasted')
      },
    )
    return true
  }
}

function plugin(tools: Tools): Plugin {
  const plainKey = new PlainKey()
  return new Plugin({
    key: placesKey,
    state: placesField,
    view: () => {
      // In a turn of its own: the text can be typed in first.
      const timer = setTimeout(() => {
        tools
          .load()
          .catch((error: unknown) => report('what copies and pastes was not loaded', error, 'debug'))
      })
      return { destroy: () => clearTimeout(timer) }
    },
    props: {
      // The types do not say that ProseMirror goes its own way if it gets nothing.
      clipboardTextSerializer: (slice) => tools.copying?.copiedText(slice) as string,
      clipboardTextParser: (text, $context, plain) =>
        tools.pasting?.sliceOfText(text, $context, plain) as Slice,
      transformPastedHTML: (html) => tools.pasting?.transformHtml(html) ?? html,
      handlePaste: (view, _event, slice) => tools.pasting?.linkSelection(view, slice) ?? false,
      handleDOMEvents: {
        keydown: (_view, event) => plainKey.note(event),
        keyup: () => plainKey.release(),
        blur: () => plainKey.release(),
        copy: (view, event) => tools.copying?.copySelection(view, event, false) ?? false,
        cut: (view, event) => tools.copying?.copySelection(view, event, true) ?? false,
        paste: (view, event) => {
          if (!view.editable || !event.clipboardData) return false
          const content = carriedBy(event.clipboardData, plainKey.isHeld)
          return tools.take(view, event, content, view.state.selection)
        },
        drop: (view, event) => {
          // A drag within the editor moves, and nothing is read.
          if (!view.editable || view.dragging || !event.dataTransfer) return false
          const spot = view.posAtCoords({ left: event.clientX, top: event.clientY })
          if (!spot) return false
          const place = { anchor: spot.pos, head: spot.pos }
          return tools.take(view, event, carriedBy(event.dataTransfer, false), place)
        },
      },
    },
  })
}

/** Ctrl+Shift+V, which pastes plain text whatever the clipboard holds. */
class PlainKey {
  isHeld = false

  note(event: KeyboardEvent): false {
    this.isHeld = event.shiftKey && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'v'
    return false
  }

  release(): false {
    this.isHeld = false
    return false
  }
}
