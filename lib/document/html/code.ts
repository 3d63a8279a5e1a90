import { type Content, textNode } from '../content.ts'
import { isMonospace } from './styles.ts'
import {
  attribute,
  classesOf,
  descendants,
  type Element,
  hasClass,
  isElement,
  type Node,
  textOfNode,
} from './tree.ts'

/** Elements that begin a line of their own in code. */
const LINES: ReadonlySet<string> = new Set(['div', 'p', 'li', 'tr'])
/** Line numbers that a page shows beside code. */
const GUTTERS = [
  'gutter',
  'lineno',
  'line-numbers',
  'linenumber',
  'line-numbers-rows',
  'hljs-ln-numbers',
  'blob-num',
]
/** The languages of classes: `language-js`, `lang-js`, `highlight-source-js`. */
const LANGUAGE = /^(?:language|lang|highlight-source|highlight-text)-([\w+#.-]{1,40})$/

/** Returns the code in an element as a block, without the blank lines at its ends unless it is ours. */
export function codeBlockIn(element: Element, isExact = false): Content {
  const whole = codeIn(element)
  const code = isExact ? whole : whole.replaceAll('\u00a0', ' ').replace(/^\n/, '').replace(/\n$/, '')
  const language = languageIn(element)
  return {
    type: 'codeBlock',
    ...(language === null ? {} : { attrs: { language } }),
    ...(code === '' ? {} : { content: [textNode(code)] }),
  }
}

/** Returns true for the box that code editors copy: letters of one width in which spaces count. */
export function isCodeBox({ tagName }: Element, own: ReadonlyMap<string, string>): boolean {
  return tagName === 'div' && isMonospace(own) && /^pre/.test(own.get('white-space') ?? '')
}

function codeIn(element: Element): string {
  let code = ''
  const startLine = () => {
    if (code !== '' && !code.endsWith('\n')) code += '\n'
  }
  // Ends of elements are on the stack too, as their tags.
  const left: (Node | 'end of line')[] = [...element.childNodes].reverse()
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node === 'end of line') {
      startLine()
      continue
    }
    code += textOfNode(node) ?? ''
    if (!isElement(node)) continue
    if (node.tagName === 'br') code += '\n'
    if (
      GUTTERS.some((name) => hasClass(node, name)) ||
      ['script', 'style', 'button', 'svg'].includes(node.tagName)
    )
      continue
    if (LINES.has(node.tagName)) {
      startLine()
      left.push('end of line')
    }
    for (let i = node.childNodes.length - 1; i >= 0; i--) {
      const child = node.childNodes[i]
      if (child) left.push(child)
    }
  }
  return code.replace(/\r\n?/g, '\n')
}

function languageIn(element: Element): string | null {
  const parent = element.parentNode && 'tagName' in element.parentNode ? element.parentNode : null
  const around = [element, parent, parent?.parentNode]
  const inside = [...descendants(element)].slice(0, 3)
  for (const node of [...around, ...inside]) {
    if (!node || !('tagName' in node)) continue
    for (const name of [...classesOf(node), `language-${attribute(node, 'data-language')}`]) {
      const found = LANGUAGE.exec(name)?.[1]
      if (found && !/^(plaintext|text|none|undefined)$/.test(found)) return found.toLowerCase()
    }
  }
  return null
}
