import { ofAddressSchema } from '#lib/protocol/sharing.ts'
import { services } from '#lib/server/services.ts'
import { answered, route } from '../edge.ts'

/** Who may do what with a document: `{ address }` → `sharingSchema`. Links that were never shown are made. */
export const POST = route({
  body: ofAddressSchema,
  rate: 'reads',
  needs: { role: 'viewer' },
  handle: async ({ session, body: { address } }) =>
    answered(await services().sharing.overview(session, address)),
})
