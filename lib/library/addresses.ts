import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { equalInConstantTime } from '#lib/process/sealed.ts'
import { keyFor } from '#lib/process/secret.ts'

const LINK_ID_BYTES = 12
const LINK_MAC_BYTES = 12
const LINK_ID_LENGTH = 16

/**
 * Makes the addresses of documents and recognizes the ones it made
 * (docs/decisions/0005-socket-token-and-addresses.md).
 */
export class Addresses {
  readonly #key: KeyObject

  constructor(secret: string) {
    this.#key = createSecretKey(keyFor(secret, 'document address'))
  }

  /** Returns a new link id: 16 characters, not guessable. */
  newLinkId(): string {
    return randomBytes(LINK_ID_BYTES).toString('base64url')
  }

  /** Returns the address of a link: its id and a MAC over it, 32 characters. Deterministic. */
  addressOf(linkId: string): string {
    return linkId + this.#macOf(linkId)
  }

  /** Returns the link id in an address, null if the address was not made here. */
  linkIdIn(address: string): string | null {
    const linkId = address.slice(0, LINK_ID_LENGTH)
    return equalInConstantTime(address.slice(LINK_ID_LENGTH), this.#macOf(linkId)) ? linkId : null
  }

  #macOf(linkId: string): string {
    const mac = createHmac('sha256', this.#key).update(linkId).digest()
    return mac.subarray(0, LINK_MAC_BYTES).toString('base64url')
  }
}
