import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'
import { openStore } from '#lib/storage/open-store.ts'
import { storeContract } from './contract.ts'

describe('the SQLite store keeps to the contract', () => {
  const folders: string[] = []
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
  })

  storeContract(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'commonplace-store-'))
    folders.push(dataDir)
    return openStore({ dataDir })
  })
})
