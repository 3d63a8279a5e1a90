import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { services } from '#lib/server/services.ts'
import { helpWordsIn } from '#lib/ui/words/help-words.ts'
import { SheetPart, SiteFrame } from '../site-frame.tsx'
import { currentVisitor } from '../visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  const { language, words } = await currentVisitor()
  return { title: `${helpWordsIn(language).title} · ${words.product}` }
}

/** Says how to write together, under which licence the software is, and where its source is. */
export default async function HelpPage() {
  const visitor = await currentVisitor()
  const session = await services().sessions.of(await headers())
  const { title, parts, licence, source } = helpWordsIn(visitor.language)
  const { sourceUrl } = services().site
  return (
    <SiteFrame visitor={visitor} session={session} width="text">
      <h1>{title}</h1>
      {Object.entries(parts).map(([id, { title, text }]) => (
        <SheetPart key={id} id={id} heading={title}>
          {text.map((sentence) => (
            <p key={sentence} className="sheet-text">
              {sentence}
            </p>
          ))}
        </SheetPart>
      ))}
      <SheetPart id="licence" heading={licence.title}>
        <p className="sheet-text">{licence.text}</p>
        <pre className="sheet-licence" lang="en">
          {await readFile(join(process.cwd(), 'LICENSE'), 'utf8')}
        </pre>
      </SheetPart>
      <SheetPart id="source" heading={source.title}>
        <p className="sheet-text">
          {sourceUrl === null ? (
            source.ask
          ) : (
            <>
              {source.at} <a href={sourceUrl}>{sourceUrl}</a>
            </>
          )}
        </p>
      </SheetPart>
    </SiteFrame>
  )
}
