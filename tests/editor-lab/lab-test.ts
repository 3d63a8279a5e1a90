import { test as base } from '@playwright/test'
import { type LabServer, startLab } from './lab-server.ts'

/** Tests on the page of the lab (lab.ts), which is open when a test begins. */
export const test = base.extend<object, { readonly lab: LabServer }>({
  lab: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
    async ({}, use) => {
      const lab = await startLab()
      await use(lab)
      await lab.close()
    },
    { scope: 'worker' },
  ],
  page: async ({ page, lab }, use) => {
    await page.goto(lab.url)
    await use(page)
  },
})
