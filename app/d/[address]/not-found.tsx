import '../../css/document.css'

import { headers } from 'next/headers'
import { services } from '#lib/server/services.ts'
import { NotFound } from '#lib/ui/not-found.tsx'
import { currentVisitor } from '../../visitor.ts'
import { LeftBehind } from './left-behind.tsx'

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
