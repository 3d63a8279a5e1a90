import type { AnyExtension } from '@tiptap/core'
import { Blockquote } from '@tiptap/extension-blockquote'
import { Bold } from '@tiptap/extension-bold'
import { Code } from '@tiptap/extension-code'
import { CodeBlock } from '@tiptap/extension-code-block'
import { Document } from '@tiptap/extension-document'
import { HardBreak } from '@tiptap/extension-hard-break'
import { Heading } from '@tiptap/extension-heading'
import { HorizontalRule } from '@tiptap/extension-horizontal-rule'
import { Italic } from '@tiptap/extension-italic'
import { BulletList, ListItem, OrderedList } from '@tiptap/extension-list'
import { Paragraph } from '@tiptap/extension-paragraph'
import { Strike } from '@tiptap/extension-strike'
import { Text } from '@tiptap/extension-text'
import { Underline } from '@tiptap/extension-underline'

/**
 * Returns the blocks and formats of Tiptap's starter kit, in its order, which is the order of the schema. The kit
 * itself is not used: it includes an undo history that a shared document cannot use and that every visitor would
 * download.
 */
export function basicExtensions(): AnyExtension[] {
  return [
    Bold,
    Blockquote,
    BulletList,
    Code,
    CodeBlock.configure({ enableTabIndentation: true, tabSize: 2 }),
    Document,
    HardBreak,
    Heading.configure({ levels: [1, 2, 3, 4] }),
    HorizontalRule,
    Italic,
    ListItem,
    // Markdown makes numbered lists with markdown-twins.ts.
    OrderedList.extend({ addInputRules: () => [] }),
    Paragraph,
    Strike,
    Text,
    Underline,
  ]
}
