import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { inBed, ward } from './patients';

const pill = (page: Page, text: string) => page.getByRole('status').filter({ hasText: new RegExp(`${text}$`) });
const rate = (page: Page, bed: number) => page.locator(`[data-patient="p-${bed}"]`).getByTestId('value-heart_rate');

test('a stream that a proxy holds back is late, and its values are stale', async ({ page, stage }) => {
  stage.delayMs = 12_000;
  const unwatched = () => ward(4, stage.now()).map((one) => ({ ...one, unwatched_since_ms: stage.now() - 125_000 }));
  stage.watchStoppedMs = stage.now() - 125_000;
  stage.direct(unwatched());
  const beat = setInterval(() => stage.update(...unwatched()), 500);
  await page.goto(stage.url);
  await expect(page.getByText(/values are late by \d/)).toBeVisible({ timeout: 40_000 });
  await expect(pill(page, 'Late')).toBeVisible();
  // One banner does not hide the other.
  await expect(page.getByText('No alarms for any patient')).toBeVisible();
  await expect(page.locator('.vital.stale').first()).toBeVisible();
  clearInterval(beat);
});

test('a proxy that holds every response back makes the values late, and no clock wrong', async ({ page, stage }) => {
  stage.delayMs = 5_000;
  stage.delaysAll = true;
  stage.direct(ward(4, stage.now()));
  const beat = setInterval(() => stage.update(...ward(4, stage.now())), 500);
  await page.goto(stage.url);
  await expect(page.getByText(/values are late by [4-6] s/)).toBeVisible({ timeout: 40_000 });
  await expect(page.getByText('Clocks differ')).toHaveCount(0);
  clearInterval(beat);
});

test('a change to High has the time of the server, however late it arrives', async ({ page, stage }) => {
  stage.delayMs = 8_000;
  stage.direct(ward(2, stage.now()));
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(2, { timeout: 40_000 });
  const second = Math.floor(stage.now() / 1_000);
  stage.update(inBed(1, 9, stage.now()));
  await expect(page.getByTestId('alert')).toBeVisible({ timeout: 40_000 });
  const time = (seconds: number) => new Date(seconds * 1_000).toLocaleTimeString('en-GB');
  await expect(page.getByTestId('alert')).toContainText(new RegExp(`${time(second)}|${time(second + 1)}`));
});

test('a page that is not painted learns of every change to High', async ({ page, stage }) => {
  await page.addInitScript(() => (window.requestAnimationFrame = () => 0));
  stage.direct(ward(3, stage.now()));
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(3);
  for (const bed of [1, 2, 3]) {
    stage.update(inBed(bed, 9, stage.now()));
    await expect(page.getByTestId('alert')).toHaveCount(bed, { timeout: 5_000 });
  }
});

test('a dashboard that restarts repeats no change to High', async ({ page, stage }) => {
  const high = (bed: number) => inBed(bed, 9, stage.now());
  stage.direct([high(1), inBed(2, 0, stage.now())]);
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(2);
  stage.restart([]);
  await expect(page.getByTestId('tile')).toHaveCount(0);
  stage.update(high(1), high(2));
  await expect(page.getByTestId('tile')).toHaveCount(2);
  await expect(page.getByTestId('alert')).toHaveCount(1);
  await expect(page.getByTestId('alert')).toContainText('p-2');
});

test('a page that comes back from the browser’s cache shows no values from before', async ({ page, stage }) => {
  stage.direct(ward(3, stage.now()));
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(3);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  stage.delayMs = 4_000;
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await page.waitForTimeout(500);
  await expect(page.getByTestId('tile')).toHaveCount(0);
  await expect(page.getByText(/^Loading the ward/)).toBeVisible();
  await expect(page.getByTestId('tile')).toHaveCount(3);
});

test('a slow first snapshot arrives, whatever time it takes', async ({ page, stage }) => {
  test.slow();
  const size = JSON.stringify(await (await page.request.get(`${stage.url}/api/ward`)).json()).length;
  stage.bytesPerSecond = Math.ceil(size / 17);
  await page.goto(stage.url);
  await expect(page.getByText(/Loading the ward: \d+ KiB/)).toBeVisible();
  await expect(page.getByTestId('tile').first()).toBeVisible({ timeout: 60_000 });
  // The stream needs more than the link has: the page says so instead of showing old values as live.
  await expect(page.getByText(/values are late by \d/)).toBeVisible({ timeout: 40_000 });
  expect(stage.mostStreams).toBe(1);
});

