import { describe, expect, test } from 'vitest'
import { settingNotices } from '#lib/process/setting-notices.ts'
import { readSettings, SETTING_NAMES } from '#lib/process/settings.ts'

describe('a misspelt setting', () => {
  test.each([
    ['PUBLIC_ULR', 'PUBLIC_URL'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['PUBLICURL', 'PUBLIC_URL'],
    ['public_url', 'PUBLIC_URL'],
    ['GUEST', 'GUESTS'],
    ['GEUSTS', 'GUESTS'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['TRUST_PROXIES', 'TRUSTED_PROXIES'],
    ['MAX_CONECTIONS', 'MAX_CONNECTIONS'],
    ['DATADIR', 'DATA_DIR'],
    ['OIDC_CLIENTID', 'OIDC_CLIENT_ID'],
    ['BASEPATH', 'BASE_PATH'],
    ['SECRETS', 'SECRET'],
  ])('%s is answered with %s', (given, meant) => {
    expect(settingNotices({ [given]: 'a private value' })).toEqual([
      `${given} is not a setting and changes nothing. Did you mean ${meant}?`,
    ])
  })

  test.each(
    `PATH HOME USER HOSTNAME POST SHELL TERM LANG PWD EDITOR PORTS HOSTS LOGNAME NODE_OPTIONS NODE_PATH NODE_VERSION
     npm_config_prefix npm_package_name XDG_DATA_DIRS XDG_DATA_HOME PUBLIC_KEY DATABASE_URL BASE_URL API_SECRET RATE
     GUID DATA_DISK CLIENT_ID HTTP_PROXY NO_PROXY CI DEBUG INVOCATION_ID KUBERNETES_PORT`.split(/\s+/),
  )('%s belongs to another program', (name) => {
    expect(settingNotices({ [name]: 'x' })).toEqual([])
  })

  test('is not mentioned beside the right one, nor when it is empty', () => {
    expect(settingNotices({ PUBLIC_ULR: 'x', PUBLIC_URL: 'https://write.example.org' })).toEqual([])
    expect(settingNotices({ PUBLIC_ULR: '' })).toEqual([])
    expect(settingNotices(Object.fromEntries(SETTING_NAMES.map((name) => [name, 'x'])))).toEqual([])
  })
})

test('GUESTS=comment lets guests view, and says why', () => {
  expect(readSettings({ GUESTS: 'comment' }).guests).toBe('view')
  expect(settingNotices({ GUESTS: 'comment' })).toEqual([
    'GUESTS=comment is the same as GUESTS=view: nothing can be commented on so far.',
  ])
  expect(() => readSettings({ GUESTS: 'comments' })).toThrow('GUESTS must be one of off, view, edit, create')
})
