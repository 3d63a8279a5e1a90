import './css/base.css'

import type { Metadata, Viewport } from 'next'
import type { ReactNode } from 'react'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { HTML_LANG } from '#lib/ui/words/language.ts'
import { currentVisitor } from './visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  const { words, language } = await currentVisitor()
  return {
    title: words.product,
    description: frontWordsIn(language).lead,
  }
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  // The page shrinks for the keyboard, so that the toolbar stays above it.
  interactiveWidget: 'resizes-content',
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#ffffff' },
    { media: '(prefers-color-scheme: dark)', color: '#1d2025' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const { language, theme } = await currentVisitor()
  return (
    <html lang={HTML_LANG[language]} data-theme={theme === 'system' ? undefined : theme}>
      <body>{children}</body>
    </html>
  )
}
