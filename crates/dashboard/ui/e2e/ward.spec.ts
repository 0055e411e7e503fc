import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { inBed, ward } from './patients';
import type { AlarmState } from '../src/lib/wire/AlarmState';

const order = (page: Page): Promise<(string | null)[]> =>
  page.getByTestId('tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-patient')));

test('tiles stand by bed within a band, and a change to High moves one at once', async ({ page, stage }) => {
  // No watch delays the bands.
  const unwatched = (bed: number, total: number) => ({ ...inBed(bed, total, stage.now()), unwatched_since_ms: stage.now() - 125_000 });
  stage.direct([unwatched(10, 3), unwatched(9, 1), unwatched(2, 4), unwatched(7, 6)]);
  await page.goto(stage.url);
  await expect.poll(() => order(page)).toEqual(['p-7', 'p-2', 'p-9', 'p-10']);
  stage.update(unwatched(2, 0), unwatched(10, 9));
  await expect.poll(() => order(page)).toEqual(['p-10', 'p-7', 'p-2', 'p-9']);
  stage.update(unwatched(10, 0), unwatched(9, 5));
  await page.waitForTimeout(1_500);
  expect(await order(page)).toEqual(['p-10', 'p-7', 'p-2', 'p-9']);
  // The watch has delayed its bands already.
  stage.update(inBed(10, 0, stage.now()), inBed(9, 5, stage.now()));
  await expect.poll(() => order(page)).toEqual(['p-7', 'p-9', 'p-2', 'p-10']);
});

test('the order holds while a tile is pointed at', async ({ page, stage }) => {
  stage.direct(ward(4, stage.now()));
  await page.goto(stage.url);
  await page.locator('[data-patient="p-1"]').hover();
  await expect(page.getByText('Order held')).toBeVisible();
  stage.update(inBed(3, 9, stage.now()));
  await expect(page.getByTestId('alert')).toBeVisible();
  expect(await order(page)).toEqual(['p-1', 'p-2', 'p-3', 'p-4']);
  await page.mouse.move(5, 5);
  await expect.poll(() => order(page)).toEqual(['p-3', 'p-1', 'p-2', 'p-4']);
});

test('the focus stays with the patient', async ({ page, stage }) => {
  stage.direct(ward(6, stage.now()));
  await page.goto(stage.url);
  const link = page.locator('[data-patient="p-5"]').getByRole('link');
  await link.focus();
  stage.update(inBed(6, 9, stage.now()));
  stage.direct(ward(7, stage.now()).toReversed());
  await expect(page.getByTestId('tile')).toHaveCount(7);
  await expect(link).toBeFocused();
  // A filter that reorders the document moves the tile itself.
  await page.evaluate(() => {
    const tile = document.querySelector('[data-patient="p-5"]')?.parentElement;
    tile?.parentElement?.append(tile);
  });
  await link.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/patients\/p-5$/);
});

test('every change to High is announced, and shown on every page until it is dismissed', async ({ page, stage }) => {
  stage.direct(ward(8, stage.now()));
  await page.goto(`${stage.url}/patients/p-8`);
  const heard = page.getByTestId('announcements').locator('p');
  await expect(page.getByText(/^Last reading/)).toBeVisible();
  stage.update(inBed(1, 9, stage.now(), { spo2: 3 }));
  await expect(heard).toHaveCount(1);
  stage.update(inBed(1, 0, stage.now()));
  stage.update(inBed(1, 9, stage.now(), { spo2: 3 }));
  await expect(heard).toHaveCount(2);
  await expect(page.getByTestId('alert')).toHaveCount(1);
  await expect(page.getByTestId('alert')).toContainText('2 times');
  stage.update(...[2, 3, 4, 5, 6].map((bed) => inBed(bed, 7, stage.now())));
  await expect(heard).toHaveCount(7);
  for (const bed of [2, 3, 4, 5, 6]) await expect(heard.filter({ hasText: `p-${bed}:` })).toHaveCount(1);
  await page.getByRole('link', { name: 'Risk' }).click();
  await expect(page.getByTestId('alert')).toHaveCount(6);
  await page.reload();
  await expect(page.getByTestId('alert')).toHaveCount(6);
  await page.getByRole('button', { name: 'Dismiss p-1' }).click();
  await expect(page.getByTestId('alert')).toHaveCount(5);
  await page.getByTestId('alert').first().getByRole('link').click();
  await expect(page).toHaveURL(/\/patients\/p-\d$/);
  await page.getByRole('button', { name: 'Dismiss all' }).click();
  await expect(page.getByTestId('alert')).toHaveCount(0);
});

