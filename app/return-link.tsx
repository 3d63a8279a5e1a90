'use client'

import { type ComponentProps, useEffect, useState } from 'react'
import { addressIn } from '#lib/protocol/urls.ts'
import { keepReturn } from './return-cookie.ts'

interface ReturnLinkProps extends ComponentProps<'a'> {
  readonly href: string
  /** True if the link leaves this site, where a fragment would tell the address. */
  readonly leaves?: boolean
}

/**
 * A link to another page of accounts, from which the user comes back to the document that they left. Its address is in
 * the fragment of this page, which is not sent and not logged; on the way to the provider it is in a cookie.
 */
export function ReturnLink({ href, leaves = false, ...link }: ReturnLinkProps) {
  const [address, setAddress] = useState<string | null>(null)
  useEffect(() => setAddress(addressIn(location.hash.slice(1))), [])
  return leaves ? (
    <a {...link} href={href} onClick={() => keepReturn(address)} />
  ) : (
    <a {...link} href={address === null ? href : `${href}#${address}`} />
  )
}
