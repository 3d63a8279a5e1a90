/**
 * The codes of refusals, by band. *permanent*: sending the same message again gets the same answer. *retry*: the same
 * message may be sent again, after `retryAfterMs` if the answer has it.
 */
export const ERROR_BANDS = {
  'bad-message': 'permanent',
  'too-large': 'permanent',
  'protocol-version': 'permanent',
  'not-found': 'permanent',
  'not-joined': 'permanent',
  forbidden: 'permanent',
  'foreign-origin': 'permanent',
  'link-locked': 'permanent',
  'read-only': 'permanent',
  'schema-too-old': 'permanent',
  'client-id-taken': 'permanent',
  'too-many-documents': 'permanent',
  'invalid-update': 'permanent',
  'foreign-client': 'permanent',
  'unknown-root': 'permanent',
  'lineage-changed': 'permanent',
  'document-damaged': 'permanent',
  'document-deleted': 'permanent',
  'document-full': 'permanent',
  'unknown-event': 'permanent',
  unauthenticated: 'retry',
  'session-expired': 'retry',
  gap: 'retry',
  rewind: 'retry',
  'storage-slow': 'retry',
  'storage-failed': 'retry',
  'owner-full': 'retry',
  'disk-low': 'retry',
  'rate-limited': 'retry',
  'too-many-connections': 'retry',
  draining: 'retry',
  internal: 'retry',
} as const satisfies Record<string, 'permanent' | 'retry'>

export type ErrorCode = keyof typeof ERROR_BANDS

/** A refusal on the wire. `message`: what to do, in English, for logs and scripts; users see the page's own words. */
export interface Refusal {
  readonly ok: false
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfterMs?: number
}

/** Makes a refusal. */
export function refuse(code: ErrorCode, message: string, retryAfterMs?: number): Refusal {
  return retryAfterMs === undefined
    ? { ok: false, code, message }
    : { ok: false, code, message, retryAfterMs }
}

/** The refusals that are given in more than one place. */
export const REFUSALS = {
  notFound: {
    ok: false,
    code: 'not-found',
    message: 'this document does not exist or is not shared with you',
  },
  deleted: {
    ok: false,
    code: 'document-deleted',
    message: 'this document was deleted by its owner, who may restore it',
  },
  notInTrash: { ok: false, code: 'not-found', message: 'there is no such document in your trash' },
  linkLocked: { ok: false, code: 'link-locked', message: 'this link has a password: enter it first' },
  notJoined: { ok: false, code: 'not-joined', message: 'join the document first' },
  /** The right was judged by facts that have changed since. */
  notCurrent: {
    ok: false,
    code: 'internal',
    message: 'access to the document was changed in this moment; join again',
    retryAfterMs: 100,
  },
  diskFailed: {
    ok: false,
    code: 'storage-failed',
    message: 'the server cannot write to its disk; try again later',
    retryAfterMs: 5000,
  },
  ownerFull: {
    ok: false,
    code: 'owner-full',
    message:
      'the documents of this owner may not weigh more; erase some from the trash, or create an account',
    retryAfterMs: 5000,
  },
  diskLow: {
    ok: false,
    code: 'disk-low',
    message: 'the disk is almost full, and guests may not add to it; try again later',
    retryAfterMs: 10_000,
  },
  notSignedIn: { ok: false, code: 'unauthenticated', message: 'sign in first' },
} as const satisfies Readonly<Record<string, Refusal>>

/** Returns true if the same message may be sent again. */
export function isRetryable(code: ErrorCode): boolean {
  return ERROR_BANDS[code] === 'retry'
}

/** Thrown anywhere in a request to end it with a coded answer. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** Returns the message of an error, or any other thrown value as text. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Returns the refusal that was thrown, null for any other error. The server and its pages each have a copy of the
 * class.
 */
export function refusalIn(error: unknown): Refusal | null {
  if (error instanceof RefusedRequest) return error.refusal
  return error instanceof Error && error.name === 'RefusedRequest' ? (error as RefusedRequest).refusal : null
}
