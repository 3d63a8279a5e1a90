import type { ContentMatch, NodeType } from '@tiptap/pm/model'
import { expect, test } from 'vitest'
import { BODY_CHILDREN, isAttributeValue, MARK_KINDS, NODE_KINDS } from '#lib/document/schema.ts'
import { PLACEHOLDERS } from '#lib/editor/binding/sync-plugin.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import { schema } from '../editor/replica.ts'

/** Set by the editor for the page only, never stored. */
const NOT_STORED = ['dir']

/** Placeholders for content that the editor does not know are never stored. */
const isPlaceholder = (name: string) => Object.values<string>(PLACEHOLDERS).includes(name)

/** Returns the nodes allowed in a node, by the editor's own grammar. */
function childrenOf(type: NodeType): string[] {
  const found = new Set<string>()
  const seen = new Set<ContentMatch>()
  const left = [type.contentMatch]
  for (let match = left.pop(); match; match = left.pop()) {
    if (seen.has(match)) continue
    seen.add(match)
    for (let i = 0; i < match.edgeCount; i++) {
      const edge = match.edge(i)
      if (!isPlaceholder(edge.type.name)) found.add(edge.type.name)
      left.push(edge.next)
    }
  }
  return [...found].sort()
}

const stored = (attributes: object): string[] =>
  Object.keys(attributes)
    .filter((name) => !NOT_STORED.includes(name))
    .sort()

test('the schema as data is the schema of the editor', () => {
  expect(SCHEMA_VERSION).toBe(1)
  const ours = Object.fromEntries(
    [...NODE_KINDS].map(([name, { children, text, attributes }]) => [
      name,
      {
        children: [...children, ...(text ? ['text'] : [])].sort(),
        attributes: stored(attributes),
        formatted: text === 'formatted',
      },
    ]),
  )
  const theirs = Object.fromEntries(
    Object.entries(schema.nodes)
      .filter(([name]) => name !== 'doc' && name !== 'text' && !isPlaceholder(name))
      .map(([name, type]) => [
        name,
        {
          children: childrenOf(type),
          attributes: stored(type.spec.attrs ?? {}),
          formatted:
            type.inlineContent && Object.values(schema.marks).every((mark) => type.allowsMarkType(mark)),
        },
      ]),
  )
  expect(ours).toEqual(theirs)
  expect([...BODY_CHILDREN].sort()).toEqual(childrenOf(schema.topNodeType))
  expect(Object.fromEntries([...MARK_KINDS].map(([name, attrs]) => [name, stored(attrs)]))).toEqual(
    Object.fromEntries(
      Object.entries(schema.marks).map(([name, { spec }]) => [name, stored(spec.attrs ?? {})]),
    ),
  )
})

test('content that the editor writes by itself is allowed there', () => {
  for (const [name, { attributes }] of NODE_KINDS) {
    for (const [key, kind] of Object.entries(attributes)) {
      expect(isAttributeValue(kind, schema.nodes[name]?.spec.attrs?.[key]?.default)).toBe(true)
    }
  }
})
