'use client'

import type { Editor } from '@tiptap/core'
import { type ComponentType, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import {
  BoldIcon,
  BulletsIcon,
  CodeBlockIcon,
  CodeIcon,
  DividerIcon,
  DownIcon,
  ItalicIcon,
  LinkIcon,
  NumbersIcon,
  QuoteIcon,
  RedoIcon,
  StrikeIcon,
  TasksIcon,
  UnderlineIcon,
  UndoIcon,
} from '#lib/ui/icons.tsx'
import { useWords } from '#lib/ui/interface.tsx'
import { MenuChoice } from '#lib/ui/menu-items.tsx'
import { keepFocus, Popover } from '#lib/ui/overlays.tsx'
import { moveFocus } from '#lib/ui/roving-focus.ts'
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

/** The formatting toolbar: one tab stop; arrow keys move inside. Pressing a button leaves the caret where it is. */
export function Toolbar({ editor, onLink }: ToolbarProps) {
  const words = useWords()
  const formats = useFormats(editor)
  const bar = useRef<HTMLDivElement>(null)
  const chain = () => editor.chain().focus()
  const style = formats.level === 0 ? words.paragraph : words.heading(formats.level)
  useRovingTabStop(bar)

  const toggle = (name: Toggle, label: string, Icon: ComponentType, run: () => void) => (
    <button
      type="button"
      className="icon-button"
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
  return (
    <div
      ref={bar}
      className="toolbar"
      role="toolbar"
      aria-label={words.toolbar}
      aria-orientation="horizontal"
      onKeyDown={moveAlong}
    >
      <Popover
        kind="menu"
        align="start"
        tabIndex={-1}
        label={words.labelled(words.blockStyle, style)}
        buttonClass="style-button"
        button={
          <>
            <span>{style}</span>
            <DownIcon size={16} />
          </>
        }
      >
        {(close) => (
          <>
            <MenuChoice
              chosen={formats.level === 0}
              onChoose={() => {
                close()
                chain().setParagraph().run()
              }}
            >
              {words.paragraph}
            </MenuChoice>
            {LEVELS.map((level) => (
              <MenuChoice
                key={level}
                chosen={formats.level === level}
                onChoose={() => {
                  close()
                  chain().setHeading({ level }).run()
                }}
              >
                <span className={`style-h${level}`}>{words.heading(level)}</span>
              </MenuChoice>
            ))}
          </>
        )}
      </Popover>
      <Gap />
      {toggle('bold', words.bold, BoldIcon, () => chain().toggleBold().run())}
      {toggle('italic', words.italic, ItalicIcon, () => chain().toggleItalic().run())}
      {toggle('underline', words.underline, UnderlineIcon, () => chain().toggleUnderline().run())}
      {toggle('strike', words.strike, StrikeIcon, () => chain().toggleStrike().run())}
      {toggle('link', words.link, LinkIcon, onLink)}
      <Gap />
      {toggle('bulletList', words.bulletList, BulletsIcon, () => chain().toggleBulletList().run())}
      {toggle('orderedList', words.orderedList, NumbersIcon, () => chain().toggleOrderedList().run())}
      {toggle('taskList', words.taskList, TasksIcon, () => chain().toggleTaskList().run())}
      <Gap />
      {toggle('blockquote', words.quote, QuoteIcon, () => chain().toggleBlockquote().run())}
      {toggle('code', words.code, CodeIcon, () => chain().toggleCode().run())}
      {toggle('codeBlock', words.codeBlock, CodeBlockIcon, () => chain().toggleCodeBlock().run())}
      <Act label={words.divider} Icon={DividerIcon} run={() => chain().setHorizontalRule().run()} />
      <Gap />
      <Act label={words.undo} Icon={UndoIcon} disabled={!formats.canUndo} run={() => chain().undo().run()} />
      <Act label={words.redo} Icon={RedoIcon} disabled={!formats.canRedo} run={() => chain().redo().run()} />
    </div>
  )
}

interface ActProps {
  readonly label: string
  readonly Icon: ComponentType
  readonly run: () => void
  readonly disabled?: boolean
}

function Act({ label, Icon, run, disabled = false }: ActProps) {
  return (
    <button
      type="button"
      className="icon-button"
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

function buttonsOf(bar: HTMLElement): HTMLElement[] {
  return [...bar.querySelectorAll<HTMLElement>(':scope > button')]
}

function moveAlong(event: KeyboardEvent<HTMLDivElement>): void {
  const buttons = buttonsOf(event.currentTarget)
  // Keys of a menu that is open bubble up to here.
  if (buttons.some((button) => button === document.activeElement)) moveFocus(event, buttons, 'horizontal')
}
