import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { PAGES } from './pages';
import { SCREENS } from './screens';

const folder = process.env.SHOTS_DIR ?? 'node_modules/.cache/shots';

for (const [name, open] of Object.entries(PAGES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, viewport] of Object.entries(SCREENS)) {
      test(`${name} ${colorScheme} ${size}`, async ({ browser, baseURL }) => {
        mkdirSync(folder, { recursive: true });
        const context = await browser.newContext({ baseURL: baseURL ?? '', colorScheme, viewport });
        const page = await context.newPage();
        await open(page);
        // Long enough for sparklines and latency to have data.
        await page.waitForTimeout(2_500);
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${size}.png`) });
        await context.close();
      });
    }
  }
}
