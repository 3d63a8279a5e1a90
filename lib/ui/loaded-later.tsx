'use client'

import { type ComponentType, useEffect, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { useWords } from './interface.tsx'

/** A part of the page that one need not wait for to type. */
export interface LaterPart<Props> {
  /** null until it has been fetched. */
  readonly component: ComponentType<Props> | null
  /** Repeating is harmless: what could not be fetched is asked for again. */
  fetch(): Promise<ComponentType<Props>>
  /** Begins to fetch it; what goes wrong is said when the part is shown. */
  prepare(): void
}

/** `load` imports the part. */
export function laterPart<Props extends object>(load: () => Promise<ComponentType<Props>>): LaterPart<Props> {
  let component: ComponentType<Props> | null = null
  const fetch = async () => {
    component ??= await load()
    return component
  }
  return {
    get component() {
      return component
    },
    fetch,
    prepare: () => {
      fetch().catch((error: unknown) => report('a part of the page was not loaded', error, 'debug'))
    },
  }
}

interface LaterProps<Props> {
  readonly part: LaterPart<Props>
  readonly props: Props
  /** Class of the empty place until the part is there, as large as it will be. */
  readonly waiting?: string
}

/** Shows a part. Where the server is out of reach before it came, the page says so and stays as it is. */
export function Later<Props extends object>({ part, props, waiting = '' }: LaterProps<Props>) {
  const words = useWords()
  const [Part, setPart] = useState(() => part.component)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    if (Part) return
    let gone = false
    const show = (component: ComponentType<Props>) => {
      if (!gone) setPart(() => component)
    }
    part.fetch().then(show, (error: unknown) => {
      report('a part of the page was not loaded', error)
      if (!gone) setFailed(true)
    })
    return () => {
      gone = true
    }
  }, [Part, part])
  // It came after its dialog had opened: the focus has not been where it begins.
  useEffect(() => {
    if (Part) document.querySelector<HTMLElement>('dialog[open] [data-autofocus]')?.focus()
  }, [Part])
  if (Part) return <Part {...props} />
  if (!failed) return <div className={waiting} />
  return (
    <p className="note note-warn" role="alert">
      {words.notLoaded}
    </p>
  )
}