test('the keyboard reaches every tile of a long ward in its order', async ({ page, stage }) => {
  stage.direct(ward(200, stage.now()));
  await page.goto(stage.url);
  const focused = () => page.evaluate(() => document.activeElement?.closest('[role=listitem]')?.getAttribute('aria-posinset'));
  await page.locator('[aria-posinset="1"]').getByRole('link').focus();
  for (let place = 2; place <= 100; place += 1) {
    await page.keyboard.press('Tab');
    await expect.poll(focused).toBe(String(place));
  }
  await expect(page.locator('[aria-posinset="100"][aria-setsize="200"]')).toBeInViewport();
});

test('a long ward has tiles wherever it is scrolled to', async ({ page, stage }) => {
  stage.direct(ward(400, stage.now()));
  await page.goto(stage.url);
  await expect(page.getByTestId('tile').first()).toBeVisible();
  const onScreen = () =>
    page.getByTestId('tile').evaluateAll((tiles) => tiles.map((tile) => tile.getBoundingClientRect()).filter((box) => box.bottom > 0 && box.top < innerHeight).length);
  for (const part of [0.5, 1, 0]) {
    await page.evaluate((share) => scrollTo(0, document.documentElement.scrollHeight * share), part);
    await expect.poll(onScreen).toBeGreaterThanOrEqual(40);
  }
  expect(await page.getByTestId('tile').count()).toBeLessThan(80);
});

test('changes to High are reached and dismissed by keyboard', async ({ page, stage }) => {
  stage.direct(ward(8, stage.now()));
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(8);
  stage.update(...[1, 2, 3].map((bed) => inBed(bed, 9, stage.now())));
  await expect(page.getByTestId('alert')).toHaveCount(3);
  await page.keyboard.press('h');
  await expect(page.getByTestId('alert').first().getByRole('link')).toBeFocused();
  await page.keyboard.press('Tab');
  for (const left of [2, 1]) {
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('alert')).toHaveCount(left);
    await expect(page.getByTestId('alert').first().getByRole('button')).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('alert')).toHaveCount(0);
  await expect(page.getByRole('main')).toBeFocused();
});

test('an alert has patient, value and limit', async ({ page, stage }) => {
  stage.direct(ward(2, stage.now()));
  await page.goto(`${stage.url}/risk`);
  await page.waitForTimeout(500);
  const ill = inBed(2, 8, stage.now(), { spo2: 3 });
  stage.update({ ...ill, vitals: { ...ill.vitals, spo2: { value: 84, time_ms: stage.now(), arrival_ms: stage.now(), flagged: false, device_id: null } } });
  await expect(page.getByTestId('alert')).toContainText(/A3 · 2\s*p-2.*NEWS2 8, high \(High from 7\): SpO₂ 84 % < 90/s);
});

test('number and part agree in colour', async ({ page, stage }) => {
  const one = inBed(1, 7, stage.now(), { spo2: 3, pulse: 2, respiratory_rate: 1 });
  const at = (value: number) => ({ value, time_ms: stage.now(), arrival_ms: stage.now(), flagged: false, device_id: null });
  // A saturation of 90 scores 3 although it is no breach of the limit; a rate of 125 is one, and scores 2.
  stage.direct([{ ...one, vitals: { ...one.vitals, spo2: at(90), heart_rate: at(125), respiratory_rate: at(10) } }]);
  await page.goto(stage.url);
  const severity = (vital: string) => page.locator('.vital', { has: page.getByTestId(`value-${vital}`) });
  await expect(severity('spo2')).toHaveAttribute('data-severity', 'severe');
  await expect(severity('heart_rate')).toHaveAttribute('data-severity', 'notable');
  await expect(severity('respiratory_rate')).toHaveAttribute('data-severity', 'mild');
  await expect(severity('temperature')).toHaveAttribute('data-severity', 'none');
});

test('a wall display of 24 patients is used, and forty still fit', async ({ page, stage }) => {
  stage.direct(ward(24, stage.now()));
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(24);
  const box = async () => page.getByTestId('ward').evaluate((grid) => ({ bottom: grid.getBoundingClientRect().bottom, screen: innerHeight }));
  await expect.poll(async () => (await box()).bottom).toBeGreaterThan(1080 * 0.85);
  expect((await box()).bottom).toBeLessThanOrEqual(1080);
  const size = () => page.getByTestId('value-heart_rate').first().evaluate((value) => Number.parseFloat(getComputedStyle(value).fontSize));
  const wall = await size();
  stage.direct(ward(40, stage.now()));
  await expect(page.getByTestId('tile')).toHaveCount(40);
  await expect.poll(async () => (await box()).bottom).toBeLessThanOrEqual(1080);
  expect(wall).toBeGreaterThan((await size()) * 1.15);
});

