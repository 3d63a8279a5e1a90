import { join } from 'node:path'
import { test } from '@playwright/test'
import type { Writer } from './writer.ts'

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const

/**
 * Photographs a person's page, on a desktop and a phone, light and dark, and leaves the page as it was. Attached to
 * the test, and stored as test-results/{folder}/{name}-{size}-{scheme}.png until the next run.
 */
export async function photograph({ page }: Writer, folder: string, name: string): Promise<void> {
  const info = test.info()
  const size = page.viewportSize()
  for (const [device, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const file = `${name}-${device}-${colorScheme}.png`
      const path = join(info.project.outputDir, folder, file)
      await page.screenshot({ path, animations: 'disabled' })
      await info.attach(file, { path, contentType: 'image/png' })
    }
  }
  await page.emulateMedia({ colorScheme: null })
  if (size) await page.setViewportSize(size)
}
