import { grantSchema } from '#lib/protocol/sharing.ts'
import { services } from '#lib/server/services.ts'
import { answered, route } from '../../edge.ts'

/** Gives a user a role of their own, or removes it: `{ address, userId, role }` → `{ ok }`. */
export const POST = route({
  body: grantSchema,
  rate: 'writes',
  needs: { role: 'owner' },
  handle: async ({ right, body: { userId, role } }) =>
    answered(await services().sharing.grant(right, userId, role)),
})
