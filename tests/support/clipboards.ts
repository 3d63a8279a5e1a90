/*
 * The clipboards of programs: the table of programs and of what must survive. Each cell is a piece of HTML as
 * that program writes it, and the Markdown of what must be read from it.
 */

/** The rows of the table. */
export const FEATURES = [
  'heading',
  'marks',
  'link',
  'list',
  'numbers',
  'tasks',
  'quote',
  'code',
  'table',
  'chinese',
] as const

export type Feature = (typeof FEATURES)[number]

/** The content of a clipboard. */
export interface Clipboard {
  /** Wraps pieces as the program does. */
  readonly page: (pieces: string) => string
  /** The pieces, each with what it must become. */
  readonly pieces: Partial<Readonly<Record<Feature, readonly [html: string, markdown: string]>>>
}

const span = (text: string, style = '') =>
  `<span style="font-size:11pt;font-family:Arial,sans-serif;color:#000000;background-color:transparent;font-weight:400;font-style:normal;font-variant:normal;text-decoration:none;vertical-align:baseline;white-space:pre;white-space:pre-wrap;${style}">${text}</span>`
const docsItem = (text: string, level = 1, more = '') =>
  `<li dir="ltr" style="list-style-type:disc;font-size:11pt;white-space:pre" aria-level="${level}" ${more}><p dir="ltr" style="line-height:1.38;margin-top:0pt;margin-bottom:0pt;" role="presentation">${span(text)}</p></li>`
const word = (text: string, style = '', name = 'MsoNormal') =>
  `<p class=${name} style='${style}'>${text}<o:p></o:p></p>\r\n\r\n`
const wordItem = (sign: string, text: string, level = 1, list = 0) =>
  word(
    `<![if !supportLists]><span lang=EN-US style='font-family:Symbol;mso-fareast-font-family:Symbol;mso-bidi-font-family:\r\nSymbol'><span style='mso-list:Ignore'>${sign}<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>${text}`,
    `margin-left:${36 * level}.0pt;text-indent:-18.0pt;mso-list:l${list} level${level} lfo1`,
    'MsoListParagraph',
  )
const online = (text: string, level: number, tag = 'ul') =>
  `<div class="ListContainerWrapper SCXW1 BCX0"><${tag} class="BulletListStyle1 SCXW1 BCX0" role="list" start="1" style="margin:0px"><li data-leveltext="" data-font="Symbol" data-listid="1" aria-setsize="-1" data-aria-posinset="1" data-aria-level="${level}" role="listitem" class="OutlineElement Ltr SCXW1 BCX0"><p class="Paragraph SCXW1 BCX0"><span data-contrast="auto" class="TextRun SCXW1 BCX0"><span class="NormalTextRun SCXW1 BCX0">${text}</span></span><span class="EOP SCXW1 BCX0">&nbsp;</span></p></li></${tag}></div>`
const TABLE = 'Name\tPoints\n\n王小明\t95.5\n\nSum\t1,234'

