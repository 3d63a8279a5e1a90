import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import {
  type Attributes,
  BODY_CHILDREN,
  isAttributeValue,
  isMarkValue,
  NODE_KINDS,
  type NodeKind,
} from './schema.ts'
import { isTooDeep } from './type-nesting.ts'

/*
 * Checks a document against the schema of the editor (lib/document/schema.ts). Only content that our editors never
 * produce, alone or merged with others, is a breach: an emptied list is not, and the editors tidy it themselves.
 */

/**
 * Content that is not allowed in its place. `clientId`: the client that created it. `what`: a description for the
 * log, never the text.
 */
export interface Breach {
  readonly clientId: number
  readonly what: string
}

/**
 * The result of a check. `update` is a Yjs v1 update without structs that deletes the breaches and nothing else; null
 * if there are none.
 */
export interface SchemaFinding {
  readonly breaches: readonly Breach[]
  readonly update: Uint8Array | null
}

const MOST_BREACHES = 100
/** Maximum UTF-16 units of a title, as of any other value. The editor allows far fewer. */
const TITLE_UNITS = LIMITS.valueBytes

/**
 * Finds the content of `doc` that breaks the schema and deletes it from `doc`. Linear in the document and without
 * recursion, so that deeply nested types cannot overflow the stack. Does not look inside deleted content.
 */
export function checkSchema(doc: Y.Doc): SchemaFinding {
  const walk = new Walk()
  walk.body(doc.getXmlFragment(ROOTS.body))
  walk.title(doc.getText(ROOTS.title))
  if (walk.breaches.length === 0) return { breaches: [], update: null }
  let update: Uint8Array | null = null
  const take = (bytes: Uint8Array): void => {
    update = bytes
  }
  doc.on('update', take)
  doc.transact((transaction) => {
    for (const item of walk.condemned) item.delete(transaction)
    const title = doc.getText(ROOTS.title)
    if (title.length > TITLE_UNITS) title.delete(TITLE_UNITS, title.length - TITLE_UNITS)
  })
  doc.off('update', take)
  return { breaches: walk.breaches.slice(0, MOST_BREACHES), update }
}

/** The internals that are read of any Y type. */
interface Holder {
  readonly _start: Y.Item | null
  readonly _map: ReadonlyMap<string, Y.Item>
}

/** A type to be checked: its allowed content, and the number of types around it. */
interface Visit extends NodeKind {
  readonly type: Holder
  readonly depth: number
}

const NONE: Attributes = {}

class Walk {
  readonly condemned: Y.Item[] = []
  readonly breaches: Breach[] = []
  readonly #left: Visit[] = []

  body(type: Y.XmlFragment): void {
    this.#left.push({ type, depth: 0, children: BODY_CHILDREN, text: null, attributes: NONE })
    for (let visit = this.#left.pop(); visit; visit = this.#left.pop()) this.#visit(visit)
  }

  title(type: Y.Text): void {
    this.#attributes(type, NONE)
    let units = 0
    for (const item of itemsOf(type)) {
      units += item.length
      if (!(item.content instanceof Y.ContentString)) this.#condemn(item, 'not text in the title')
      else if (units > TITLE_UNITS) this.#report(item, 'too long a title')
    }
  }

  #visit({ type, depth, children, text, attributes }: Visit): void {
    this.#attributes(type, attributes)
    for (const item of itemsOf(type)) {
      const inner = item.content instanceof Y.ContentType ? item.content.type : null
      if (inner instanceof Y.XmlText && text) {
        if (isTooDeep(depth)) this.#condemn(item, 'too deep')
        else this.#text(inner, text === 'formatted')
      } else if (inner instanceof Y.XmlElement && children.includes(inner.nodeName)) {
        const kind = NODE_KINDS.get(inner.nodeName)
        if (!kind || isTooDeep(depth)) this.#condemn(item, 'too deep')
        else this.#left.push({ type: inner, depth: depth + 1, ...kind })
      } else
        this.#condemn(
          item,
          inner ? `a ${nameOf(inner)} in a ${nameOf(type)}` : `no type in a ${nameOf(type)}`,
        )
    }
  }

  #text(type: Y.XmlText, formatted: boolean): void {
    this.#attributes(type, NONE)
    for (const item of itemsOf(type)) {
      const { content } = item
      if (content instanceof Y.ContentString) continue
      if (!(content instanceof Y.ContentFormat)) this.#condemn(item, 'not text in a text')
      else if (!isMarkValue(content.key, content.value) || (!formatted && content.value !== null))
        this.#condemn(item, 'a format that is none')
    }
  }

  #attributes(type: Holder, attributes: Attributes): void {
    for (const [name, item] of type._map) {
      if (item.deleted) continue
      const kind = Object.hasOwn(attributes, name) ? attributes[name] : undefined
      const { content } = item
      // Y.XmlElement stores each attribute as a list of one value, the last of which counts.
      const value: unknown = content instanceof Y.ContentAny ? content.arr.at(-1) : content
      if (kind === undefined || !isAttributeValue(kind, value))
        this.#condemn(item, kind === undefined ? 'an unknown attribute' : `no ${kind} as an attribute`)
    }
  }

  #condemn(item: Y.Item, what: string): void {
    this.condemned.push(item)
    this.#report(item, what)
  }

  #report(item: Y.Item, what: string): void {
    this.breaches.push({ clientId: item.id.client, what })
  }
}

function* itemsOf(type: Holder): Generator<Y.Item> {
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) yield item
}

/** Names known kinds only: an unknown name may contain text that must not reach the log. */
function nameOf(type: Holder): string {
  if (type instanceof Y.XmlElement) return NODE_KINDS.has(type.nodeName) ? type.nodeName : 'strange element'
  if (type instanceof Y.XmlText) return 'text'
  return type instanceof Y.XmlFragment ? 'body' : 'strange type'
}
