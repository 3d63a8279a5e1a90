import { frontWordsIn } from '#lib/editor/front-words.ts'
import { NotFound } from '#lib/editor/not-found.tsx'
import { reader } from './reader.ts'

/** Any other path of this site. */
export default async function NotFoundPage() {
  const { words, language } = await reader()
  return <NotFound words={words} sentence={frontWordsIn(language).pageNotFound} />
}
