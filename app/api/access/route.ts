import { ofAddressSchema } from '#lib/protocol/sharing.ts'
import { services } from '#lib/server/services.ts'
import { json, route } from '../edge.ts'

/** Answers who may do what with a document: `{ address }` → `sharingSchema`. Creates the links that were never shown. */
export const POST = route({
  body: ofAddressSchema,
  rate: 'reads',
  needs: { role: 'viewer' },
  handle: async ({ right }) => json(await services().sharing.overview(right)),
})
