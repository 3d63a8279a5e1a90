import type { Metadata } from 'next'
import { NotFound } from '#lib/ui/not-found.tsx'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { titleWith } from './page-title.ts'
import { currentVisitor } from './visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  const { words, language } = await currentVisitor()
  return { title: titleWith(frontWordsIn(language).pageNotFound, words) }
}

/** The page for any unknown path of this site. */
export default async function NotFoundPage() {
  const { words, language } = await currentVisitor()
  const { pageNotFound, pageNotFoundHint, refused } = frontWordsIn(language)
  return <NotFound words={words} sentence={pageNotFound} hint={pageNotFoundHint} back={refused.back} />
}
