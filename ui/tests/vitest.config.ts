// The tests of the desk as a whole: real programs, a real browser and a real window, one test at a time.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { testTimeout: 300_000, hookTimeout: 180_000, fileParallelism: false, include: ['**/*.test.ts'] },
})
