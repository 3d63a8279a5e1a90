/**
 * The owner of a part of the client, as the part sees it. Owners call down and know what their calls change; a part calls
 * up only when something happened by itself.
 */
export interface Owner {
  /** Something changed that no call of the owner caused: a timer ran, a write or an answer came. Called often; cheap. */
  changed(): void
}
