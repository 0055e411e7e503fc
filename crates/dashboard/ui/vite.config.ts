import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The dashboard behind `npm run dev`; it must be running. */
const backend = process.env.DASHBOARD_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Relative addresses: the server knows the path under which a proxy publishes the pages.
  base: './',
  plugins: [svelte()],
  build: {
    // The first versions with `light-dark()`, which the theme uses for every colour.
    target: ['chrome123', 'firefox126', 'safari17.5'],
    // Every asset is a file: the content security policy forbids data: scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': backend } },
  worker: { format: 'es' },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
