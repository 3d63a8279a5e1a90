import { Extension, InputRule, textblockTypeInputRule, wrappingInputRule } from '@tiptap/core'

/*
 * Markdown at the start of a line, typed with a full-width input method: ＃ － ＊ ＋ ＞ １． ［］ ｀｀｀ work like their
 * half-width twins. The editor handles the half-width ones itself, except for numbers; the other patterns match only
 * if they contain a full-width sign.
 */

export const TWINS = {
  heading: /^(?=.*＃)([#＃]{1,4})\s$/,
  bulletList: /^\s*([－＊＋•‧])\s$/,
  // Half-width ones too. More than three digits are a year or an amount.
  orderedList: /^([0-9０-９]{1,3})[.．]\s$/,
  taskList: /^\s*(?=.*[［］])[[［]([ 　xX×ｘＸ✓])?[\]］]\s$/,
  quote: /^\s*＞\s$/,
  codeBlock: /^(?=.*｀)[`｀]{3}([a-zA-Z]+)?\s$/,
  divider: /^(?:－－－|———|＊＊＊\s|＿＿＿\s)$/,
} as const

/** Parses a number in half-width or full-width digits. */
export function numberIn(digits: string): number {
  return Number(digits.normalize('NFKC'))
}

/** The rules as a Tiptap extension. */
export const MarkdownTwins = Extension.create({
  name: 'markdownTwins',

  addInputRules() {
    const { bulletList, orderedList, taskItem, blockquote, heading, codeBlock, horizontalRule } =
      this.editor.schema.nodes
    if (!bulletList || !orderedList || !taskItem || !blockquote || !heading || !codeBlock || !horizontalRule)
      throw new Error('the Markdown twins need every block of the schema')
    return [
      textblockTypeInputRule({
        find: TWINS.heading,
        type: heading,
        getAttributes: (match) => ({ level: match[1]?.length ?? 1 }),
      }),
      wrappingInputRule({ find: TWINS.bulletList, type: bulletList }),
      wrappingInputRule({
        find: TWINS.orderedList,
        type: orderedList,
        getAttributes: (match) => ({ start: numberIn(match[1] ?? '1') }),
        joinPredicate: (match, before) =>
          (before.attrs.type ?? '1') === '1' &&
          before.childCount + before.attrs.start === numberIn(match[1] ?? '1'),
      }),
      wrappingInputRule({
        find: TWINS.taskList,
        type: taskItem,
        getAttributes: (match) => ({ checked: /[xX×ｘＸ✓]/.test(match[1] ?? '') }),
      }),
      wrappingInputRule({ find: TWINS.quote, type: blockquote }),
      textblockTypeInputRule({
        find: TWINS.codeBlock,
        type: codeBlock,
        getAttributes: (match) => ({ language: match[1] ?? null }),
      }),
      new InputRule({
        find: TWINS.divider,
        handler: ({ range, chain }) => {
          chain().deleteRange(range).setHorizontalRule().run()
        },
      }),
    ]
  },
})
