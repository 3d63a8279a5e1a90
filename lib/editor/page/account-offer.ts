import { addressIn, pathOf } from '#lib/protocol/urls.ts'

/**
 * The way to an account that a guest is offered. *sign-up*: they may create one. *provider*: they sign in with a
 * provider, which gives them one. *sign-in*: only for guests who have one.
 */
export type AccountOffer = 'sign-up' | 'provider' | 'sign-in'

/**
 * Returns the path of a page of accounts that leads back to this document. The fragment is not sent to the server: an
 * address is a key.
 */
export function accountPath(to: 'account' | 'sign-in' | 'sign-up'): string {
  return `${pathOf({ to })}#${addressIn(location.pathname) ?? ''}`
}
