import * as Y from 'yjs'

/** Returns a paragraph as the editor writes one. */
export function paragraphOf(text = ''): Y.XmlElement {
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText(text)])
  return paragraph
}

/** Returns the text of a document's first paragraph, or null if there is none. */
export function firstText(doc: Y.Doc): Y.XmlText | null {
  const [paragraph] = doc.getXmlFragment('body').slice(0, 1)
  const text = paragraph instanceof Y.XmlElement && paragraph.length > 0 ? paragraph.get(0) : null
  return text instanceof Y.XmlText ? text : null
}
