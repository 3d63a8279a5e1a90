import { accessContract } from './contract-access.ts'
import { catalogContract } from './contract-catalog.ts'
import { logContract } from './contract-log.ts'
import { StoreOfEachTest, type StoreUnderTest } from './store-under-test.ts'

/** The contract of every DocumentStore with its DocumentCatalog and AccessStore. `open` returns an empty store. */
export function storeContract(open: () => Promise<StoreUnderTest>): void {
  const store = new StoreOfEachTest(open)
  logContract(store)
  catalogContract(store)
  accessContract(store)
}