test('text spacing of a reader cuts nothing off', async ({ page, stage }) => {
  stage.direct([...ward(5, stage.now()), inBed(6, 9, stage.now(), { spo2: 3 })]);
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(6);
  // The spacing of WCAG 1.4.12, as a reader's extension sets it.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
    document.adoptedStyleSheets = [sheet];
  });
  await page.waitForTimeout(500);
  const cut = await page.getByTestId('tile').evaluateAll((tiles) =>
    tiles.flatMap((tile) => {
      const outer = tile.getBoundingClientRect();
      return [...tile.querySelectorAll('*')]
        .filter((element) => !element.closest('.visually-hidden') && element.textContent?.trim())
        .filter((element) => {
          const inner = element.getBoundingClientRect();
          const clipped = getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1;
          return clipped || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
        })
        .map((element) => `${element.className} ${element.textContent?.trim()}`);
    }),
  );
  expect(cut).toEqual([]);
});

test('sparklines follow the pixel ratio of the screen', async ({ page, stage }) => {
  const trend = Array.from({ length: 60 }, (_, second) => ({
    time_ms: stage.now() - (60 - second) * 1_000,
    heart_rate: 70 + (second % 9),
    pulse: null,
    spo2: 97 - (second % 3),
    systolic: null,
    respiratory_rate: 15 + (second % 4),
  }));
  stage.direct(ward(2, stage.now()), { 'p-1': trend, 'p-2': trend });
  await page.goto(stage.url);
  const canvas = page.locator('[data-patient="p-1"] canvas');
  await expect(canvas).toBeVisible();
  const ratio = () => canvas.evaluate((one: HTMLCanvasElement) => one.width / one.clientWidth);
  await expect.poll(ratio).toBeCloseTo(1, 1);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setDeviceMetricsOverride', { width: 1920, height: 1080, deviceScaleFactor: 2, mobile: false });
  await expect.poll(ratio).toBeCloseTo(2, 1);
});

test('on paper the ward has every patient, in black and white', async ({ page, stage }) => {
  const ill = inBed(1, 9, stage.now(), { spo2: 3 });
  stage.direct([...ward(200, stage.now()).slice(1), ill]);
  await page.goto(stage.url);
  await expect(page.getByTestId('tile').first()).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  const rows = page.getByTestId('printed-ward').locator('tbody tr');
  await expect(rows).toHaveCount(200);
  await expect(rows.first()).toContainText('*** 9 High');
  const badge = rows.first().locator('.band span');
  const look = await badge.evaluate((one) => ({ color: getComputedStyle(one).color, border: getComputedStyle(one).borderTopWidth }));
  expect(look.color).toBe('rgb(0, 0, 0)');
  expect(Number.parseFloat(look.border)).toBeGreaterThanOrEqual(2);
  const pages = (await page.pdf({ format: 'A4', landscape: true })).toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  expect(pages).toBeGreaterThan(0);
  expect(pages).toBeLessThanOrEqual(8);
  await page.emulateMedia({ media: 'screen' });
  await expect(page.getByTestId('tile').first()).toBeVisible();
});

test('a long alarm does not hide how many others there are', async ({ page, stage }) => {
  const now = stage.now();
  const alarm = (id: string, text: string): AlarmState => ({
    id, rule: 'news2', priority: 'high', text, since_ms: now, ended_ms: null, acknowledged_by: null, silenced_until_ms: null, silenced_by: null, as_of_ms: now,
  });
  const long = alarm('1', 'NEWS2 17: RR 3, SpO2 2, oxygen 2, systolic 3, HR 2, consciousness 3, temperature 2');
  stage.direct([{ ...inBed(1, 17, now), alarms: [long, alarm('2', 'RR 31 > 24'), alarm('3', 'SpO2 88 < 90')] }, inBed(2, 3, now)]);
  await page.setViewportSize({ width: 600, height: 500 });
  await page.goto(stage.url);
  await expect(page.getByTestId('alarm')).toHaveText(/temperature 2 \+2$/);
  const number = await page.getByText('+2', { exact: true }).boundingBox();
  const tile = await page.getByTestId('tile').first().boundingBox();
  if (!number || !tile) throw new Error('the tile has no box');
  expect(number.x + number.width).toBeLessThanOrEqual(tile.x + tile.width);
});
