import type { ErrorCode } from './errors.ts'

declare const process: { readonly env: Record<string, string | undefined> }

/** The sub-path that the site is served under, set at build time by BASE_PATH: '' or '/docs'. */
const BASE_PATH: string = process.env.NEXT_PUBLIC_BASE_PATH ?? ''

/** A place on this site that has a URL. */
export type Place =
  | { readonly to: 'front' }
  | { readonly to: 'document'; readonly address: string }
  | { readonly to: 'socket' }
  | { readonly to: 'preferences' }
  | { readonly to: 'sign-in' }
  | { readonly to: 'sign-up' }
  | { readonly to: 'sign-out' }
  | { readonly to: 'account' }
  | { readonly to: 'admin' }
  | { readonly to: 'help' }
  /** The page that a refused form leads to. */
  | { readonly to: 'refused'; readonly code: ErrorCode }
  | { readonly to: 'setup'; readonly token: string }
  | { readonly to: 'reset'; readonly token: string }
  | { readonly to: 'invitation'; readonly token: string }
  | { readonly to: 'api'; readonly path: ApiPath }

export type ApiPath =
  | 'documents'
  | 'documents/copy'
  | 'documents/delete'
  | 'documents/trash'
  | 'documents/restore'
  | 'documents/erase'
  | 'session'
  | 'session/profile'
  | 'open'
  | 'access'
  | 'access/link-role'
  | 'access/link'
  | 'access/renew'
  | 'access/grant'
  | 'access/request'
  | 'access/unlock'
  | 'account/sign-in'
  | 'account/sign-up'
  | 'account/sign-out'
  | 'account/name'
  | 'account/password'
  | 'account/email'
  | 'account/reset'
  | 'account/setup'
  | 'account/tokens'
  | 'account/tokens/revoke'
  | 'account/provider'
  | 'account/provider/back'
  | 'admin/users'
  | 'admin/documents'
  | 'admin/sessions'
  | 'admin/tokens'
  | 'admin/invitations'

/** Returns the path of a place on this site, with the sub-path. The only function that makes URLs. */
export function pathOf(place: Place): string {
  switch (place.to) {
    case 'front':
      return BASE_PATH === '' ? '/' : BASE_PATH
    case 'document':
      return `${BASE_PATH}/d/${encodeURIComponent(place.address)}`
    case 'socket':
      return `${BASE_PATH}/socket`
    case 'preferences':
    case 'sign-in':
    case 'sign-up':
    case 'sign-out':
    case 'account':
    case 'admin':
    case 'help':
      return `${BASE_PATH}/${place.to}`
    case 'refused':
      return `${BASE_PATH}/refused?code=${place.code}`
    case 'setup':
    case 'reset':
    case 'invitation':
      return `${BASE_PATH}/${place.to}/${encodeURIComponent(place.token)}`
    case 'api':
      return `${BASE_PATH}/api/${place.path}`
  }
}

/** Returns the full URL of a place. `origin` is like `https://write.example.org`. */
export function urlOf(origin: string, place: Place): string {
  return origin.replace(/\/+$/, '') + pathOf(place)
}

/** Returns the address in pasted text: a full link, a path or the bare address. Returns null if it contains none. */
export function addressIn(pasted: string): string | null {
  const found = /(?:^|\/d\/)([A-Za-z0-9_-]{32})(?:[/?#].*)?$/.exec(pasted.trim())
  return found?.[1] ?? null
}
