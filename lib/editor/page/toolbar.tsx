'use client'

import type { Editor } from '@tiptap/core'
import { type ComponentType, Fragment, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useFadedEnds } from '#lib/ui/faded-ends.ts'
import {
  BoldIcon,
  BulletsIcon,
  CodeBlockIcon,
  CodeIcon,
  DividerIcon,
  HideKeyboardIcon,
  ItalicIcon,
  NumbersIcon,
  QuoteIcon,
  RedoIcon,
  StrikeIcon,
  TasksIcon,
  UnderlineIcon,
  UndoIcon,
} from '#lib/ui/format-icons.tsx'
import { DownIcon, LinkIcon } from '#lib/ui/icons.tsx'
import { useWords } from '#lib/ui/interface.tsx'
import { MenuChoice, MenuItem } from '#lib/ui/menu-items.tsx'
import { keepFocus, Popover } from '#lib/ui/overlays.tsx'
import { moveFocus } from '#lib/ui/roving-focus.ts'
import type { Words } from '#lib/ui/words/page-words.ts'
import { undoKey } from '../binding/plugin-states.ts'

const LEVELS = [1, 2, 3, 4] as const
const TOGGLES = [
  'bold',
  'italic',
  'underline',
  'strike',
  'code',
  'link',
  'bulletList',
  'orderedList',
  'taskList',
  'blockquote',
  'codeBlock',
] as const
type Toggle = (typeof TOGGLES)[number]

interface Formats {
  readonly on: ReadonlySet<Toggle>
  /** 0 if not a heading. */
  readonly level: number
  readonly canUndo: boolean
  readonly canRedo: boolean
}

/** Returns the formats at the selection; a new value only if something differs. */
function useFormats(editor: Editor): Formats {
  const [formats, setFormats] = useState(() => readFormats(editor))
  useEffect(() => {
    const read = () =>
      setFormats((before) => {
        const now = readFormats(editor)
        return fingerprint(before) === fingerprint(now) ? before : now
      })
    read()
    editor.on('transaction', read)
    return () => {
      editor.off('transaction', read)
    }
  }, [editor])
  return formats
}

function readFormats(editor: Editor): Formats {
  const undo = undoKey.getState(editor.state)?.undoManager
  return {
    on: new Set(TOGGLES.filter((name) => editor.isActive(name))),
    level: LEVELS.find((level) => editor.isActive('heading', { level })) ?? 0,
    canUndo: undo ? undo.undoStack.length > 0 : false,
    canRedo: undo ? undo.redoStack.length > 0 : false,
  }
}

function fingerprint({ on, level, canUndo, canRedo }: Formats): string {
  return [...on, level, canUndo, canRedo].join()
}

interface ToolbarProps {
  readonly editor: Editor
  readonly onLink: () => void
}

interface Tool {
  readonly label: string
  readonly Icon: ComponentType<{ size?: number }>
  readonly run: () => void
}

/** On a phone the bar has room for these; the sheet under "Aa" has the others. */
const ON_PHONES: ReadonlySet<Toggle> = new Set(['bold', 'bulletList', 'taskList'])

/** The groups of the bar, and their order in the sheet of a phone. */
const GROUPS: readonly (readonly Toggle[])[] = [
  ['bold', 'italic', 'underline', 'strike', 'link'],
  ['bulletList', 'orderedList', 'taskList'],
  ['blockquote', 'code', 'codeBlock'],
]

function toolsOf(editor: Editor, words: Words, onLink: () => void): Record<Toggle, Tool> {
  const chain = () => editor.chain().focus()
  return {
    bold: { label: words.bold, Icon: BoldIcon, run: () => chain().toggleBold().run() },
    italic: { label: words.italic, Icon: ItalicIcon, run: () => chain().toggleItalic().run() },
    underline: { label: words.underline, Icon: UnderlineIcon, run: () => chain().toggleUnderline().run() },
    strike: { label: words.strike, Icon: StrikeIcon, run: () => chain().toggleStrike().run() },
    link: { label: words.link, Icon: LinkIcon, run: onLink },
    bulletList: { label: words.bulletList, Icon: BulletsIcon, run: () => chain().toggleBulletList().run() },
    orderedList: {
      label: words.orderedList,
      Icon: NumbersIcon,
      run: () => chain().toggleOrderedList().run(),
    },
    taskList: { label: words.taskList, Icon: TasksIcon, run: () => chain().toggleTaskList().run() },
    blockquote: { label: words.quote, Icon: QuoteIcon, run: () => chain().toggleBlockquote().run() },
    code: { label: words.code, Icon: CodeIcon, run: () => chain().toggleCode().run() },
    codeBlock: { label: words.codeBlock, Icon: CodeBlockIcon, run: () => chain().toggleCodeBlock().run() },
  }
}

