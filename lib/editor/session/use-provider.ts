'use client'

import { useEffect, useState, useSyncExternalStore } from 'react'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import type { DraftState, Peer, ProviderStatus, SaveState } from '#lib/client/provider-state.ts'

/*
 * What the provider knows, as React reads it. Every component asks for itself, so that a keystroke redraws the chip and
 * nothing around it.
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

/** True once the join has been complete. Never goes back. */
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

/** The time now, looked at every second while `ticking`. */
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

/** `navigator.onLine`, followed. */
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
