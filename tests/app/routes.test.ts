import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { expect, test } from 'vitest'
import { type RouteRules, rulesOf } from '../../app/api/edge.ts'

const app = join(import.meta.dirname, '../../app')
const sources = readdirSync(app, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
const routes = sources.filter((file) => file.endsWith(`${sep}route.ts`))

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const RATES = ['sockets', 'logins', 'creates', 'reads', 'writes']
const STANDINGS = ['nobody', 'guest', 'session', 'account', 'admin']
const ROLES = ['viewer', 'commenter', 'editor', 'owner']

function isDeclared({ rate, needs, body }: RouteRules): boolean {
  const known = typeof needs === 'string' ? STANDINGS.includes(needs) : ROLES.includes(needs.role)
  return known && RATES.includes(rate) && (body === null || body.kind === 'schema')
}

test('there are routes, and all of them are read', () => {
  expect(routes.length).toBeGreaterThanOrEqual(6)
})

test.for(routes.map((file) => file.slice(app.length + 1)))(
  '%s exports only methods with rules',
  async (file) => {
    const exported = Object.entries(await import(join(app, file)))
    expect(exported.length).toBeGreaterThan(0)
    for (const [name, method] of exported) {
      expect(METHODS).toContain(name)
      const rules = rulesOf(method)
      expect(rules, `${name} of ${file} is not made by route()`).not.toBeNull()
      expect(rules && isDeclared(rules)).toBe(true)
    }
  },
)

test('a function that route() did not make has no rules', () => {
  expect(rulesOf(async () => new Response())).toBeNull()
  expect(rulesOf(undefined)).toBeNull()
})

test('nothing is a server action, which no rule would guard', () => {
  const lib = join(app, '../lib')
  const all = readdirSync(lib, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  expect(all.length).toBeGreaterThan(50)
  const actions = [...sources, ...all].filter((file) =>
    /^\s*['"]use server['"]/m.test(readFileSync(file, 'utf8')),
  )
  expect(actions).toEqual([])
})
