import { linkRoleSchema } from '#lib/protocol/sharing.ts'
import { services } from '#lib/server/services.ts'
import { answered, route } from '../../edge.ts'

/** Sets the most that people with a link can do: `{ address, role }` → `{ ok }`. */
export const POST = route({
  body: linkRoleSchema,
  rate: 'writes',
  needs: { role: 'owner' },
  handle: async ({ right, body: { role } }) => answered(await services().sharing.setLinkRole(right, role)),
})
