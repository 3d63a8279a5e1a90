import { expect, test } from 'vitest'
import { shapeProblem } from '../../app/api/account/answers.ts'

test.for([
  "o'brien@example.org",
  'mei+class@mail.example.org',
  'a.b-c_d@example.org',
  '!#$%&*/=?^`{|}~x@example.org',
  'Mei@EXAMPLE.org',
  `${'x'.repeat(240)}@example.org`,
])('the e-mail %s is accepted', (email) => expect(shapeProblem({ email })).toBeNull())

test.for([
  '',
  'mei',
  '@example.org',
  'mei@',
  'mei @example.org',
  'mei@exam ple.org',
  'mei@-example.org',
  'mei@example.org\n',
  '<b>@example.org',
  '\u212aim@example.org',
  `${'x'.repeat(250)}@example.org`,
])('the e-mail %j is not', (email) => expect(shapeProblem({ email })).toBe('email'))
