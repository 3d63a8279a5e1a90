import { report } from '#lib/protocol/report.ts'
import type { ProviderEvents, ProviderListener } from './provider-state.ts'

type Registry = { readonly [Event in keyof ProviderEvents]: Set<ProviderListener<Event>> }

/** The listeners of a provider, by event. */
export class Listeners {
  readonly #registry: Registry = {
    status: new Set(),
    save: new Set(),
    synced: new Set(),
    peers: new Set(),
    draft: new Set(),
    superseded: new Set(),
    notice: new Set(),
    diverged: new Set(),
    asked: new Set(),
  }

  /** Calls `listener` at each event; returns a function that unsubscribes it. */
  add<Event extends keyof ProviderEvents>(event: Event, listener: ProviderListener<Event>): () => void {
    this.#registry[event].add(listener)
    return () => this.#registry[event].delete(listener)
  }

  /** Calls the listeners of an event. Reports what a listener throws, and continues. */
  tell<Event extends keyof ProviderEvents>(event: Event, told: ProviderEvents[Event]): void {
    for (const listener of this.#registry[event]) {
      try {
        listener(told)
      } catch (error) {
        report(`a listener of ${event} threw`, error, 'error')
      }
    }
  }

  /** Removes all listeners. */
  clear(): void {
    for (const listeners of Object.values(this.#registry)) listeners.clear()
  }
}
