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
 * Requests of the share dialog, over HTTP. Each call throws if it was refused or the server is out of reach: the page
 * then says that it did not work, and reloads the current state.
 */

/** Returns who may do what with the document, as far as this user may know it. */
export async function loadSharing(address: string): Promise<SharingOverview> {
  return v.parse(sharingSchema, await ask('access', { address }))
}

/** Sets the most that people with a link can do; null for nothing. */
export async function setLinkRole(address: string, role: SharedRole | null): Promise<void> {
  await ask('access/link-role', { address, role })
}

/** Changes the link of a role; omitted settings stay. `expiresAt`: ms since the epoch. */
export async function changeLink(
  address: string,
  role: SharedRole,
  change: { readonly expiresAt?: number | null; readonly password?: string | null },
): Promise<void> {
  await ask('access/link', { address, role, ...change })
}

/** Replaces a link with a new one. The old one no longer opens anything. */
export async function renewLink(address: string, role: SharedRole): Promise<RenewedLink> {
  return v.parse(renewedLinkSchema, await ask('access/renew', { address, role }))
}

/** Gives a person a role of their own, or removes it (null). */
export async function grantRole(address: string, userId: string, role: SharedRole | null): Promise<void> {
  await ask('access/grant', { address, userId, role })
}

/** Answers a person's request with a role, or with none (null). */
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
