'use client'

import type { ComponentProps } from 'react'
import { keepReturn } from './return-cookie.ts'

interface LeavingLinkProps extends ComponentProps<'a'> {
  readonly href: string
  readonly address: string
}

/** A link to the provider from the page of a document, to which the user comes back. */
export function LeavingLink({ href, address, ...link }: LeavingLinkProps) {
  return <a {...link} href={href} onClick={() => keepReturn(address)} />
}
