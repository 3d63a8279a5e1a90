import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'

/* Content that our editors never produce, added to a valid document. */

/** Returns a document with a valid heading, changed by `spoil` under client id 666. */
export function spoiled(spoil: (body: Y.XmlFragment, doc: Y.Doc) => void): Y.Doc {
  const honest = new Y.Doc()
  honest.clientID = 1
  const heading = element('heading', [new Y.XmlText('honest words')])
  heading.setAttribute('level', 2 as never)
  const list = element('bulletList', [element('listItem', [element('paragraph', [new Y.XmlText('item')])])])
  honest.getXmlFragment('body').insert(0, [heading, list])
  honest.getText('title').insert(0, 'Title')
  const doc = new Y.Doc()
  doc.clientID = 666
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(honest))
  spoil(doc.getXmlFragment('body'), doc)
  return doc
}

export function element(name: string, children: (Y.XmlElement | Y.XmlText)[] = []): Y.XmlElement {
  const made = new Y.XmlElement(name)
  made.insert(0, children)
  return made
}

export const HONEST =
  '<heading level="2">honest words</heading><bulletlist><listitem><paragraph>item</paragraph></listitem></bulletlist>'
export const elementAt = (body: Y.XmlFragment, ...path: number[]): Y.XmlElement =>
  path.reduce<Y.XmlFragment>((parent, index) => parent.get(index) as Y.XmlElement, body) as Y.XmlElement
export const headingText = (body: Y.XmlFragment): Y.XmlText =>
  elementAt(body, 0).get(0) as unknown as Y.XmlText

export function tower(height: number): Y.XmlElement {
  let inner = element('blockquote')
  for (let i = 1; i < height; i++) inner = element('blockquote', [inner])
  return inner
}

/** The breaches, made with raw types where the typed methods do not allow them. */
export const BREACHES: readonly (readonly [
  fact: string,
  spoil: (body: Y.XmlFragment, doc: Y.Doc) => void,
])[] = [
  ['an unknown element', (body) => body.insert(0, [element('iframe')])],
  ['an unknown element inside a known one', (body) => elementAt(body, 1, 0).insert(0, [element('script')])],
  ['a list item at the top', (body) => body.insert(1, [element('listItem')])],
  [
    'a paragraph in a list',
    (body) => elementAt(body, 1).insert(0, [element('paragraph', [new Y.XmlText('x')])]),
  ],
  ['an element named like a property of every object', (body) => body.insert(0, [element('constructor')])],
  ['text at the top of the body', (body) => body.insert(0, [new Y.XmlText('loose')])],
  ['text in a list', (body) => elementAt(body, 1).insert(0, [new Y.XmlText('loose')])],
  ['a hook', (body) => body.insert(0, [new Y.XmlHook('hook') as never])],
  ['a map in the body', (body) => body.insert(0, [new Y.Map() as never])],
  ['a map in a text', (body) => headingText(body).insertEmbed(0, new Y.Map())],
  ['an embed', (body) => headingText(body).insertEmbed(3, { image: 'x' })],
  ['an unknown format', (body) => headingText(body).format(0, 3, { evil: true })],
  ['a format with a value that is none', (body) => headingText(body).format(0, 3, { bold: 'yes' })],
  ['a format with strange attributes', (body) => headingText(body).format(0, 3, { bold: { onclick: 'x' } })],
  ['a format in code', (body) => body.insert(0, [element('codeBlock', [bold('x')])])],
  ['a javascript: link', (body) => headingText(body).format(0, 3, { link: { href: 'javascript:alert(1)' } })],
  ['a relative link', (body) => headingText(body).format(0, 3, { link: { href: '/admin' } })],
  ['a link to no text', (body) => headingText(body).format(0, 3, { link: { href: { toString: 1 } } })],
  ['an unknown attribute', (body) => elementAt(body, 0).setAttribute('onclick', 'x')],
  ['an attribute of another element', (body) => elementAt(body, 1).setAttribute('level', 1 as never)],
  ['an attribute of a text', (body) => headingText(body).setAttribute('class', 'x')],
  [
    'an attribute that is an object',
    (body) => elementAt(body, 1, 0, 0).setAttribute('level', { valueOf: 1 } as never),
  ],
  ['an embed in the title', (_body, doc) => doc.getText('title').insertEmbed(0, { a: 1 })],
  ['an element in the title', (_body, doc) => doc.getText('title').insertEmbed(0, element('paragraph'))],
  [
    'a tower of quotes, built in steps',
    (body, doc) => {
      // No single batch may contain it.
      body.insert(body.length, [tower(1)])
      let top = elementAt(body, body.length - 1)
      for (let height = 0; height <= LIMITS.typeNesting; height += 8) {
        const step = tower(8)
        doc.transact(() => top.insert(top.length, [step]))
        for (let last = lastOf(top); last; last = lastOf(top)) top = last
      }
    },
  ],
]

function bold(text: string): Y.XmlText {
  const made = new Y.XmlText()
  made.insert(0, text, { bold: true })
  return made
}

function lastOf(parent: Y.XmlElement): Y.XmlElement | null {
  const last = parent.length > 0 ? parent.get(parent.length - 1) : null
  return last instanceof Y.XmlElement && last.nodeName === 'blockquote' ? last : null
}
