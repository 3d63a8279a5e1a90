import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { answerTo, outcome } from '../../account/answers.ts'
import { route } from '../../edge.ts'

/** Deletes a document as its owner would. Idempotent. */
export const POST = route({
  body: v.object({ documentId: v.pipe(v.string(), v.maxLength(64)) }),
  rate: 'writes',
  needs: 'admin',
  handle: async ({ request, body }) => {
    await services().admin.deleteDocument(body.documentId)
    return answerTo(request, outcome(null), { done: { to: 'admin' }, form: { to: 'admin' } })
  },
})
