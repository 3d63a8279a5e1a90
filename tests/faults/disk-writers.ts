import { setTimeout as passed } from 'node:timers/promises'
import type { Guest } from '../server/guest.ts'
import { firstText } from '../support/paragraph.ts'
import { openWriter, until, type Writer } from '../support/writer.ts'

const TOKEN = /\[[^\]]+\]/g
const PAUSE_MS = 25

/** A client that types numbered tokens and records what it is told about their fate. */
export class DiskWriter {
  readonly address: string
  readonly #writer: Writer
  readonly #name: string
  readonly #typed: string[] = []
  /** Every token that the page has reported as saved, and every token of another client that it has shown. */
  readonly claimed = new Set<string>()
  #count = 0
  #typing: Promise<void> | null = null
  #stopped = false
  #stops: (() => void)[]
  #uninformedSince: number | null = null
  /** The longest time an edit waited without a notice, ms, since `forgetTimes`. */
  uninformedMs = 0

  private constructor(writer: Writer, address: string, name: string) {
    this.#writer = writer
    this.address = address
    this.#name = name
    const look = (): void => this.#look()
    this.#stops = [writer.provider.on('status', look), writer.provider.on('save', look)]
    writer.text().observe((event, { local }) => {
      if (!local)
        for (const { insert } of event.delta) for (const token of tokensIn(insert)) this.claimed.add(token)
    })
  }

  static async open(url: string, address: string, guest: Guest, name: string): Promise<DiskWriter> {
    return new DiskWriter(await openWriter(url, address, { guest }), address, name)
  }

  type(): void {
    this.#stopped = false
    this.#typing = this.#type()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#typing
  }

  /** Types until the page reports everything saved and storage healthy again; rejects at the deadline. */
  async recovered(deadlineMs: number): Promise<void> {
    const { provider } = this.#writer
    await until(provider, () => provider.saved && !provider.status.storageSlow, deadlineMs)
  }

  forgetTimes(): void {
    this.uninformedMs = 0
  }

  async close(): Promise<void> {
    await this.stop()
    for (const stop of this.#stops) stop()
    await this.#writer.close()
  }

  async #type(): Promise<void> {
    while (!this.#stopped) {
      const text = this.#writer.text()
      const token = `[${this.#name}.${this.#count++}]`
      this.#typed.push(token)
      text.insert(text.length, token)
      this.#look()
      await passed(PAUSE_MS) // a typing pace: the pause is the input, not a wait for something
      this.#look()
    }
  }

  #look(): void {
    const { provider } = this.#writer
    const { storageSlow, phase } = provider.status
    const now = performance.now()
    if (provider.saved) for (const token of this.#typed.splice(0)) this.claimed.add(token)
    // Without a connection the page says so anyway.
    const uninformed = !provider.saved && !storageSlow && (phase === 'joined' || phase === 'merging')
    if (!uninformed) this.#uninformedSince = null
    else this.#uninformedSince ??= now
    if (this.#uninformedSince !== null) {
      // The oldest edit may date from when storage was still known to be slow.
      this.uninformedMs = Math.max(this.uninformedMs, Math.round(now - this.#uninformedSince))
    }
  }
}

/** Creates the text that all clients type in. */
export async function beginText(url: string, address: string, guest: Guest | undefined): Promise<void> {
  const writer = await openWriter(url, address, guest ? { guest } : {})
  writer.text()
  await writer.provider.flushed()
  await writer.close()
}

/** Returns the tokens that a new client reads in a document. */
export async function readTokens(url: string, address: string, guest: Guest): Promise<Set<string>> {
  const reader = await openWriter(url, address, { guest })
  try {
    return new Set(tokensIn(firstText(reader.doc)?.toString()))
  } finally {
    await reader.close()
  }
}

function tokensIn(text: unknown): readonly string[] {
  return typeof text === 'string' ? (text.match(TOKEN) ?? []) : []
}
