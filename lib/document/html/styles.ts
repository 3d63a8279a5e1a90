import {
  attribute,
  classesOf,
  descendants,
  type Element,
  hasAttribute,
  isElement,
  type Node,
  textBelow,
} from './tree.ts'

/** CSS declarations by property, in lower case. */
type Declarations = ReadonlyMap<string, string>

/** The formats of text at a place in the tree, from elements and styles around it. */
export interface TextStyle {
  readonly bold: boolean
  readonly italic: boolean
  readonly underline: boolean
  readonly strike: boolean
  readonly code: boolean
  readonly href: string | null
  /** True where spaces and newlines count. */
  readonly keepsSpace: boolean
}

export const PLAIN: TextStyle = {
  bold: false,
  italic: false,
  underline: false,
  strike: false,
  code: false,
  href: null,
  keepsSpace: false,
}

const NONE: Declarations = new Map()

/** The most CSS read, characters: Excel's own is about 20,000. */
const MOST_CSS = 500_000

/**
 * The styles of a pasted page: rules for one class, as Excel, Pages and Google Sheets write them, and the `style`
 * attributes of elements.
 */
export class Styles {
  readonly #classes: ReadonlyMap<string, Declarations>
  readonly #read = new WeakMap<Element, Declarations>()

  constructor(nodes: readonly Node[]) {
    this.#classes = classRules(nodes)
  }

  of(element: Element): Declarations {
    const css = attribute(element, 'style')
    if (css === '' && (this.#classes.size === 0 || !hasAttribute(element, 'class'))) return NONE
    const known = this.#read.get(element)
    if (known) return known
    const found = new Map<string, string>()
    if (this.#classes.size > 0)
      for (const name of classesOf(element))
        for (const [key, value] of this.#rulesFor(element, name)) found.set(key, value)
    for (const [key, value] of declarationsIn(css)) found.set(key, value)
    this.#read.set(element, found)
    return found
  }

  /** Returns true for elements that a page does not show. */
  hides(element: Element): boolean {
    const style = this.of(element)
    return (
      element.attrs.some(({ name }) => name === 'hidden') ||
      style.get('display') === 'none' ||
      style.get('mso-hide') === 'all' ||
      style.get('visibility') === 'hidden'
    )
  }

  *#rulesFor({ tagName }: Element, name: string): Generator<[string, string]> {
    yield* this.#classes.get(`.${name}`) ?? []
    yield* this.#classes.get(`${tagName}.${name}`) ?? []
  }
}

/** Returns the style of text in an element whose declarations are these. */
export function inherited(style: TextStyle, own: Declarations): TextStyle {
  if (own.size === 0) return style
  const font = own.get('font') ?? ''
  const weight = own.get('font-weight') ?? /\b(bold|bolder|[1-9]00)\b/.exec(font)?.[0]
  const slant = own.get('font-style') ?? /\b(italic|oblique)\b/.exec(font)?.[0]
  const line = `${own.get('text-decoration') ?? ''} ${own.get('text-decoration-line') ?? ''}`
  const space = own.get('white-space') ?? own.get('white-space-collapse')
  return {
    ...style,
    bold: weight === undefined ? style.bold : isBold(weight, style.bold),
    italic: slant === undefined || slant === 'inherit' ? style.italic : /^(italic|oblique)/.test(slant),
    underline: style.underline || /\bunderline\b/.test(line),
    strike: style.strike || /\bline-through\b/.test(line),
    keepsSpace:
      space === undefined || space === 'inherit' ? style.keepsSpace : /^(pre|break|preserve)/.test(space),
  }
}

/** Returns true for a font in which all letters are as wide as each other. */
export function isMonospace(own: Declarations): boolean {
  return /monospace|menlo|monaco|consolas|courier|jetbrains mono|sf mono|fira code|source code/.test(
    `${own.get('font-family') ?? ''} ${own.get('font') ?? ''}`,
  )
}

function isBold(weight: string, inheritedBold: boolean): boolean {
  if (/^(bold|bolder)$/.test(weight)) return true
  if (/^(normal|lighter|initial)$/.test(weight)) return false
  const number = Number.parseInt(weight, 10)
  return Number.isNaN(number) ? inheritedBold : number >= 600
}

function declarationsIn(css: string): Declarations {
  const found = new Map<string, string>()
  for (const declaration of css.split(';')) {
    const colon = declaration.indexOf(':')
    if (colon < 0) continue
    // A variable that the page had: what it says for the case that there is none.
    const value = declaration
      .slice(colon + 1)
      .replace(/!\s*important/i, '')
      .replace(/^\s*var\([^,()]*,([^()]*)\)/, '$1')
    found.set(declaration.slice(0, colon).trim().toLowerCase(), value.trim().toLowerCase())
  }
  return found
}

/** Reads the rules whose selector is a class, or a tag with a class. */
function classRules(nodes: readonly Node[]): ReadonlyMap<string, Declarations> {
  const rules = new Map<string, Map<string, string>>()
  let css = ''
  for (const node of descendants({ childNodes: [...nodes] }))
    if (isElement(node) && node.tagName === 'style' && css.length < MOST_CSS) css += `${textBelow(node)}\n`
  for (const rule of css.replaceAll('<!--', '').replaceAll('-->', '').split('}')) {
    const brace = rule.indexOf('{')
    if (brace < 0) continue
    const declarations = declarationsIn(rule.slice(brace + 1))
    for (const selector of rule.slice(0, brace).split(',')) {
      const name = selector
        .trim()
        .replace(/^.*\*\//s, '')
        .trim()
      if (!/^[a-z0-9]*\.[\w-]+$/i.test(name)) continue
      const key = name.replace(/^[^.]*/, (tag) => tag.toLowerCase())
      const known = rules.get(key) ?? new Map<string, string>()
      for (const [property, value] of declarations) known.set(property, value)
      rules.set(key, known)
    }
  }
  return rules
}
