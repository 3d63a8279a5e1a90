/**
 * The owner of a part of the client, as the part sees it. Owners call down and know what their calls change; a part
 * calls up only if something happened by itself.
 */
export interface Owner {
  /**
   * Announces a change that no call of the owner caused: a timer fired, or a write or an answer completed. Called
   * often, so it must be cheap.
   */
  changed(): void
}
