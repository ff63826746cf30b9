import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  // `?raw` imports of protocol-docs come from the folder above.
  server: { fs: { allow: ['..'] } },
  build: {
    target: 'safari16',
    // Inlined fonts would be `data:` addresses, which the page's content security policy refuses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
  test: { environment: 'node' },
})
