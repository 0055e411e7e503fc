import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { inBed, ward } from './patients';
import { SCREENS } from './screens';
import type { Stage } from './stage';
import type { AlarmState } from '../src/lib/wire/AlarmState';
import type { PatientState } from '../src/lib/wire/PatientState';

const alarm = (id: string, text: string, nowMs: number, more: Partial<AlarmState> = {}): AlarmState => ({
  id,
  rule: 'news2',
  priority: 'high',
  text,
  since_ms: nowMs - 60_000,
  ended_ms: null,
  acknowledged_by: null,
  silenced_until_ms: null,
  silenced_by: null,
  as_of_ms: nowMs,
  ...more,
});

/** Tiles with everything that may stand beside the values and the sparkline. */
function crowded(nowMs: number): PatientState[] {
  const alarms = [alarm('1', 'NEWS2 17: RR 3, SpO2 2, oxygen 2, systolic 3, HR 2, consciousness 3, temperature 2', nowMs), alarm('2', 'RR 31 > 24', nowMs)];
  const condition = (priority: 'high' | 'technical', text: string) => ({ kind: 'asystole' as const, priority, text, since_ms: nowMs });
  const calm = inBed(6, 6, nowMs, { pulse: 3 });
  return [
    { ...inBed(1, 17, nowMs, { spo2: 3, pulse: 2 }), alarms },
    { ...inBed(2, 9, nowMs), alarms, unwatched_since_ms: nowMs - 600_000 },
    { ...inBed(3, 3, nowMs), conditions: [condition('technical', 'ECG leads off')] },
    { ...inBed(4, 3, nowMs), conditions: [condition('high', 'Asystole: heart rate 0 after 34')] },
    inBed(5, 4, nowMs - 300_000),
    { ...calm, news2: { ...calm.news2, rank: { band: 'high', basis: 'held', as_of_ms: null } }, alarms: [alarm('3', 'SpO2 79 < 80', nowMs, { ended_ms: nowMs })] },
  ];
}

let beat: ReturnType<typeof setInterval> | undefined;
test.afterEach(() => clearInterval(beat));

/** Directs a ward whose readings go on, so that no patient becomes silent while a slow page loads. */
function directLive(stage: Stage, patients: (nowMs: number) => PatientState[]): void {
  stage.direct(patients(stage.now()));
  beat = setInterval(() => stage.update(...patients(stage.now())), 1_000);
}

