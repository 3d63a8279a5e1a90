import { linkRenewSchema } from '#lib/protocol/sharing.ts'
import { services } from '#lib/server/services.ts'
import { answered, route } from '../../edge.ts'

/** Replaces the address of a link: `{ address, role }` → `{ ok, address, disconnected }`. */
export const POST = route({
  body: linkRenewSchema,
  rate: 'writes',
  needs: { role: 'owner' },
  handle: async ({ right, body: { role } }) => answered(await services().sharing.renewLink(right, role)),
})
