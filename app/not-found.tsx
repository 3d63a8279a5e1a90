import { NotFound } from '#lib/editor/not-found.tsx'
import { reader } from './reader.ts'

/** Any other path of this site. */
export default async function NotFoundPage() {
  const { words } = await reader()
  return <NotFound words={words} sentence={words.pageNotFound} />
}
