import type { MetadataRoute } from 'next'
import { pathOf } from '#lib/protocol/urls.ts'

/** The rules for crawlers. Addresses are keys: whatever a crawler lists, anyone may open. */
export default function robots(): MetadataRoute.Robots {
  const front = pathOf({ to: 'front' })
  const base = front === '/' ? '' : front
  // With a slash at the end: everything below. Without one: the page as well.
  const kept = ['d/', 'api/', 'reset/', 'setup/', 'account', 'admin', 'sign-', 'refused', 'socket']
  return { rules: { userAgent: '*', allow: `${base}/`, disallow: kept.map((path) => `${base}/${path}`) } }
}
