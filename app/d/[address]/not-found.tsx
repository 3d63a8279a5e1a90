import { NotFound } from '#lib/editor/not-found.tsx'
import { reader } from '../../reader.ts'

/** An address that opens nothing: unknown, deleted and not shared look the same. */
export default async function UnknownDocument() {
  const { words } = await reader()
  return <NotFound words={words} />
}
