import type { Page } from '@playwright/test';
import { expect, firstPatient, patientPath, test } from './fixtures';
import { SCREENS } from './screens';

const STOPPED = { time_ms: Date.UTC(2026, 0, 5, 9, 41), complete: false };

/** Replaces the extent of the archive in the responses of the dashboard. */
async function withArchive(page: Page, path: string, archived_up_to: object): Promise<void> {
  await page.route(`**/api/${path}?*`, async (route) => {
    const response = await route.fetch();
    const json = (await response.json()) as object;
    await route.fulfill({ response, json: { ...json, archived_up_to } });
  });
}

const note = (page: Page) => page.getByTestId('missing');
const save = (page: Page) => page.getByRole('button', { name: 'Download CSV' });

test.afterEach(async ({ page }) => page.unrouteAll({ behavior: 'wait' }));

test('statistics and activity name what is not archived, and save no part of it', async ({ page }) => {
  for (const [path, what, where] of [
    ['statistics', 'Readings', 'these figures'],
    ['activity', 'Accesses', 'this list'],
  ] as const) {
    await page.goto(`/${path}?range=1h&tz=utc`);
    const refresh = page.getByRole('button', { name: 'Refresh' });
    // The first commit may be still to come.
    await expect(async () => {
      await refresh.click();
      await expect(page.getByTestId('scope')).toContainText(/from the lake/i);
      await expect(save(page)).toBeEnabled({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await expect(note(page)).toHaveCount(0);

    await withArchive(page, path, STOPPED);
    await refresh.click();
    await expect(note(page)).toHaveText(`! ${what} after 05 Jan, 09:41:00 are not archived yet: they are missing from ${where}.`);
    await expect(save(page)).toBeDisabled();
    await expect(save(page)).toHaveAttribute('title', /^Not every \w+ of this period is archived$/);
    await page.keyboard.press('d');

    await withArchive(page, path, { time_ms: null, complete: false });
    await refresh.click();
    await expect(note(page)).toHaveText(`! It is not known which ${what.toLowerCase()} are archived: some may be missing from ${where}.`);
    await page.unrouteAll({ behavior: 'wait' });
  }
});

test('the newest figures do not depend on the archive', async ({ page }) => {
  for (const path of ['statistics', 'activity']) {
    await page.goto(`/${path}`);
    await expect(page.getByTestId('scope')).toBeVisible();
    await expect(note(page)).toHaveCount(0);
  }
});

test('a patient’s chart and alarms name what is not archived', async ({ page }) => {
  await page.goto(patientPath(await firstPatient(page)));
  await expect(save(page)).toBeEnabled({ timeout: 30_000 });
  await expect(note(page)).toHaveCount(0);
  await withArchive(page, 'history', STOPPED);
  await withArchive(page, 'alarms', STOPPED);
  await page.goto(`${page.url()}?tz=utc`);
  await expect(note(page)).toContainText('! Readings after 05 Jan, 09:41:00 are not archived yet: they are missing from this chart, but for those');
  await expect(save(page)).toBeDisabled();
  const list = page.getByTestId('alarm-list');
  await expect(list.locator('summary')).toContainText(', later ones are not archived yet');
  await list.locator('summary').click();
  await expect(list).toContainText('! Alarms after 05 Jan, 09:41:00 are not archived yet');
});

test('the note fits every screen', async ({ page }) => {
  await withArchive(page, 'statistics', STOPPED);
  for (const viewport of Object.values(SCREENS)) {
    await page.setViewportSize(viewport);
    await page.goto('/statistics?range=1h');
    await expect(note(page)).toBeVisible({ timeout: 60_000 });
    const [wanted, given] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    expect(wanted).toBe(given);
  }
});
