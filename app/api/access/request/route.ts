import { grantSchema } from '#lib/protocol/sharing.ts'
import { services } from '#lib/server/services.ts'
import { answered, route } from '../../edge.ts'

/** Answers a request for access: `{ address, userId, role }`, null declines → `{ ok }`. */
export const POST = route({
  body: grantSchema,
  rate: 'writes',
  needs: { role: 'owner' },
  handle: async ({ right, body: { userId, role } }) =>
    answered(await services().sharing.answerRequest(right, userId, role)),
})
