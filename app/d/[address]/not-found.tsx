import '../../css/document.css'

import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { services } from '#lib/server/services.ts'
import { NotFound } from '#lib/ui/not-found.tsx'
import { titleWith } from '../../page-title.ts'
import { currentVisitor } from '../../visitor.ts'
import { LeftBehind } from './left-behind.tsx'

export async function generateMetadata(): Promise<Metadata> {
  const { words } = await currentVisitor()
  return { title: titleWith(words.notFound, words), robots: { index: false, follow: false } }
}

/** The page for an address that opens nothing: unknown, deleted and not shared look the same. */
export default async function UnknownDocument() {
  const { words, language } = await currentVisitor()
  const session = await services().sessions.of(await headers())
  return (
    <div className="not-found">
      <LeftBehind language={language} userId={session?.user.userId ?? null} />
      <NotFound words={words} />
    </div>
  )
}