test('any number of tabs share one stream', async ({ page, context, stage }) => {
  stage.direct(ward(3, stage.now()));
  await page.goto(stage.url);
  for (let tab = 2; tab <= 8; tab += 1) {
    const other = await context.newPage();
    await other.goto(stage.url);
    await expect(other.getByTestId('tile')).toHaveCount(3);
  }
  stage.update({ ...inBed(1, 0, stage.now()), vitals: { ...inBed(1, 0, stage.now()).vitals, heart_rate: { value: 88, time_ms: stage.now(), arrival_ms: stage.now(), flagged: false, device_id: null } } });
  for (const tab of context.pages()) await expect(rate(tab, 1)).toHaveText('88');
  expect(stage.mostStreams).toBe(1);
});

test('ages and clock are the server’s if the clocks differ, and the page says that they do', async ({ page, stage }) => {
  stage.clockMs = -300_000;
  stage.direct(ward(3, stage.now()));
  const beat = setInterval(() => stage.update(...ward(3, stage.now())), 250);
  await page.goto(stage.url);
  await expect(page.getByText('Clocks differ: this device is 5 min ahead')).toBeVisible();
  await expect(pill(page, 'Live')).toBeVisible();
  await expect(page.getByTestId('latency-p50')).toHaveText(/^−?\d{1,3} ms$/);
  await expect(page.locator('.vital.stale')).toHaveCount(0);
  clearInterval(beat);
});

test('a watch that does not run is a banner on every page', async ({ page, stage }) => {
  const unwatched = (bed: number) => ({ ...inBed(bed, 0, stage.now()), unwatched_since_ms: stage.now() - 185_000 });
  stage.direct([unwatched(1), inBed(2, 0, stage.now())]);
  await page.goto(`${stage.url}/patients/p-2`);
  const banner = page.getByRole('alert').filter({ hasText: 'The watch has not reported on them since' });
  await expect(banner).toContainText('! No alarms for 1 of 2 patients.');
  await expect(banner).toContainText('(3 min): no alarm is raised, and listed ones may be over.');
  stage.watchStoppedMs = stage.now() - 100_000;
  stage.update(unwatched(2));
  await expect(banner).toContainText('! No alarms for any patient.');
  stage.watchStoppedMs = null;
  stage.update(inBed(1, 0, stage.now()), inBed(2, 0, stage.now()));
  await expect(banner).toHaveCount(0);
});

test('the clock never steps back while the clocks differ by two seconds', async ({ page, stage }) => {
  stage.clockMs = -2_000;
  stage.direct(ward(3, stage.now()));
  const beat = setInterval(() => {
    // Between five milliseconds and a tenth of a second on the way.
    const sent = ward(3, stage.now());
    setTimeout(() => stage.update(...sent), Math.random() * 95 + 5);
  }, 100);
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(3);
  const steps = await page.evaluate(async () => {
    const clock = document.querySelector('time.clock');
    let last = clock?.getAttribute('datetime') ?? '';
    let back = 0;
    const end = performance.now() + 6_000;
    while (performance.now() < end) {
      await new Promise((done) => setTimeout(done, 20));
      const now = clock?.getAttribute('datetime') ?? '';
      if (now < last) back += 1;
      last = now;
    }
    return back;
  });
  expect(steps).toBe(0);
  clearInterval(beat);
});

test('readings from before a freeze do not enter the latency', async ({ page, stage }) => {
  stage.direct(ward(3, stage.now()));
  const beat = setInterval(() => stage.update(...ward(3, stage.now())), 100);
  await page.goto(stage.url);
  await expect(page.getByTestId('latency-p50')).toHaveText(/ms$/);
  // A page whose event loop stands still is what a frozen one is.
  await page.evaluate(() => {
    const end = performance.now() + 8_000;
    while (performance.now() < end);
  });
  await page.waitForTimeout(2_500);
  await expect(page.getByTestId('latency-p95')).toHaveText(/^−?\d{1,3} ms$/);
  clearInterval(beat);
});

for (const kind of ['redirect', 'page', 'refusal'] as const) {
  test.describe(`a proxy that answers with a ${kind}`, () => {
    test.use({ allowed: [/status of 401/] });

    test('is recognised as the end of the session', async ({ page, stage }) => {
      stage.direct(ward(3, stage.now()));
      await page.goto(stage.url);
      await expect(pill(page, 'Live')).toBeVisible();
      stage.signedOut = kind;
      stage.drop();
      await expect(page.getByText('You are signed out.')).toBeVisible();
      await expect(pill(page, 'Signed out')).toBeVisible();
      stage.signedOut = null;
      await page.getByRole('button', { name: 'Sign in again' }).click();
      await expect(pill(page, 'Live')).toBeVisible();
    });
  });
}
