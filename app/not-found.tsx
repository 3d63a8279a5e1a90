import { NotFound } from '#lib/ui/not-found.tsx'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { reader } from './reader.ts'

/** The page for any unknown path of this site. */
export default async function NotFoundPage() {
  const { words, language } = await reader()
  return <NotFound words={words} sentence={frontWordsIn(language).pageNotFound} />
}
