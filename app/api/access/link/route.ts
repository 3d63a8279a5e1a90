import { linkChangeSchema } from '#lib/protocol/sharing.ts'
import { services } from '#lib/server/services.ts'
import { answered, route } from '../../edge.ts'

/** Changes expiry or password of a link: `{ address, role, expiresAt?, password? }` → `{ ok }`. */
export const POST = route({
  body: linkChangeSchema,
  rate: 'writes',
  needs: { role: 'owner' },
  handle: async ({ right, body: { address: _, role, ...change } }) =>
    answered(await services().sharing.changeLink(right, role, change)),
})
