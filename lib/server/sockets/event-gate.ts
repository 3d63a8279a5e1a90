import type { Log } from '#lib/process/log.ts'
import type { RateName } from '#lib/process/rates.ts'
import { MalformedBody } from '#lib/protocol/body.ts'
import { type ErrorCode, REFUSALS, type Refusal, refuse } from '#lib/protocol/errors.ts'
import { atLeast, type Role } from '#lib/protocol/identity.ts'
import { LIMITS } from '#lib/protocol/limits.ts'
import type { UpEvents } from '#lib/protocol/messages/up.ts'
import type { Answer, EventRule, EventRules } from './socket-events.ts'

/** Refusals that no client of ours causes by a race: ten of them in a row end the connection. */
const SUSPECT = new Set<ErrorCode>([
  'bad-message',
  'too-large',
  'unknown-event',
  'invalid-update',
  'foreign-client',
  'unknown-root',
])

/** Messages sent on in spite of being told to wait, more than a client of ours has on its way, that end a connection. */
const LIMITED_IN_A_ROW = 1000

export interface EventGatePorts<Target> {
  readonly rules: EventRules<Target>
  /** Whose handlers are called. */
  readonly target: Target
  /** The sender's role in a room; null: they are not in it. */
  readonly roleIn: (room: number) => Role | null
  /** Counts one event with its bytes. Returns 0, or after how many ms it may be sent again. */
  readonly take: (rate: RateName, bytes: number) => number
  /** One more refusal of that kind is the last. */
  readonly warn: () => void
  readonly shutOut: () => void
  readonly log: Log
}

/**
 * The one way from a message to its handler: schema, size, rate, role, handler, in this order, for every event. What is
 * wrong with a message is answered as a refusal, a fault of ours as `internal`, and nothing is thrown further.
 */
export class EventGate<Target> {
  readonly #ports: EventGatePorts<Target>
  #suspicions = 0
  #limitedInARow = 0

  constructor(ports: EventGatePorts<Target>) {
    this.#ports = ports
  }

  /** One event with its arguments, as it came. At once, where the handler answers at once: keystrokes wait for nothing. */
  receive(event: string, args: readonly unknown[]): void | Promise<void> {
    const last = args.at(-1)
    const answer = typeof last === 'function' ? (last as Answer) : null
    const before = this.#suspicions
    const end = (refusal: Refusal | null) => this.#end(refusal, answer, before)
    try {
      const done = this.#isKnown(event)
        ? this.#handle(event, answer ? args.slice(0, -1) : args, answer)
        : refuse('unknown-event', 'this server knows no such event')
      if (!(done instanceof Promise)) return end(done)
      return done.then(end, (error: unknown) => end(this.#fault(event, error)))
    } catch (error) {
      return end(this.#fault(event, error))
    }
  }

  /** A refusal that was sent another way than as the answer to its event. */
  count(code: ErrorCode): void {
    if (!SUSPECT.has(code)) return
    this.#suspicions++
    if (this.#suspicions === LIMITS.refusalsInARow - 1) this.#ports.warn()
    if (this.#suspicions >= LIMITS.refusalsInARow) this.#shutOut(code)
  }

  #isKnown(event: string): event is keyof UpEvents {
    return Object.hasOwn(this.#ports.rules, event)
  }

  #handle<E extends keyof UpEvents>(
    event: E,
    args: readonly unknown[],
    answer: Answer | null,
  ): Refusal | null | Promise<Refusal | null> {
    const rule: EventRules<Target>[E] = this.#ports.rules[event]
    return this.#apply(rule, args, answer)
  }

  #apply<Body extends object>(
    rule: EventRule<Target, Body>,
    args: readonly unknown[],
    answer: Answer | null,
  ): Refusal | null | Promise<Refusal | null> {
    const { target } = this.#ports
    const body = rule.read(args)
    if (!body) return refuse('bad-message', `this event is ${rule.shape}`)
    const refusal = sizeRefusal(args) ?? this.#rateRefusal(rule.rate, args) ?? this.#roleRefusal(rule, body)
    if (!refusal) return rule.handle(target, body, answer ?? ignore)
    rule.refused?.(target, body, refusal)
    return refusal
  }

  #rateRefusal(rate: RateName | null, [bytes]: readonly unknown[]): Refusal | null {
    if (rate === null) return null
    const { take, log } = this.#ports
    const wait = take(rate, bytes instanceof Uint8Array ? bytes.length : 0)
    if (wait === 0) {
      this.#limitedInARow = 0
      return null
    }
    this.#limitedInARow++
    if (this.#limitedInARow === 1) log.warn({ rate, wait }, 'socket.rate-limited')
    if (this.#limitedInARow === LIMITED_IN_A_ROW) this.#shutOut('rate-limited')
    return refuse('rate-limited', 'too much at once; send it again after this time', wait)
  }

  #roleRefusal<Body extends object>({ role }: EventRule<Target, Body>, body: Body): Refusal | null {
    if (role === 'anyone' || !('room' in body)) return null
    const own = this.#ports.roleIn(Number(body.room))
    if (own === null) return REFUSALS.notJoined
    if (atLeast(own, role)) return null
    return refuse(
      role === 'editor' ? 'read-only' : 'forbidden',
      'your role in this document is too low for this',
    )
  }

  #end(refusal: Refusal | null, answer: Answer | null, before: number): void {
    if (refusal) {
      answer?.(refusal)
      this.count(refusal.code)
    } else if (this.#suspicions === before) {
      this.#suspicions = 0
    }
  }

  #fault(event: string, error: unknown): Refusal {
    if (error instanceof MalformedBody) return refuse('bad-message', error.message)
    this.#ports.log.error({ err: error, on: event }, 'socket.handler-failed')
    return refuse('internal', 'the server failed at this message; send it again later', 1000)
  }

  #shutOut(code: ErrorCode): void {
    this.#ports.log.warn({ code }, 'socket.closed-for-refusals')
    this.#ports.shutOut()
  }
}

function sizeRefusal([body]: readonly unknown[]): Refusal | null {
  if (!(body instanceof Uint8Array) || body.length <= LIMITS.messageBytes) return null
  return refuse('too-large', `one message holds at most ${LIMITS.messageBytes} bytes`)
}

/** For events that were sent without asking for an answer. */
const ignore: Answer = () => undefined
