import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { firstPatient, patientPath } from './fixtures';

const folder = process.env.SHOTS_DIR ?? 'node_modules/.cache/shots';
const sizes = { wide: { width: 1920, height: 1080 }, tablet: { width: 820, height: 1180 }, narrow: { width: 390, height: 844 } };

const pages: Record<string, (page: Page) => Promise<void>> = {
  ward: async (page) => {
    await page.goto('/');
    await expect(page.getByTestId('tile').first()).toBeVisible();
    await expect(page.getByTestId('latency-p50')).toHaveText(/ms|s/);
  },
  patient: async (page) => {
    await page.goto(patientPath(await firstPatient(page)));
    await expect(page.getByTestId('now-heart_rate')).toHaveText(/\d/);
    await expect(page.getByTestId('strip-heart_rate').locator('canvas')).toBeVisible();
    await expect(page.getByText('Loading history…')).toHaveCount(0);
  },
  pipeline: async (page) => {
    await page.goto('/pipeline');
    await expect(page.getByTestId('services')).toBeVisible();
    await expect(page.getByTestId('figure-archived')).toHaveText(/\d/, { timeout: 30_000 });
  },
  statistics: async (page) => {
    await page.goto('/statistics');
    await expect(page.getByTestId('bands')).toBeVisible();
  },
  models: async (page) => {
    await page.goto('/models');
    await expect(page.getByTestId('card')).toBeVisible();
  },
  risk: async (page) => {
    await page.goto('/risk');
    await expect(page.getByTestId('waterfall')).toBeVisible();
  },
};

for (const [name, open] of Object.entries(pages)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, viewport] of Object.entries(sizes)) {
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
