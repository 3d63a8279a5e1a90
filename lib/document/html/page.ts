import type * as Y from 'yjs'
import { contentOf } from '../content.ts'
import { lettersIn, mainLanguageOf } from '../languages.ts'
import { textOf } from '../text.ts'
import { firstLine, setTitle, titleOf } from '../title.ts'
import { escapeHtml, htmlOf } from './writing.ts'

/** The look of a downloaded page. Nothing in it is loaded from elsewhere. */
const STYLE = `:root{color-scheme:light dark}
body{max-width:44rem;margin:3rem auto;padding:0 1.25rem;font:1.0625rem/1.65 system-ui,"Noto Sans TC","PingFang TC","Microsoft JhengHei",sans-serif;overflow-wrap:break-word}
h1,h2,h3,h4{line-height:1.25;margin:1.6em 0 .5em}
p,li{white-space:break-spaces}
pre{padding:.8em 1em;border:1px solid #8884;border-radius:6px;overflow-x:auto;tab-size:2}
code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.92em}
blockquote{margin:1em 0;padding-left:1em;border-left:3px solid #8888}
ul[data-type=taskList]{list-style:none;padding-left:.3em}
li>input{margin:0 .5em 0 0}
hr{border:0;border-top:1px solid #8888;margin:2em 0}
@media print{body{max-width:none;margin:0;padding:0}}`

/**
 * Returns a document as a self-contained web page. A title that people set is its first heading. `fallback`: the
 * language of a text without letters, as in `lang`.
 */
export function htmlPage(doc: Y.Doc, fallback: string): string {
  const blocks = contentOf(doc)
  const main = mainLanguageOf(blocks.map((block) => lettersIn(textOf([block])))) ?? fallback
  const title = paperTitle(doc)
  const heading = title === '' ? '' : `<h1>${escapeHtml(title)}</h1>\n`
  return `<!doctype html>
<html lang="${escapeHtml(main)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(titleOf(doc))}</title>
<style>
${STYLE}
</style>
</head>
<body dir="auto">
${heading}${blocks.map((block) => htmlOf([block], main)).join('\n')}
</body>
</html>
`
}

/**
 * Returns the title that stands above the text on paper and in files: the one people set, or '' if there is none or
 * the text begins with it.
 */
export function paperTitle(doc: Y.Doc): string {
  const title = setTitle(doc)
  return title === firstLine(doc) ? '' : title
}
