import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures';

const vitals = ['heart_rate', 'spo2', 'respiratory_rate', 'systolic', 'temperature'];

test('live statistics of all wards and of one, with a file of the same figures', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByTestId('tile').first()).toBeVisible();
  await page.keyboard.press('s');
  await expect(page).toHaveURL(/\/statistics$/);
  for (const vital of vitals) await expect(page.getByTestId(`vital-${vital}`).getByText('Median')).toBeVisible();
  await expect(page.getByTestId('bands').locator('tbody tr').first()).toBeVisible({ timeout: 15_000 });
  await expect(page.getByText('the ward displays a band that follows them with a delay')).toBeVisible();
  const all = Number(await page.getByTestId('patients').innerText());
  expect(all).toBeGreaterThan(0);

  await page.getByRole('combobox', { name: 'Ward' }).selectOption({ index: 1 });
  await expect(page).toHaveURL(/ward=/);
  await expect(page.getByTestId('scope')).toContainText(/^\s*Ward /);
  expect(Number(await page.getByTestId('patients').innerText())).toBeLessThanOrEqual(all);

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  const lines = readFileSync(await file.path(), 'utf8').split('\r\n');
  expect(lines).toContain('summary,,,,source,live');
  expect(lines.some((line) => /^vital,heart_rate,,,median,\d/.test(line))).toBe(true);

  await page.goBack();
  await expect(page.getByTestId('scope')).toContainText('All wards');
});

test('the last hour of the lake agrees with itself, and an empty period explains itself', async ({ page }) => {
  await page.goto('/statistics?range=1h');
  await expect(page.getByTestId('scope')).toContainText('from the lake', { timeout: 60_000 });
  const to = Date.now();
  const response = await page.request.get(`/api/statistics?from_ms=${to - 3_600_000}&to_ms=${to}`);
  const found = (await response.json()) as {
    readings: number;
    monitored_ms: number;
    rate: { readings: number }[];
    bands: { duration_ms: number }[];
    vitals: { distribution: { count: number; counts: number[] } | null }[];
  };
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  expect(found.readings).toBeGreaterThan(0);
  expect(sum(found.rate.map((bucket) => bucket.readings))).toBe(found.readings);
  expect(sum(found.bands.map((band) => band.duration_ms))).toBe(found.monitored_ms);
  for (const { distribution } of found.vitals) if (distribution) expect(sum(distribution.counts)).toBe(distribution.count);

  // The same time of two days is not the same time.
  await page.goto('/statistics?range=24h');
  await expect(page.locator('.axis span').first()).toHaveText(/^\d\d \w+, \d\d:\d\d$/, { timeout: 60_000 });

  await page.goto('/statistics?from=1000&to=61000');
  await expect(page.getByText('No readings in this period')).toBeVisible({ timeout: 60_000 });
});

test.describe('without a dashboard', () => {
  test.use({ allowed: [/status of 50[34]/] });

  test('statistics are those of the last answer, with their age, or none', async ({ page }) => {
    let up = true;
    await page.route('**/api/statistics/live?*', (route) => (up ? route.fallback() : route.fulfill({ status: 503, json: { title: 'Unavailable' } })));
    await page.route('**/api/statistics?*', (route) => route.fulfill({ status: 504, json: { title: 'Gateway Timeout', detail: 'choose a shorter one' } }));
    await page.goto('/statistics');
    await expect(page.getByTestId('readings')).toBeVisible();
    up = false;
    await expect(page.getByText(/As of .* old\)/)).toBeVisible({ timeout: 15_000 });
    await page.reload();
    await expect(page.getByText('The statistics could not be computed')).toBeVisible();
    up = true;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByTestId('readings')).toBeVisible();
    await page.getByRole('radio', { name: '24 h' }).check({ force: true });
    await expect(page.getByText('Gateway Timeout: choose a shorter one.')).toBeVisible();
  });
});
