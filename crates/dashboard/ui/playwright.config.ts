import { defineConfig } from '@playwright/test';

/** The dashboard under test; it must be running. */
const baseURL = process.env.DASHBOARD_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  testDir: 'e2e',
  outputDir: process.env.E2E_OUTPUT_DIR ?? 'node_modules/.cache/e2e',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // Generous: a busy machine takes many times as long as an idle one.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    baseURL,
    viewport: { width: 1920, height: 1080 },
    // The system's browser, so that Playwright downloads none.
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'e2e', testMatch: /.*\.spec\.ts/ },
    { name: 'shots', testMatch: /shots\.ts/ },
    { name: 'bench', testMatch: /.*\.bench\.ts/ },
  ],
});
