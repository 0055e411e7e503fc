import { expect, type Page } from '@playwright/test';
import { firstPatient, patientPath } from './fixtures';

/** Every page of the dashboard, with an action that opens it and waits for its data. */
export const PAGES: Record<string, (page: Page) => Promise<void>> = {
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
    // Of a lake that was too slow, the page asks again.
    await expect(page.getByText(/^The history could not be/)).toHaveCount(0);
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
  activity: async (page) => {
    await page.goto(patientPath(await firstPatient(page)));
    await page.goto('/activity');
    await expect(page.getByTestId('accesses').locator('[data-view="patient"]').first()).toBeVisible();
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