/** Pairs of texts and curves of the page's tiles of which one covers the other. */
function covered(page: Page): Promise<string[]> {
  return page.getByTestId('tile').evaluateAll((tiles) =>
    tiles.flatMap((tile) => {
      const leaves = [...tile.querySelectorAll('canvas, *')].filter(
        (element) => !element.closest('.visually-hidden') && (element.tagName === 'CANVAS' || (element.children.length === 0 && element.textContent?.trim())),
      );
      const outer = tile.getBoundingClientRect();
      const boxes = leaves.map((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        return { name: `${tile.getAttribute('data-patient')}: ${element.textContent?.trim() || element.tagName}`, left, right: Math.min(right, outer.right), top, bottom };
      });
      // The line boxes of two rows of text may touch.
      const touch = 2.5;
      return boxes.flatMap((one, index) =>
        boxes
          .slice(index + 1)
          .filter((other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > touch)
          .map((other) => `${one.name} / ${other.name}`),
      );
    }),
  );
}

for (const [name, size] of Object.entries(SCREENS)) {
  test(`nothing on a tile covers anything else, ${name}`, async ({ page, stage }) => {
    // As high as all tiles: only those near the screen are rendered.
    await page.setViewportSize({ ...size, height: Math.max(size.height, 1_600) });
    directLive(stage, crowded);
    await page.goto(stage.url);
    await expect(page.getByTestId('tile')).toHaveCount(6);
    await expect(page.getByTestId('alarm')).toHaveCount(3);
    expect(await covered(page)).toEqual([]);
    for (const curve of await page.getByTestId('tile').locator('canvas').all()) {
      expect((await curve.boundingBox())?.height).toBeGreaterThanOrEqual(13);
    }
  });
}

/** Number of rows that the visible parts of an element form. */
const rows = (parts: Locator): Promise<number> =>
  parts.evaluateAll((elements) => {
    const boxes = elements.map((element) => element.getBoundingClientRect()).filter((box) => box.height > 0);
    boxes.sort((one, other) => one.top - other.top);
    let [count, bottom] = [0, -Infinity];
    for (const box of boxes) {
      if (box.top >= bottom - 4) count += 1;
      bottom = Math.max(bottom, box.bottom);
    }
    return count;
  });

test('the header takes two rows on a phone and on a tablet, and its settings open', async ({ page, stage }) => {
  stage.direct(ward(2, stage.now()));
  for (const [size, most] of [[SCREENS.narrow, 2], [SCREENS.tablet, 2], [SCREENS.wide, 1]] as const) {
    await page.setViewportSize(size);
    await page.goto(stage.url);
    await expect(page.getByTestId('tile')).toHaveCount(2);
    expect(await rows(page.locator('body header').first().locator('a, .pill, .latency, time, button, label'))).toBe(most);
  }
  await page.setViewportSize(SCREENS.narrow);
  await expect(page.getByRole('radio', { name: 'UTC' })).toBeHidden();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('radio', { name: 'UTC' }).check({ force: true });
  await expect(page).toHaveURL(/tz=utc/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test('score and band of a tile explain each other', async ({ page, stage }) => {
  const falling = inBed(1, 6, stage.now());
  const rising = inBed(2, 8, stage.now());
  const held = (one: PatientState, band: 'high' | 'low'): PatientState => ({ ...one, news2: { ...one.news2, rank: { band, basis: 'held', as_of_ms: null } } });
  stage.direct([held(falling, 'high'), held(rising, 'low'), inBed(3, 9, stage.now())]);
  await page.goto(stage.url);
  const badge = (id: string) => page.locator(`[data-patient="${id}"] .badge`);
  await expect(badge('p-1')).toContainText(/\*\*\*\s*6\s*held High/);
  await expect(badge('p-1')).toContainText('NEWS2 6, medium (held at high until another band has lasted)');
  await expect(badge('p-2')).toContainText(/8\s*held Low/);
  await expect(badge('p-2')).toHaveAttribute('title', /Emergency/);
  await expect(badge('p-3')).toContainText(/9\s*High/);
  await expect(badge('p-3')).not.toContainText('held');
});

test('without a watch, alarms are the last known ones', async ({ page, stage }) => {
  const started = stage.now();
  const alarms = [alarm('1', 'SpO2 79 < 80', started), alarm('2', 'RR 31 > 24', started, { priority: 'medium' })];
  const since = Date.UTC(2026, 0, 5, 9, 41);
  directLive(stage, (now) => [{ ...inBed(1, 9, now), alarms, unwatched_since_ms: since }, { ...inBed(2, 9, now), alarms }]);
  await page.goto(`${stage.url}/?tz=utc`);
  const shown = (id: string) => page.locator(`[data-patient="${id}"]`).getByTestId('alarm');
  await expect(shown('p-1')).toHaveText('*** SpO2 79 < 80 +1 last known at 05 Jan, 09:41');
  await expect(shown('p-2')).toHaveText('*** SpO2 79 < 80 +1');
  const ground = (id: string) => shown(id).evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await ground('p-1')).toBe('rgba(0, 0, 0, 0)');
  expect(await ground('p-2')).not.toBe('rgba(0, 0, 0, 0)');

  await page.goto(`${stage.url}/patients/p-1?tz=utc`);
  await expect(page.getByRole('list', { name: 'Alarms', exact: true })).toContainText('last known at 05 Jan, 09:41');
  const list = page.getByTestId('alarm-list');
  await list.locator('summary').click();
  await expect(list.getByRole('listitem').first()).toContainText(/since .*, last known at 05 Jan, 09:41:00/);
});

test('a doubted value is the one that was sent, with a mark, on every page', async ({ page, stage }) => {
  const one = inBed(1, 0, stage.now());
  const doubted = (value: number) => ({ value, time_ms: stage.now(), arrival_ms: stage.now(), flagged: true, device_id: null });
  stage.direct([{ ...one, vitals: { ...one.vitals, spo2: doubted(0.97), systolic: doubted(12.3) } }]);
  await page.goto(stage.url);
  const tile = page.getByTestId('tile');
  await expect(tile.getByTestId('value-spo2')).toHaveText('0.97');
  await expect(tile).not.toContainText(/[▲▼]/);
  await expect(tile.locator('.pressure')).toContainText(/12\.30\/79.*check/);
  await page.goto(`${stage.url}/patients/p-1`);
  await expect(page.getByTestId('now-spo2')).toHaveText('0.97');
  await expect(page.locator('.readout').filter({ has: page.getByTestId('now-spo2') })).toContainText('check the sensor');
  await expect(page.getByRole('list', { name: 'Parts of NEWS2' })).toContainText(/0\.97 % check the sensor/);
});
