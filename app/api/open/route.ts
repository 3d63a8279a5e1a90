import * as v from 'valibot'
import { addressIn, pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { bodyOf, mutation, seeOther } from '../edge.ts'

const requestSchema = v.object({ link: v.pipe(v.string(), v.maxLength(2000)) })

/** Opens a pasted link: to the document, or back to the front page with `?open=unknown`. */
export const POST = mutation(async (request) => {
  const { link } = await bodyOf(request, requestSchema)
  const address = addressIn(link)
  const found = address !== null && (await services().openAddress(address, null)) !== null
  return seeOther(found ? pathOf({ to: 'document', address }) : `${pathOf({ to: 'front' })}?open=unknown`)
})
