'use client'

import { Component, type ReactNode } from 'react'
import type * as Y from 'yjs'
import { report } from '#lib/protocol/report.ts'
import { useWords } from '#lib/ui/interface.tsx'
import { Later, laterPart } from '#lib/ui/loaded-later.tsx'

/** The text without an editor. */
export const plainDocument = laterPart(() =>
  import('./plain-document.tsx').then((module) => module.PlainDocument),
)

interface BoundaryProps {
  readonly doc: Y.Doc
  readonly children: ReactNode
}

/** Keeps the words on the screen if anything inside crashes. */
export class EditorBoundary extends Component<BoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override componentDidCatch(error: unknown) {
    report('the editor stopped', error, 'error')
  }

  override render() {
    return this.state.failed ? <Crash doc={this.props.doc} /> : this.props.children
  }
}

function Crash({ doc }: { doc: Y.Doc }) {
  const words = useWords()
  return <Later part={plainDocument} props={{ doc, heading: words.crash, hint: words.crashHint }} />
}
