'use client'

import { useEffect, useState, useSyncExternalStore } from 'react'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import type { DraftState, Peer, ProviderStatus, SaveState } from '#lib/client/provider-state.ts'

/*
 * The provider's state as React hooks. Every component subscribes on its own, so that a keystroke renders the chip
 * again and nothing around it.
 */

export function useStatus(provider: CollabProvider): ProviderStatus {
  return useSyncExternalStore(
    (changed) => provider.on('status', changed),
    () => provider.status,
  )
}

export function useSave(provider: CollabProvider): SaveState {
  return useSyncExternalStore(
    (changed) => provider.on('save', changed),
    () => provider.save,
  )
}

export function useDraft(provider: CollabProvider): DraftState | null {
  return useSyncExternalStore(
    (changed) => provider.on('draft', changed),
    () => provider.draft,
  )
}

export function usePeers(provider: CollabProvider): readonly Peer[] {
  return useSyncExternalStore(
    (changed) => provider.on('peers', changed),
    () => provider.peers,
  )
}

/** Returns true once the join has completed. Never goes back to false. */
export function useEverJoined(provider: CollabProvider): boolean {
  const [joined, setJoined] = useState(provider.synced)
  useEffect(() => {
    const look = () => setJoined((before) => before || provider.synced || provider.status.phase === 'joined')
    look()
    const stops = [provider.on('synced', look), provider.on('status', look)]
    return () => {
      for (const stop of stops) stop()
    }
  }, [provider])
  return joined
}

/** Returns the current time, updated every second while `ticking`. */
export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!ticking) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}

/** Returns `navigator.onLine`, kept up to date. */
export function useBrowserOnline(): boolean {
  return useSyncExternalStore(
    (changed) => {
      window.addEventListener('online', changed)
      window.addEventListener('offline', changed)
      return () => {
        window.removeEventListener('online', changed)
        window.removeEventListener('offline', changed)
      }
    },
    () => navigator.onLine,
  )
}
