/**
 * The most packets in one payload of long polling. The server closes a connection that sends more, before it decodes
 * them.
 */
export const PACKETS_PER_PAYLOAD = 64
