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
    icons: { icon: `data:image/svg+xml,${encodeURIComponent(MARK)}` },
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

const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#2B5FD9" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="M4 5.5C6.5 4 9.5 4 12 5.7 14.5 4 17.5 4 20 5.5V19c-2.5-1.5-5.5-1.5-8 .2-2.5-1.7-5.5-1.7-8-.2Z"/><path d="M12 5.7v13.5"/></svg>`

export default async function RootLayout({ children }: { children: ReactNode }) {
  const { language, theme } = await currentVisitor()
  return (
    <html lang={HTML_LANG[language]} data-theme={theme === 'system' ? undefined : theme}>
      <body>{children}</body>
    </html>
  )
}