/** The formatting toolbar: one tab stop; arrow keys move inside. Pressing a button leaves the caret where it is. */
export function Toolbar({ editor, onLink }: ToolbarProps) {
  const words = useWords()
  const formats = useFormats(editor)
  const bar = useRef<HTMLDivElement>(null)
  const chain = () => editor.chain().focus()
  const tools = toolsOf(editor, words, onLink)
  useRovingTabStop(bar)
  useFadedEnds(bar)
  return (
    <div
      ref={bar}
      className="toolbar"
      role="toolbar"
      aria-label={words.toolbar}
      aria-orientation="horizontal"
      onKeyDown={moveAlong}
    >
      <Act
        look="tool-undo"
        label={words.undo}
        Icon={UndoIcon}
        disabled={!formats.canUndo}
        run={() => chain().undo().run()}
      />
      <Act
        look="tool-undo"
        label={words.redo}
        Icon={RedoIcon}
        disabled={!formats.canRedo}
        run={() => chain().redo().run()}
      />
      <Gap />
      <StyleMenu editor={editor} formats={formats} tools={tools} />
      {GROUPS.map((group) => (
        <Fragment key={group[0]}>
          <Gap />
          {group.map((name) => {
            const { label, Icon, run } = tools[name]
            return (
              <button
                key={name}
                type="button"
                className={ON_PHONES.has(name) ? 'icon-button' : 'icon-button tool-wide'}
                aria-label={label}
                title={label}
                aria-pressed={formats.on.has(name)}
                tabIndex={-1}
                onMouseDown={keepFocus}
                onClick={run}
              >
                <Icon />
              </button>
            )
          })}
        </Fragment>
      ))}
      <Act
        look="tool-wide"
        label={words.divider}
        Icon={DividerIcon}
        run={() => chain().setHorizontalRule().run()}
      />
      <Act
        look="tool-touch"
        label={words.hideKeyboard}
        Icon={HideKeyboardIcon}
        run={() => editor.commands.blur()}
      />
    </div>
  )
}

interface StyleMenuProps {
  readonly editor: Editor
  readonly formats: Formats
  readonly tools: Record<Toggle, Tool>
}

/** The styles of a paragraph; on a phone a sheet with the formats too that the bar has no room for. */
function StyleMenu({ editor, formats, tools }: StyleMenuProps) {
  const words = useWords()
  const style = formats.level === 0 ? words.paragraph : words.heading(formats.level)
  const chain = () => editor.chain().focus()
  return (
    <Popover
      kind="menu"
      align="start"
      tabIndex={-1}
      label={words.labelled(words.blockStyle, style)}
      buttonClass="style-button"
      button={
        <>
          <span className="style-word">{style}</span>
          <span className="style-aa">Aa</span>
          <DownIcon size={16} />
        </>
      }
    >
      {(close) => {
        const choose = (act: () => void) => () => {
          close()
          act()
        }
        return (
          <>
            <MenuChoice chosen={formats.level === 0} onChoose={choose(() => chain().setParagraph().run())}>
              {words.paragraph}
            </MenuChoice>
            {LEVELS.map((level) => (
              <MenuChoice
                key={level}
                chosen={formats.level === level}
                onChoose={choose(() => chain().setHeading({ level }).run())}
              >
                <span className={`style-h${level}`}>{words.heading(level)}</span>
              </MenuChoice>
            ))}
            <hr className="menu-narrow" />
            {GROUPS.flat()
              .filter((name) => !ON_PHONES.has(name))
              .map((name) => {
                const { label, Icon, run } = tools[name]
                return (
                  <MenuItem
                    key={name}
                    isNarrowOnly
                    checked={formats.on.has(name)}
                    sign={<Icon size={16} />}
                    onChoose={choose(run)}
                  >
                    {label}
                  </MenuItem>
                )
              })}
            <MenuItem
              isNarrowOnly
              sign={<DividerIcon size={16} />}
              onChoose={choose(() => chain().setHorizontalRule().run())}
            >
              {words.divider}
            </MenuItem>
          </>
        )
      }}
    </Popover>
  )
}

interface ActProps extends Tool {
  readonly disabled?: boolean
  readonly look?: string
}

function Act({ label, Icon, run, disabled = false, look = '' }: ActProps) {
  return (
    <button
      type="button"
      className={`icon-button ${look}`}
      aria-label={label}
      title={label}
      // Not `disabled`: the arrow keys must be able to pass over it.
      aria-disabled={disabled}
      tabIndex={-1}
      onMouseDown={keepFocus}
      onClick={() => {
        if (!disabled) run()
      }}
    >
      <Icon />
    </button>
  )
}

function Gap() {
  return <span className="toolbar-gap" aria-hidden="true" />
}

/** Makes the first button the tab stop until another one has had the focus. */
function useRovingTabStop(bar: React.RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const element = bar.current
    if (!element) return
    const first = buttonsOf(element)[0]
    if (first) first.tabIndex = 0
    const focused = (event: FocusEvent) => {
      const buttons = buttonsOf(element)
      if (!(event.target instanceof HTMLElement) || !buttons.includes(event.target)) return
      for (const button of buttons) button.tabIndex = button === event.target ? 0 : -1
    }
    element.addEventListener('focusin', focused)
    return () => element.removeEventListener('focusin', focused)
  }, [bar])
}

/** Returns the buttons that are shown, in the order in which they are seen: on phones it is another one. */
function buttonsOf(bar: HTMLElement): HTMLElement[] {
  return [...bar.querySelectorAll<HTMLElement>(':scope > button')]
    .filter((button) => button.checkVisibility())
    .sort((a, b) => a.offsetLeft - b.offsetLeft)
}

function moveAlong(event: KeyboardEvent<HTMLDivElement>): void {
  const buttons = buttonsOf(event.currentTarget)
  // Keys of a menu that is open bubble up to here.
  if (buttons.some((button) => button === document.activeElement)) moveFocus(event, buttons, 'horizontal')
}
