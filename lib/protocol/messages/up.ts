import { accessAskRule } from './access.ts'
import { documentCompareRule } from './compare.ts'
import { documentPullRule } from './history.ts'
import { documentJoinRule, documentLeaveRule } from './join.ts'
import type { UpListener, WireOf } from './message.ts'
import { presenceSetRule } from './presence.ts'
import { sessionRenewRule } from './session.ts'
import { documentUpdateRule } from './update.ts'

/**
 * All messages from client to server, with the server's rule for each. The client imports the messages it sends
 * instead.
 */
export const UP = [
  documentJoinRule,
  documentUpdateRule,
  documentPullRule,
  documentCompareRule,
  documentLeaveRule,
  presenceSetRule,
  sessionRenewRule,
  accessAskRule,
] as const

type Up = (typeof UP)[number]
export type UpName = Up['message']['name']

/** The rule of a message. */
export type RuleOf<Name extends UpName> = Extract<Up, { readonly message: { readonly name: Name } }>

/** Socket.IO's event map, client to server. */
export type UpEvents = { [Name in UpName]: UpListener<RuleOf<Name>['message'], WireOf<RuleOf<Name>>> }
