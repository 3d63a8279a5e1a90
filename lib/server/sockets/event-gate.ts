import * as v from 'valibot'
import type { Log } from '#lib/process/log.ts'
import { MalformedBody } from '#lib/protocol/body.ts'
import { type ErrorCode, REFUSALS, type Refusal, refuse } from '#lib/protocol/errors.ts'
import { atLeast, type Role } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { BodyOf, MessageRate, UpRule } from '#lib/protocol/messages/message.ts'
import { type RuleOf, UP, type UpName } from '#lib/protocol/messages/up.ts'

/** Codes of refusals that our client never causes by a race. Ten of them in a row close the connection. */
const SUSPECT = new Set<ErrorCode>([
  'bad-message',
  'too-large',
  'unknown-event',
  'invalid-update',
  'foreign-client',
  'unknown-root',
])

/** Close a connection after this many messages sent while rate-limited. Our client never has as many in flight. */
const LIMITED_IN_A_ROW = 1000

const RULES: ReadonlyMap<string, UpRule> = new Map(UP.map((rule) => [rule.message.name, rule]))
const PARSING = { abortEarly: true } as const

/** Acknowledges a message. The answer to a request may be followed by bytes. */
export type Answer = (answer: object, bytes?: Uint8Array) => void

type Handled = Refusal | null | Promise<Refusal | null>
type Handler<Content> = (content: Content, answer: Answer) => Handled

/** The handlers of all messages, by name. A handler returns null after the message was handled and answered. */
type Handlers = { readonly [Name in UpName]: Handler<BodyOf<RuleOf<Name>>> }

/** A message that was refused for its size, rate or role: its name, its content and the refusal. */
export type RefusedMessage = {
  [Name in UpName]: [name: Name, content: BodyOf<RuleOf<Name>>, refusal: Refusal]
}[UpName]

/** The connection behind a gate. A class that lacks the handler of a message does not compile. */
export interface GateOwner extends Handlers {
  /** Returns the connection's role in a room, null if it has not joined it. */
  roleIn(room: number): Role | null
  /** Counts a message and its bytes. Returns 0, or the ms after which it may be sent again. */
  take(rate: MessageRate, bytes: number): number
  /** Called for each refused message, because some cannot carry a refusal in their acknowledgement. */
  refused(...message: RefusedMessage): void
  /** Warns the client that the next refusal of this kind closes the connection. */
  warn(): void
  /** Closes the connection. Idempotent. */
  shutOut(): void
}

/**
 * Passes each message to its handler by the rule of its declaration, which checks content, size, rate and role, in
 * this order. A refusal is the answer to the message; a bug is answered with `internal`. Never throws.
 */
export class EventGate {
  readonly #owner: GateOwner
  readonly #log: Log
  #suspicions = 0
  #limitedInARow = 0

  constructor(owner: GateOwner, log: Log) {
    this.#owner = owner
    this.#log = log
  }

  /**
   * Handles an event with its arguments. Returns a promise only if the handler does, so that keystrokes wait for
   * nothing.
   */
  receive(event: string, args: readonly unknown[]): void | Promise<void> {
    const last = args.at(-1)
    const answer = typeof last === 'function' ? (last as Answer) : null
    const before = this.#suspicions
    try {
      const rule = RULES.get(event)
      const done = rule
        ? this.#handle(rule, answer ? args.slice(0, -1) : args, answer ?? ignore)
        : refuse('unknown-event', 'this server knows no such event')
      if (done instanceof Promise) return this.#wait(event, done, answer, before)
      this.#end(done, answer, before)
    } catch (error) {
      this.#end(this.#fault(event, error), answer, before)
    }
  }

  /** Counts a refusal that was not sent as the answer to its event. */
  count(code: ErrorCode): void {
    if (!SUSPECT.has(code)) return
    this.#suspicions++
    if (this.#suspicions === LIMITS.refusalsInARow - 1) this.#owner.warn()
    if (this.#suspicions >= LIMITS.refusalsInARow) this.#shutOut(code)
  }

  #handle(rule: UpRule, args: readonly unknown[], answer: Answer): Handled {
    const content = contentOf(rule, args)
    if (!content) return refuse('bad-message', `this event is ${shapeOf(rule)}`)
    const refusal = sizeRefusal(args) ?? this.#rateRefusal(rule, args) ?? this.#roleRefusal(rule, content)
    // Safe: the rule that parsed the content belongs to the message that names the handler.
    const name = rule.message.name as UpName
    if (!refusal) return (this.#owner as Record<UpName, Handler<object>>)[name](content, answer)
    this.#owner.refused(...([name, content, refusal] as RefusedMessage))
    return refusal
  }

  async #wait(
    event: string,
    done: Promise<Refusal | null>,
    answer: Answer | null,
    before: number,
  ): Promise<void> {
    let refusal: Refusal | null
    try {
      refusal = await done
    } catch (error) {
      refusal = this.#fault(event, error)
    }
    this.#end(refusal, answer, before)
  }

  #rateRefusal({ rate }: UpRule, [bytes]: readonly unknown[]): Refusal | null {
    const wait = this.#owner.take(rate, bytes instanceof Uint8Array ? bytes.length : 0)
    if (wait === 0) {
      this.#limitedInARow = 0
      return null
    }
    this.#limitedInARow++
    if (this.#limitedInARow === 1) this.#log.warn({ rate, wait }, 'socket.rate-limited')
    if (this.#limitedInARow === LIMITED_IN_A_ROW) this.#shutOut('rate-limited')
    return refuse('rate-limited', 'too much at once; send it again after this time', wait)
  }

  #roleRefusal({ role }: UpRule, content: object): Refusal | null {
    if (role === 'anyone' || !('room' in content)) return null
    const own = this.#owner.roleIn(Number(content.room))
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
    this.#log.error({ err: error, on: event }, 'socket.handler-failed')
    return refuse('internal', 'the server failed at this message; send it again later', 1000)
  }

  #shutOut(code: ErrorCode): void {
    this.#log.warn({ code }, 'socket.closed-for-refusals')
    this.#owner.shutOut()
  }
}

/**
 * Returns the content of a message that is exactly one JSON object or one body of bytes; else null. Throws
 * MalformedBody.
 */
function contentOf({ json, body }: UpRule, args: readonly unknown[]): object | null {
  const [value] = args
  if (args.length !== 1) return null
  if (!json) return value instanceof Uint8Array ? body(value) : null
  const parsed = v.safeParse(json, value, PARSING)
  return parsed.success ? parsed.output : null
}

/** Returns the form of a message, for the answer to invalid content. */
function shapeOf({ message, json }: UpRule): string {
  return `${message.name} ${json ? `{${Object.keys(json.entries).join(', ')}}` : '<bytes>'}`
}

function sizeRefusal([body]: readonly unknown[]): Refusal | null {
  if (!(body instanceof Uint8Array) || body.length <= LIMITS.messageBytes) return null
  return refuse('too-large', `one message holds at most ${LIMITS.messageBytes} bytes`)
}

/** Stands in for the acknowledgement of a message that was sent without one. */
const ignore: Answer = () => undefined
