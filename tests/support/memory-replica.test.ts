import type { ReplicaStore } from '#lib/client/replica/replica-store.ts'
import { replicaStoreContract } from '../client/replica/replica-store-contract.ts'
import { MemoryReplicas } from './memory-replica.ts'

replicaStoreContract(() => {
  const users = new Map<string, MemoryReplicas>()
  return {
    async open(userId: string): Promise<ReplicaStore> {
      const replicas = users.get(userId) ?? new MemoryReplicas()
      users.set(userId, replicas)
      return replicas.open()
    },
  }
})