export const CLIPBOARDS: Readonly<Record<string, Clipboard>> = {
  'Google Docs': {
    page: (pieces) =>
      `<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-8f3c3c3a-7fff-1234-abcd-0123456789ab">${pieces}</b><br class="Apple-interchange-newline">`,
    pieces: {
      heading: [
        `<h2 dir="ltr" style="line-height:1.38;margin-top:18pt;margin-bottom:6pt;">${span('Plans', 'font-size:16pt;font-weight:400;')}</h2>`,
        '## Plans',
      ],
      marks: [
        `<p dir="ltr" style="line-height:1.38;">${span('plain ')}${span('bold', 'font-weight:700;')}${span(' and ')}${span('it', 'font-style:italic;')}${span(', ')}${span('under', 'text-decoration:underline;')}${span(', ')}${span('gone', 'text-decoration:line-through;')}</p><br>`,
        'plain **bold** and *it*, <u>under</u>, ~~gone~~',
      ],
      link: [
        `<p dir="ltr"><a href="https://example.org/a" style="text-decoration:none;">${span('a page', 'color:#1155cc;text-decoration:underline;')}</a></p>`,
        '[a page](https://example.org/a)',
      ],
      list: [
        `<ul style="margin-top:0;margin-bottom:0;padding-inline-start:48px;">${docsItem('one')}<ul>${docsItem('deep', 2)}</ul>${docsItem('two')}</ul>`,
        '- one\n  - deep\n- two',
      ],
      numbers: [`<ol>${docsItem('first')}${docsItem('second')}</ol>`, '1. first\n2. second'],
      tasks: [
        `<ul>${docsItem('done', 1, 'role="checkbox" aria-checked="true"')}${docsItem('open', 1, 'role="checkbox" aria-checked="false"')}</ul>`,
        '- [x] done\n- [ ] open',
      ],
      table: [
        `<div dir="ltr" style="margin-left:0pt;" align="left"><table style="border:none;border-collapse:collapse;"><colgroup><col width="100" /><col width="100" /></colgroup><tbody>${[
          ['Name', 'Points'],
          ['王小明', '95.5'],
          ['Sum', '1,234'],
        ]
          .map(
            (cells) =>
              `<tr style="height:0pt">${cells.map((cell) => `<td style="border:solid #000 1pt;"><p dir="ltr">${span(cell)}</p></td>`).join('')}</tr>`,
          )
          .join('')}</tbody></table></div>`,
        TABLE,
      ],
      chinese: [
        `<p dir="ltr">${span('他說')}${span('「重點」', 'font-weight:700;')}${span('然後走了。')}</p>`,
        '他&#x8AAA;**「重點」**&#x7136;後走了。',
      ],
    },
  },
  Word: {
    page: (pieces) =>
      `<html xmlns:v="urn:schemas-microsoft-com:vml"\r\nxmlns:o="urn:schemas-microsoft-com:office:office"\r\nxmlns:w="urn:schemas-microsoft-com:office:word">\r\n\r\n<head>\r\n<meta http-equiv=Content-Type content="text/html; charset=utf-8">\r\n<meta name=ProgId content=Word.Document>\r\n<!--[if gte mso 9]><xml>\r\n <o:OfficeDocumentSettings/>\r\n</xml><![endif]-->\r\n<style>\r\n<!--\r\n /* Font Definitions */\r\n @font-face\r\n\t{font-family:Wingdings;}\r\np.MsoNormal, li.MsoNormal, div.MsoNormal\r\n\t{mso-style-parent:"";\r\n\tmargin:0cm;}\r\n.hidden {display:none}\r\n-->\r\n</style>\r\n</head>\r\n\r\n<body lang=ZH-TW style='tab-interval:24.0pt;word-wrap:break-word'>\r\n<!--StartFragment-->\r\n\r\n${pieces}<!--EndFragment-->\r\n</body>\r\n\r\n</html>`,
    pieces: {
      heading: [`<h2><b><span lang=EN-US>Plans<o:p></o:p></span></b></h2>\r\n\r\n`, '## Plans'],
      marks: [
        word(
          '<span lang=EN-US>plain <b>bold</b> and\r\n<i>it</i>, <u>under</u>, <s>gone</s></span>',
          'margin-left:0cm',
        ),
        'plain **bold** and *it*, <u>under</u>, ~~gone~~',
      ],
      link: [
        word('<span lang=EN-US><a href="https://example.org/a">a page</a></span>'),
        '[a page](https://example.org/a)',
      ],
      list: [
        wordItem('·', 'one') + wordItem('o', 'deep', 2) + wordItem('·', 'two'),
        '- one\n  - deep\n- two',
      ],
      numbers: [wordItem('3.', 'first', 1, 1) + wordItem('4.', 'second', 1, 1), '3. first\n4. second'],
      quote: [word('said', '', 'MsoQuote'), '> said'],
      table: [
        `<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse'>\r\n ${[
          ['Name', 'Points'],
          ['王小明', '95.5'],
          ['Sum', '1,234'],
        ]
          .map(
            (cells) =>
              `<tr style='mso-yfti-irow:0'>\r\n  ${cells.map((cell) => `<td width=207 valign=top style='width:155.6pt'>\r\n  <p class=MsoNormal><span lang=EN-US>${cell}<o:p></o:p></span></p>\r\n  </td>\r\n  `).join('')}</tr>\r\n `,
          )
          .join('')}</table>\r\n\r\n`,
        TABLE,
      ],
      chinese: [
        word("<span style='font-family:新細明體'>這一段文字\r\n跨了兩行，<b>重點</b>在這。</span>"),
        '這一段文字跨了兩行，**重點**在這。',
      ],
    },
  },
  'Word in a browser': {
    page: (pieces) => `<meta charset='utf-8'>${pieces}`,
    pieces: {
      marks: [
        '<div class="OutlineElement Ltr SCXW1 BCX0"><p class="Paragraph SCXW1 BCX0" style="font-weight:normal;font-style:normal"><span class="TextRun SCXW1 BCX0" style="font-weight:normal">plain </span><span class="TextRun" style="font-weight:bold">bold</span><span class="EOP SCXW1 BCX0">&nbsp;</span></p></div>',
        'plain **bold**',
      ],
      list: [online('one', 1) + online('deep', 2) + online('two', 1), '- one\n  - deep\n- two'],
      numbers: [online('first', 1, 'ol') + online('second', 1, 'ol'), '1. first\n2. second'],
    },
  },
  LibreOffice: {
    page: (pieces) =>
      `<!DOCTYPE html>\n<html>\n<head>\n\t<meta http-equiv="content-type" content="text/html; charset=utf-8"/>\n\t<title></title>\n\t<meta name="generator" content="LibreOffice 24.8 (Linux)"/>\n\t<style type="text/css">\n\t\t@page { size: 21cm 29.7cm; margin: 2cm }\n\t\tp { line-height: 115%; margin-bottom: 0.25cm }\n\t</style>\n</head>\n<body lang="zh-TW" link="#000080" dir="ltr">${pieces}</body>\n</html>\n`,
    pieces: {
      heading: ['<h2 class="western">Plans</h2>\n', '## Plans'],
      marks: [
        '<p style="line-height: 100%; margin-bottom: 0cm">\nplain <b>bold</b> and <i>it</i>,\n<u>under</u>, <strike>gone</strike></p>\n',
        'plain **bold** and *it*, <u>under</u>, ~~gone~~',
      ],
      link: [
        '<p><a href="https://example.org/a"><font color="#000080"><u>a page</u></font></a></p>\n',
        '[a page](https://example.org/a)',
      ],
      list: [
        '<ul>\n\t<li><p>\n\tone</p>\n\t<ul>\n\t\t<li><p>\n\t\tdeep</p>\n\t</ul>\n\t<li><p>\n\ttwo</p>\n</ul>\n',
        '- one\n  - deep\n- two',
      ],
      numbers: [
        '<ol start="3">\n\t<li><p>first</p></li>\n\t<li><p>second</p></li>\n</ol>\n',
        '3. first\n4. second',
      ],
      quote: ['<blockquote>said</blockquote>\n', '> said'],
      code: ['<pre class="western">a = 1\n\n  b = 2</pre>\n', '```\na = 1\n\n  b = 2\n```'],
      table: [
        '<table width="100%" cellpadding="4" cellspacing="0">\n\t<col width="128*"/>\n\t<tr valign="top">\n\t\t<th><p>Name</p></th>\n\t\t<th><p>Points</p></th>\n\t</tr>\n\t<tr>\n\t\t<td><p>王小明</p></td>\n\t\t<td sdval="95.5" sdnum="1028;"><p>95.5</p></td>\n\t</tr>\n\t<tr><td><p>Sum</p></td><td><p>1,234</p></td></tr>\n</table>\n',
        TABLE,
      ],
      chinese: ['<p><font face="Noto Sans CJK TC">完成。<b>下一句</b></font></p>\n', '完成。**下一句**'],
    },
  },
  Excel: {
    page: (pieces) =>
      `<html xmlns:x="urn:schemas-microsoft-com:office:excel">\r\n<head>\r\n<meta name=ProgId content=Excel.Sheet>\r\n<style>\r\n<!--table\r\n\t{mso-displayed-decimal-separator:"\\.";}\r\ntd\r\n\t{padding-top:1px;\r\n\tcolor:black;\r\n\tfont-weight:400;}\r\n.xl65\r\n\t{font-weight:700;}\r\n-->\r\n</style>\r\n</head>\r\n<body link="#0563C1" vlink="#954F72">\r\n${pieces}\r\n</body>\r\n</html>`,
    pieces: {
      table: [
        `<table border=0 cellpadding=0 cellspacing=0 width=128 style='border-collapse:collapse;width:96pt'>\r\n<!--StartFragment-->\r\n <col width=64 span=2 style='width:48pt'>\r\n <tr height=20>\r\n  <td height=20 width=64>Name</td>\r\n  <td width=64>Points</td>\r\n </tr>\r\n <tr height=0 style='display:none'>\r\n  <td>hidden</td>\r\n  <td>row</td>\r\n </tr>\r\n <tr height=20>\r\n  <td height=20>王小明</td>\r\n  <td align=right x:num>95.5</td>\r\n </tr>\r\n <tr height=20>\r\n  <td height=20>Sum</td>\r\n  <td class=xl66 align=right>1,234</td>\r\n </tr>\r\n<!--EndFragment-->\r\n</table>`,
        TABLE,
      ],
      marks: [
        `<table><tr><td class=xl65>Q1</td><td>100</td></tr><tr><td class=xl65>Q2</td><td>250</td></tr></table>`,
        '**Q1**\t100\n\n**Q2**\t250',
      ],
    },
  },
  'Google Sheets': {
    page: (pieces) =>
      `<meta charset='utf-8'><google-sheets-html-origin><style type="text/css"><!--td {border: 1px solid #cccccc;}br {mso-data-placement:same-cell;}--></style>${pieces}</google-sheets-html-origin>`,
    pieces: {
      table: [
        '<table xmlns="http://www.w3.org/1999/xhtml" cellspacing="0" cellpadding="0" dir="ltr" border="1" style="table-layout:fixed;font-size:10pt;" data-sheets-root="1" data-sheets-baot="1"><colgroup><col width="100"/><col width="100"/></colgroup><tbody><tr style="height:21px;"><td style="overflow:hidden;padding:2px 3px;" data-sheets-value="{&quot;1&quot;:2}">Name</td><td>Points</td></tr><tr><td>王小明</td><td style="text-align:right;" data-sheets-numberformat="{}">95.5</td></tr><tr><td>Sum</td><td>1,234</td></tr></tbody></table>',
        TABLE,
      ],
      marks: [
        '<table><tbody><tr><td style="font-weight:bold;">Name</td><td>two<br/>lines</td><td></td></tr><tr><td></td><td></td><td>x</td></tr></tbody></table>',
        '**Name**\ttwo lines&#x9;\n\n&#x9;\tx',
      ],
      link: [
        '<table><tbody><tr><td><a class="in-cell-link" target="_blank" href="https://example.org/a">a page</a></td><td>1</td></tr></tbody></table>',
        '[a page](https://example.org/a)\t1',
      ],
    },
  },
  Notion: {
    page: (pieces) => `<meta charset='utf-8'><!-- notionvc: 3f0e -->${pieces}`,
    pieces: {
      heading: ['<h1>Plans</h1>\n', '# Plans'],
      marks: [
        '<p>plain <strong>bold</strong> and <em>it</em>, <u>under</u>, <del>gone</del></p>\n',
        'plain **bold** and *it*, <u>under</u>, ~~gone~~',
      ],
      link: ['<p><a href="https://example.org/a">a page</a></p>', '[a page](https://example.org/a)'],
      list: [
        '<ul>\n<li>one<ul>\n<li>deep</li>\n</ul>\n</li>\n<li>two</li>\n</ul>\n',
        '- one\n  - deep\n- two',
      ],
      numbers: ['<ol>\n<li>first</li>\n<li>second</li>\n</ol>\n', '1. first\n2. second'],
      tasks: ['<ul>\n<li>[x] done</li>\n<li>[ ] open</li>\n</ul>\n', '- [x] done\n- [ ] open'],
      quote: ['<blockquote>\nsaid\n</blockquote>', '> said'],
      code: [
        '<pre><code class="language-python">def f():\n    return 5 * 3 * 2\n</code></pre>\n',
        '```python\ndef f():\n    return 5 * 3 * 2\n```',
      ],
      table: [
        '<table><thead><tr><th>Name</th><th>Points</th></tr></thead><tbody><tr><td>王小明</td><td>95.5</td></tr><tr><td>Sum</td><td>1,234</td></tr></tbody></table>\n',
        TABLE,
      ],
    },
  },
  GitHub: {
    page: (pieces) => `<meta charset='utf-8'>${pieces}<br class="Apple-interchange-newline">`,
    pieces: {
      heading: [
        '<div class="markdown-heading" dir="auto" style="box-sizing: border-box; position: relative; color: rgb(31, 35, 40); font-weight: 400;"><h2 tabindex="-1" class="heading-element" dir="auto" style="box-sizing: border-box; font-weight: var(--base-text-weight-semibold, 600);">Plans</h2><a id="plans" class="anchor" aria-label="Permalink: Plans" href="https://github.com/a/b#plans"><svg class="octicon octicon-link" viewBox="0 0 16 16"><path d="m7.775"></path></svg></a></div>',
        '## Plans',
      ],
      marks: [
        '<p dir="auto" style="box-sizing: border-box; margin-top: 0px; font-weight: 400; white-space: normal;">plain <strong style="box-sizing: border-box; font-weight: var(--base-text-weight-semibold, 600);">bold</strong><span> </span>and <em>it</em>, <del>gone</del>, <code class="notranslate">a_b*c</code> <g-emoji class="g-emoji" alias="tada">🎉</g-emoji></p>',
        'plain **bold** and *it*, ~~gone~~, `a_b*c` 🎉',
      ],
      link: [
        '<p dir="auto"><a href="https://example.org/a" rel="nofollow" style="color: var(--fgColor-accent); text-decoration: underline;">a page</a></p>',
        '[a page](https://example.org/a)',
      ],
      list: [
        '<ul dir="auto">\n<li>one\n<ul dir="auto">\n<li>deep</li>\n</ul>\n</li>\n<li>two</li>\n</ul>',
        '- one\n  - deep\n- two',
      ],
      tasks: [
        '<ul class="contains-task-list">\n<li class="task-list-item"><input type="checkbox" id="" disabled="" class="task-list-item-checkbox" aria-label="Completed task" checked=""> done</li>\n<li class="task-list-item"><input type="checkbox" id="" disabled="" class="task-list-item-checkbox" aria-label="Incomplete task"> open</li>\n</ul>',
        '- [x] done\n- [ ] open',
      ],
      quote: ['<blockquote>\n<p dir="auto">said</p>\n</blockquote>', '> said'],
      code: [
        '<div class="highlight highlight-source-js notranslate position-relative overflow-auto" dir="auto"><pre class="notranslate"><span class="pl-k">const</span> <span class="pl-s1">a</span> <span class="pl-c1">=</span> <span class="pl-c1">1</span>\n<span class="pl-k">if</span> (a) {\n  b()\n}</pre><div class="zeroclipboard-container"><clipboard-copy aria-label="Copy" value="x" role="button"><svg></svg></clipboard-copy></div></div>',
        '```js\nconst a = 1\nif (a) {\n  b()\n}\n```',
      ],
      table: [
        '<markdown-accessiblity-table><table role="table">\n<thead>\n<tr>\n<th>Name</th>\n<th align="right">Points</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>王小明</td>\n<td align="right">95.5</td>\n</tr>\n<tr>\n<td>Sum</td>\n<td>1,234</td>\n</tr>\n</tbody>\n</table></markdown-accessiblity-table>',
        TABLE,
      ],
    },
  },
  'VS Code': {
    page: (pieces) => `<meta charset='utf-8'>${pieces}`,
    pieces: {
      code: [
        `<div style="color: #d4d4d4;background-color: #1e1e1e;font-family: Menlo, Monaco, 'Courier New', monospace;font-weight: normal;font-size: 12px;line-height: 18px;white-space: pre;"><div><span style="color: #569cd6;">def</span><span style="color: #d4d4d4;"> </span><span style="color: #dcdcaa;">__init__</span><span>(self):</span></div><div><span>    x = 5 * 3 * 2</span></div><br><div><span>y = </span><span style="color: #ce9178;">"*.js,*.ts"</span></div></div>`,
        '```\ndef __init__(self):\n    x = 5 * 3 * 2\n\ny = "*.js,*.ts"\n```',
      ],
    },
  },
  Pages: {
    page: (pieces) =>
      `<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">\n<meta name="Generator" content="Cocoa HTML Writer">\n<style type="text/css">\np.p1 {margin: 0.0px 0.0px 0.0px 0.0px; font: 11.0px 'Helvetica Neue'}\nspan.s1 {text-decoration: underline}\nspan.s2 {text-decoration: line-through}\nspan.s3 {font: bold 11.0px 'PingFang TC'}\nul.ul1 {list-style-type: disc}\n</style>\n</head>\n<body>\n${pieces}\n</body>\n</html>\n`,
    pieces: {
      marks: [
        '<p class="p1">plain <b>bold</b> and <i>it</i>, <span class="s1">under</span>, <span class="s2">gone</span><span class="Apple-converted-space"> </span></p>\n',
        'plain **bold** and *it*, <u>under</u>, ~~gone~~',
      ],
      link: [
        '<p class="p1"><a href="https://example.org/a"><span class="s1">a page</span></a></p>',
        '[a page](https://example.org/a)',
      ],
      list: [
        '<ul class="ul1">\n<li class="li1">one</li>\n<ul class="ul1">\n<li class="li1">deep</li>\n</ul>\n<li class="li1">two</li>\n</ul>\n',
        '- one\n  - deep\n- two',
      ],
      numbers: [
        '<ol class="ol1">\n<li class="li1">first</li>\n<li class="li1">second</li>\n</ol>\n',
        '1. first\n2. second',
      ],
      table: [
        '<table cellspacing="0" cellpadding="0" class="t1">\n<tbody>\n<tr>\n<td valign="top" class="td1">\n<p class="p1">Name</p>\n</td>\n<td class="td2">\n<p class="p1">Points</p>\n</td>\n</tr>\n<tr>\n<td><p class="p1">王小明</p></td>\n<td><p class="p1">95.5</p></td>\n</tr>\n<tr><td><p>Sum</p></td><td><p>1,234</p></td></tr>\n</tbody>\n</table>\n',
        TABLE,
      ],
      chinese: ['<p class="p1">這是<span class="s3">重點</span>，請看</p>', '這是**重點**，請看'],
    },
  },
  'a styled web page': {
    page: (pieces) =>
      `<meta charset='utf-8'><div style="color: rgb(0, 0, 0); font-family: Georgia; font-style: normal; font-weight: 400; text-align: start; white-space: normal;">${pieces}</div>`,
    pieces: {
      heading: ['<h5 style="font-weight: 700">Plans</h5>', '#### Plans'],
      marks: [
        '<p>plain <span style="font-weight: 800">bold</span> and <span style="font-style: oblique">it</span>, <span style="text-decoration-line: underline">under</span>, <span style="text-decoration: line-through 2px">gone</span>, H<sub>2</sub>O <mark>seen</mark></p>',
        'plain **bold** and *it*, <u>under</u>, ~~gone~~, H2O seen',
      ],
      list: ['<menu><li>one</li></menu><ul><li>two<p>more</p></li></ul>', '- one\n\n* two\n\n  more'],
      quote: ['<blockquote><p>said</p><p>again</p></blockquote>', '> said\n>\n> again'],
      code: [
        '<p>press <kbd>Ctrl</kbd> or __init__ and 5 * 3 * 2 and *.js,*.ts</p>',
        'press `Ctrl` or \\_\\_init\\_\\_ and 5 \\* 3 \\* 2 and \\*.js,\\*.ts',
      ],
      table: [
        '<table><tr><td><h3>Layout</h3></td></tr><tr><td><p>only one column</p></td></tr></table>',
        '### Layout\n\nonly one column',
      ],
      chinese: [
        '<p><ruby>注<rp>(</rp><rt>ㄓㄨˋ</rt><rp>)</rp>音<rt>ㄧㄣ</rt></ruby>，請看https://example.com/路徑。謝謝</p>',
        '注（ㄓㄨˋ）音（ㄧㄣ），請看<https://example.com/路徑>。謝謝',
      ],
    },
  },
}
