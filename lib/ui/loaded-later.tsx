'use client'

import { type ComponentType, useEffect, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { useWords } from './interface.tsx'

/** A part of the page that is loaded after typing is possible. */
export interface LaterPart<Props> {
  /** Null until it has been loaded. */
  readonly component: ComponentType<Props> | null
  /** Loads the part. Idempotent; after a failure it tries again. */
  fetch(): Promise<ComponentType<Props>>
  /** Starts loading the part. A failure is reported when the part is shown. */
  prepare(): void
}

/** Makes a part that `load` imports. */
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
  /** Class of the placeholder shown until the part is loaded, with the size of the part. */
  readonly waiting?: string
  /** True if the page is complete without the part: nothing is said if it cannot be loaded. */
  readonly isOptional?: boolean
}

/** Shows a part. If it cannot be loaded because the server is out of reach, the page says so and stays as it is. */
export function Later<Props extends object>({ part, props, waiting = '', isOptional }: LaterProps<Props>) {
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
  // The part was loaded after its dialog had opened, so the focus is not where it should begin.
  useEffect(() => {
    if (Part) document.querySelector<HTMLElement>('dialog[open] [data-autofocus]')?.focus()
  }, [Part])
  if (Part) return <Part {...props} />
  if (isOptional) return null
  if (!failed) return <div className={waiting} />
  return (
    <p className="note note-warn" role="alert">
      {words.notLoaded}
    </p>
  )
}
