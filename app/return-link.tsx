'use client'

import { type ComponentProps, useEffect, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { addressIn } from '#lib/protocol/urls.ts'
import { RETURN_COOKIE } from './return-cookie.ts'

/** The time that a user may take to sign in at the provider, s. */
const RETURN_SECONDS = 10 * 60

interface ReturnLinkProps extends ComponentProps<'a'> {
  readonly href: string
  /** The document to return to; by default the one in this page's fragment. */
  readonly address?: string | undefined
  /** True if the link leaves this site, where a fragment would tell the address. */
  readonly leaves?: boolean
}

/**
 * A link to another page of accounts, from which the user comes back to the document that they left. The address is in
 * the fragment, which is not sent and not logged; on the way to the provider it is in a cookie.
 */
export function ReturnLink({ href, address, leaves = false, ...link }: ReturnLinkProps) {
  const [found, setFound] = useState(address ?? null)
  useEffect(() => setFound((before) => before ?? addressIn(location.hash.slice(1))), [])
  const keep = () => keepReturn(found)
  return leaves ? (
    <a {...link} href={href} onClick={keep} onAuxClick={keep} />
  ) : (
    <a {...link} href={found === null ? href : `${href}#${found}`} />
  )
}

function keepReturn(address: string | null): void {
  const life = address === null ? 0 : RETURN_SECONDS
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: synchronous, before the browser leaves
    document.cookie = `${RETURN_COOKIE}=${address ?? ''}; Path=/; Max-Age=${life}; SameSite=Lax${secure}`
  } catch (error) {
    report('this browser keeps no cookie', error, 'debug')
  }
}
