import * as v from 'valibot'
import type { SharedRole } from '#lib/protocol/identity.ts'
import {
  type RenewedLink,
  renewedLinkSchema,
  type SharingOverview,
  sharingSchema,
} from '#lib/protocol/sharing.ts'
import { type ApiPath, pathOf } from '#lib/protocol/urls.ts'

/*
 * Sharing as the page asks for it, over HTTP. Each call throws when it was refused or the server is out of reach: the
 * page then says that it did not work, and shows what is so.
 */

/** Who may do what with the document, as far as we may know it. */
export async function loadSharing(address: string): Promise<SharingOverview> {
  return v.parse(sharingSchema, await ask('access', { address }))
}

/** The most that people with a link can do; null: nothing. */
export async function setLinkRole(address: string, role: SharedRole | null): Promise<void> {
  await ask('access/link-role', { address, role })
}

/** Changes the link of a role; what is left out stays. `expiresAt`: ms since the epoch. */
export async function changeLink(
  address: string,
  role: SharedRole,
  change: { readonly expiresAt?: number | null; readonly password?: string | null },
): Promise<void> {
  await ask('access/link', { address, role, ...change })
}

/** A new link in the place of the old one, which opens nothing any more. */
export async function renewLink(address: string, role: SharedRole): Promise<RenewedLink> {
  return v.parse(renewedLinkSchema, await ask('access/renew', { address, role }))
}

/** Gives somebody a role of their own, or takes it back (null). */
export async function grantRole(address: string, userId: string, role: SharedRole | null): Promise<void> {
  await ask('access/grant', { address, userId, role })
}

/** Answers what somebody asked for: with a role, or with no (null). */
export async function answerRequest(address: string, userId: string, role: SharedRole | null): Promise<void> {
  await ask('access/request', { address, userId, role })
}

async function ask(path: ApiPath, body: object): Promise<unknown> {
  const response = await fetch(pathOf({ to: 'api', path }), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`)
  return response.json()
}
