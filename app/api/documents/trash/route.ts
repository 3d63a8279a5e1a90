import { services } from '#lib/server/services.ts'
import { json, route } from '../../edge.ts'

/** Lists the caller's trash: → `{ ok, documents }`, each `{ address, title, deletedAt, erasedAt }`. */
export const POST = route({
  body: null,
  rate: 'reads',
  needs: 'session',
  handle: async ({ session }) => json({ ok: true, documents: await services().documents.trash(session) }),
})
