import { setTimeout as passed } from 'node:timers/promises'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { paragraphOf } from '../support/paragraph.ts'

const TOKEN = /\[[^\]]+\]/g

/** The state of a hand, as plain data. */
export interface HandReport {
  readonly text: string
  /** The number of characters in the body, which holds the pastes. */
  readonly pasted: number
  readonly saved: boolean
  readonly typed: readonly string[]
  /** The number of people it sees, itself included, and how many of them are this tab. */
  readonly present: number
  readonly selves: number
}

/**
 * Types numbered tokens into a document's title, and records which were acknowledged and which tokens it has seen.
 */
export class Hand {
  readonly provider: CollabProvider
  readonly typed: string[] = []
  readonly acknowledged = new Set<string>()
  /** Tokens of others that were on this screen. */
  readonly seen = new Set<string>()
  readonly #name: string
  #typing: Promise<void> | null = null
  #stopped = true

  constructor(provider: CollabProvider, name: string) {
    this.provider = provider
    this.#name = name
    provider.doc.getText('title').observe((event, { local }) => {
      if (local) return
      for (const { insert } of event.delta) for (const token of tokensIn(insert)) this.seen.add(token)
    })
  }

  type(random: () => number, paceMs: number): void {
    this.#stopped = false
    this.#typing = this.#type(random, paceMs)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#typing
  }

  paste(text: string): void {
    this.provider.doc.getXmlFragment('body').insert(0, [paragraphOf(text)])
  }

  report(): HandReport {
    const { saved, peers } = this.provider
    const selves = peers.filter(({ self }) => self).length
    const text = this.provider.doc.getText('title').toString()
    const pasted = this.provider.doc
      .getXmlFragment('body')
      .toString()
      .replace(/<[^>]*>/g, '').length
    return { text, pasted, saved, typed: this.typed, present: peers.length, selves }
  }

  async #type(random: () => number, paceMs: number): Promise<void> {
    while (!this.#stopped) {
      const token = `[${this.#name}.${this.typed.length}]`
      this.typed.push(token)
      const title = this.provider.doc.getText('title')
      title.insert(title.length, token)
      this.provider.flushed().then(
        () => this.acknowledged.add(token),
        () => undefined, // closed before the answer
      )
      await passed(random() * paceMs) // a typing pace: the pause is the input, not a wait for something
    }
  }
}

export function tokensIn(text: unknown): readonly string[] {
  return typeof text === 'string' ? (text.match(TOKEN) ?? []) : []
}
