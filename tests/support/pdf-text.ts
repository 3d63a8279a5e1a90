import { inflateSync } from 'node:zlib'

/** The text of a PDF as Chromium writes it, in the order in which it is painted, without spaces. */
export function textOfPdf(pdf: Buffer): string {
  const objects = objectsOf(pdf)
  const pages = [...objects.values()].filter(({ dictionary }) => /\/Type\s*\/Page\b/.test(dictionary))
  return pages.map((page) => textOfPage(page, objects)).join('')
}

interface PdfObject {
  readonly dictionary: string
  readonly stream: string
}

type Objects = ReadonlyMap<string, PdfObject>

function objectsOf(pdf: Buffer): Objects {
  const text = pdf.toString('latin1')
  const objects = new Map<string, PdfObject>()
  const begin = /(\d+) 0 obj\s/g
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    const [, number = ''] = match
    const end = text.indexOf('endobj', begin.lastIndex)
    const stream = text.indexOf('stream\n', begin.lastIndex)
    if (stream === -1 || stream > end) {
      objects.set(number, { dictionary: text.slice(begin.lastIndex, end), stream: '' })
      continue
    }
    const dictionary = text.slice(begin.lastIndex, stream)
    const from = stream + 'stream\n'.length
    const length = Number(/\/Length (\d+)/.exec(dictionary)?.[1] ?? 0)
    const bytes = pdf.subarray(from, from + length)
    const content = dictionary.includes('/FlateDecode') ? inflateSync(bytes) : bytes
    objects.set(number, { dictionary, stream: content.toString('latin1') })
    begin.lastIndex = from + length
  }
  return objects
}

interface Font {
  /** Hexadecimal digits of a glyph. */
  readonly digits: number
  readonly characters: ReadonlyMap<string, string>
}

const OPERATORS = /\/(F\d+) [\d.]+ Tf|\/ActualText <FEFF(\w*)>|<(\w+)>|\b(EMC)\b/g

function textOfPage({ dictionary }: PdfObject, objects: Objects): string {
  const contents = referred(dictionary, 'Contents', objects)
  const fonts = new Map<string, Font>()
  for (const [, name = '', number = ''] of dictionary.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
    const font = objects.get(number)
    if (!font) continue
    const table = referred(font.dictionary, 'ToUnicode', objects)?.stream ?? ''
    const digits = font.dictionary.includes('/Type3') ? 2 : 4
    fonts.set(name, { digits, characters: charactersOf(table) })
  }
  let font: Font | undefined
  let said = false
  const parts: string[] = []
  for (const [, name, actual, glyphs, end] of (contents?.stream ?? '').matchAll(OPERATORS)) {
    if (name !== undefined) font = fonts.get(name)
    else if (actual !== undefined) {
      parts.push(unicode(actual))
      said = true
    } else if (end !== undefined) said = false
    else if (!said && font && glyphs)
      for (let at = 0; at < glyphs.length; at += font.digits)
        parts.push(font.characters.get(glyphs.slice(at, at + font.digits).toUpperCase()) ?? '')
  }
  // Some fonts know a Han character by a second code point (不 as U+F967, 人 as U+2F08).
  return parts.join('').normalize('NFKC').replace(/\s/g, '')
}

function referred(dictionary: string, key: string, objects: Objects): PdfObject | undefined {
  const number = new RegExp(`/${key} (\\d+) 0 R`).exec(dictionary)?.[1]
  return number === undefined ? undefined : objects.get(number)
}

/** Glyphs and what they mean, from a font's table. */
function charactersOf(table: string): ReadonlyMap<string, string> {
  const characters = new Map<string, string>()
  for (const [, lines = ''] of table.matchAll(/beginbfchar\n([\s\S]*?)endbfchar/g))
    for (const [, glyph = '', code = ''] of lines.matchAll(/<(\w+)> <(\w+)>/g))
      characters.set(glyph.toUpperCase(), unicode(code))
  for (const [, lines = ''] of table.matchAll(/beginbfrange\n([\s\S]*?)endbfrange/g))
    for (const [, from = '', to = '', code = ''] of lines.matchAll(/<(\w+)> <(\w+)> <(\w+)>/g))
      for (let glyph = Number.parseInt(from, 16); glyph <= Number.parseInt(to, 16); glyph++) {
        const offset = glyph - Number.parseInt(from, 16)
        const shifted = (Number.parseInt(code, 16) + offset).toString(16).padStart(4, '0')
        characters.set(glyph.toString(16).padStart(from.length, '0').toUpperCase(), unicode(shifted))
      }
  return characters
}

function unicode(hex: string): string {
  return (hex.match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join('')
}
