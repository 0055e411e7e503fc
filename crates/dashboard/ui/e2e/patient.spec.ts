import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { expect, firstPatient, patientPath, test } from './fixtures';
import type { AlarmState } from '../src/lib/wire/AlarmState';
import type { History } from '../src/lib/wire/History';
import { inBed } from './patients';

const IDS = ['..', '.', ' p1', 'p1', 'p1 ', 'a/b', '%2e%2e', 'p\u00a01', '<b>', '?#&'];

test('every id opens its page, and no two look alike', async ({ page, stage }) => {
  stage.direct(IDS.map((id, bed) => ({ ...inBed(bed + 1, 0, stage.now()), patient_id: id })));
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(IDS.length);
  const shown = await page.getByTestId('tile').locator('h2 bdi').allTextContents();
  expect(new Set(shown).size).toBe(IDS.length);
  for (const index of IDS.keys()) {
    await page.getByTestId('tile').nth(index).getByRole('link').click();
    await expect(page.locator('h1 bdi')).toHaveText(shown[index] ?? '', { useInnerText: false });
    await expect(page.getByTestId('now-heart_rate')).toHaveText('72');
    // A count of readings without the time since when would say nothing.
    await expect(page.getByRole('region', { name: 'Patient', exact: true })).not.toContainText(/\d readings?/);
    await page.reload();
    await expect(page.getByTestId('now-heart_rate')).toHaveText('72');
    await page.getByRole('link', { name: '← Ward' }).click();
    await expect(page.getByTestId('tile')).toHaveCount(IDS.length);
  }
});

/** The extent of an archive that has everything. */
const ARCHIVED = { time_ms: 1_800_000_000_000, complete: true };

/** A day of history with a value a minute. */
function history(from: number, to: number): object {
  const count = Math.floor((to - from) / 60_000);
  const times = Array.from({ length: count }, (_, minute) => from + minute * 60_000);
  const series = (value: number) => ({ min: times.map(() => value - 2), avg: times.map((_, at) => value + (at % 7) / 3), max: times.map(() => value + 3), count: times.map(() => 60), doubted: null });
  return {
    patient_id: 'p-1',
    from_ms: from,
    to_ms: to,
    bucket_ms: 60_000,
    time_ms: times,
    rows: count * 60,
    archived_up_to: ARCHIVED,
    device: null,
    devices: [],
    series: { heart_rate: series(72), spo2: series(97), respiratory_rate: series(16), systolic: series(120), diastolic: series(80), temperature: series(37) },
  };
}

async function withHistory(page: Page, delay = () => Promise.resolve()): Promise<void> {
  await page.route('**/api/history?*', async (route) => {
    const query = new URL(route.request().url()).searchParams;
    await delay();
    await route.fulfill({ json: history(Number(query.get('from_ms')), Number(query.get('to_ms'))) });
  });
}

test('a file is offered once the whole range is loaded', async ({ page, stage }) => {
  let loaded = (): void => {};
  const loading = new Promise<void>((done) => (loaded = done));
  await withHistory(page, () => loading);
  stage.direct([inBed(1, 0, stage.now())]);
  await page.goto(`${stage.url}/patients/p-1?range=6h`);
  const button = page.getByRole('button', { name: 'Download CSV' });
  await expect(page.getByTestId('now-heart_rate')).toHaveText('72');
  await expect(button).toBeDisabled();
  await expect(page.getByRole('heading', { name: 'the part that is loaded' })).toBeVisible();
  // The shortcut is the button.
  const early = page.waitForEvent('download', { timeout: 1_500 }).then(() => true, () => false);
  await page.keyboard.press('d');
  expect(await early).toBe(false);
  loaded();
  await expect(button).toBeEnabled();
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  expect(lines.length).toBeGreaterThanOrEqual(360);
});

test('no file of a range that follows the time is offered without the stream', async ({ page, stage }) => {
  await withHistory(page);
  stage.direct([inBed(1, 0, stage.now())]);
  await page.goto(`${stage.url}/patients/p-1?range=6h`);
  const button = page.getByRole('button', { name: 'Download CSV' });
  await expect(button).toBeEnabled();
  stage.signedOut = 'page';
  stage.drop();
  await expect(button).toBeDisabled();
  await expect(page.getByRole('heading', { name: 'the part that is loaded' })).toBeVisible();
});

/** Number of painted pixels of a colour in a strip. */
const pixelsOf = (page: Page, strip: string, property: string): Promise<number> =>
  page.getByTestId(`strip-${strip}`).locator('canvas').evaluate((canvas: HTMLCanvasElement, name) => {
    const probe = document.body.appendChild(document.createElement('span'));
    probe.style.color = `var(${name})`;
    const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
    probe.remove();
    const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
    let painted = 0;
    for (let at = 0; pixels && at < pixels.length; at += 4) {
      if (pixels[at] === red && pixels[at + 1] === green && pixels[at + 2] === blue && pixels[at + 3] === 255) painted += 1;
    }
    return painted;
  }, property);

test('a doubted value keeps its mark in chart, readout, table, statistics and file', async ({ page, stage }) => {
  // A minute ago: no live reading is in the range.
  const to = Math.floor(stage.now() / 60_000 - 1) * 60_000;
  const from = to - 600_000;
  const plain = history(from, to) as History;
  const times = plain.time_ms;
  const doubted = { min: times.map((_, at) => (at === 5 ? 8 : null)), max: times.map((_, at) => (at === 5 ? 9 : null)), count: times.map((_, at) => (at === 5 ? 2 : 0)) };
  const { heart_rate, ...others } = plain.series;
  if (!heart_rate) throw new Error('no heart rate');
  let doubtful = false;
  await page.route('**/api/history?*', (route) => route.fulfill({ json: doubtful ? { ...plain, series: { ...others, heart_rate: { ...heart_rate, doubted } } } : plain }));
  stage.direct([inBed(1, 0, stage.now())]);
  const open = async (): Promise<void> => {
    await page.goto(`${stage.url}/patients/p-1?from=${from}&to=${to}`);
    await expect(page.getByRole('button', { name: 'Download CSV' })).toBeEnabled();
    await expect(page.getByTestId('strip-heart_rate').locator('canvas')).toBeVisible();
  };
  const statistics = page.getByRole('region', { name: 'Statistics of this range' });
  await open();
  await expect(statistics.getByRole('row', { name: /^HR/ })).toContainText('600');
  await expect(page.getByText(/doubted|check \d/i)).toHaveCount(0);
  expect(await pixelsOf(page, 'heart_rate', '--ink-notable')).toBe(0);

  doubtful = true;
  await open();
  await expect(statistics.getByRole('columnheader', { name: 'Check' })).toBeVisible();
  // The minimum is that of the other values.
  await expect(statistics.getByRole('row', { name: /^HR/ }).getByRole('cell')).toHaveText(['600', '2', '70', '72.8', '75']);
  await expect(statistics.getByText('doubted values, which the other figures leave out')).toBeVisible();
  const table = page.getByRole('region', { name: 'Table of values' });
  await expect(table.getByRole('row').filter({ hasText: 'check 8–9' })).toHaveCount(1);
  await expect.poll(() => pixelsOf(page, 'heart_rate', '--ink-notable')).toBeGreaterThan(10);
  expect(await pixelsOf(page, 'spo2', '--ink-notable')).toBe(0);
  await page.getByTestId('strip-heart_rate').focus();
  for (let step = 0; step < 6; step += 1) await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('strips').getByText('check 8–9')).toBeVisible();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  const [head = '', ...lines] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  const column = head.split(',').indexOf('heart_rate_doubted_count');
  expect(lines.map((line) => line.split(',')[column]).filter((cell) => cell !== '0')).toEqual(['2']);
});

test('values of several devices are averaged only under their names, and each device can be read alone', async ({ page, stage }) => {
  const devices = [
    { device_id: 'mon-1', readings: 600, values: { heart_rate: 600, spo2: 600 } },
    { device_id: 'oxi-2', readings: 300, values: { spo2: 300 } },
  ];
  const asked: (string | null)[] = [];
  await page.route('**/api/history?*', (route) => {
    const query = new URL(route.request().url()).searchParams;
    const device = query.get('device');
    asked.push(device);
    const found = history(Number(query.get('from_ms')), Number(query.get('to_ms')));
    const none = { time_ms: [], series: {}, rows: 0 };
    return route.fulfill({ json: { ...found, ...(device === 'other' ? none : {}), device, devices } });
  });
  const to = Math.floor(stage.now() / 60_000) * 60_000;
  stage.direct([inBed(1, 0, stage.now())]);
  await page.goto(`${stage.url}/patients/p-1?from=${to - 600_000}&to=${to}`);
  const note = page.getByTestId('devices');
  await expect(note).toContainText('Values of several devices are averaged. SpO₂: mon-1 (600), oxi-2 (300).');
  const file = async (): Promise<string> => {
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
    return readFile(await saved.path(), 'utf8');
  };
  expect(await file()).toContain('p-1,mon-1; oxi-2,');
  await note.getByRole('radio', { name: 'oxi-2' }).check();
  await expect(page).toHaveURL(/device=oxi-2/);
  await expect(note).toContainText('Only readings of oxi-2.');
  await expect.poll(() => asked.at(-1)).toBe('oxi-2');
  await expect(page.getByRole('button', { name: 'Download CSV' })).toBeEnabled();
  expect(await file()).toContain('p-1,oxi-2,');
  // A link leads to the same device, and the page leaves it.
  await page.reload();
  await expect(note).toContainText('Only readings of oxi-2.');
  await note.getByRole('radio', { name: 'All devices' }).check();
  await expect(note).toContainText('are averaged');
  await expect.poll(() => asked.at(-1)).toBeNull();
  await page.goto(`${stage.url}/patients/p-1?from=${to - 600_000}&to=${to}&device=other`);
  await expect(page.getByText('No readings of other in this range.')).toBeVisible();
});

test.describe('a history that fails', () => {
  test.use({ allowed: [/status of 503/] });

  test('is not offered as a file', async ({ page, stage }) => {
    await page.route(/\/api\/(history|alarms)\?/, (route) => route.fulfill({ status: 503, json: { title: 'Unavailable' } }));
    stage.direct([inBed(1, 0, stage.now())]);
    await page.goto(`${stage.url}/patients/p-1`);
    await expect(page.getByText('The history could not be loaded.')).toBeVisible();
    await expect(page.getByText('Alarms of this range: none, archived ones are missing')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Download CSV' })).toBeDisabled();
  });

  test('promises live values only while they arrive', async ({ page, stage }) => {
    await page.route(/\/api\/(history|alarms)\?/, (route) => route.fulfill({ status: 503, json: { title: 'Unavailable' } }));
    stage.direct([inBed(1, 0, stage.now()), inBed(2, 0, stage.now() - 60_000)]);
    const beat = setInterval(() => stage.update(inBed(1, 0, stage.now())), 500);
    const note = page.getByRole('alert').filter({ hasText: 'The history could not be loaded.' });
    await page.goto(`${stage.url}/patients/p-1`);
    await expect(note).toContainText('Unavailable. Live values continue below. The page keeps asking.');
    // Its monitor is silent.
    await page.goto(`${stage.url}/patients/p-2`);
    await expect(page.getByText('No data for 1 min: check the bedside monitor.')).toBeVisible();
    await expect(note).toContainText('Unavailable. The page keeps asking.');
    await expect(note).not.toContainText('Live values');
    clearInterval(beat);
  });
});

test.describe('a lake that did not respond in time', () => {
  test.use({ allowed: [/status of 504/] });

  test('is asked again, and the page says so', async ({ page, stage }) => {
    let late = true;
    const timeout = { title: 'Gateway Timeout', detail: 'history storage did not respond in time' };
    await page.route('**/api/alarms?*', (route) =>
      late
        ? route.fulfill({ status: 504, json: timeout })
        : route.fulfill({ json: { patient_id: 'p-1', from_ms: 0, to_ms: 1, alarms: [], complete: true, archived_up_to: ARCHIVED } }),
    );
    await withHistory(page);
    await page.route('**/api/history?*', (route) => (late ? route.fulfill({ status: 504, json: timeout }) : route.fallback()));
    stage.direct([inBed(1, 0, stage.now())]);
    const to = stage.now();
    await page.goto(`${stage.url}/patients/p-1?from=${to - 3_600_000}&to=${to}`);
    await expect(page.getByText('The history could not be loaded.')).toBeVisible();
    await expect(page.getByText('history storage did not respond in time. Live values continue below. The page keeps asking.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
    late = false;
    // Without a click.
    await expect(page.getByRole('button', { name: 'Download CSV' })).toBeEnabled();
    await expect(page.getByText('The history could not be loaded.')).toHaveCount(0);
    await expect(page.getByText('Alarms of this range: none', { exact: true })).toBeVisible();
  });
});

/** Number of painted pixels in the margin to the right of a strip's plot, where the limits are named. */
const limitPixels = (page: Page, strip: string): Promise<number> =>
  page.getByTestId(`strip-${strip}`).locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const width = Math.floor(60 * devicePixelRatio);
    const pixels = canvas.getContext('2d')?.getImageData(canvas.width - width, 0, width, canvas.height).data;
    let painted = 0;
    for (let alpha = 3; pixels && alpha < pixels.length; alpha += 4) if (pixels[alpha]) painted += 1;
    return painted;
  });

test('values that come before the limits are drawn, and the limits when they are known', async ({ page, stage }) => {
  let answer = (): void => {};
  const held = new Promise<void>((done) => (answer = done));
  await page.route('**/api/limits', async (route) => {
    await held;
    await route.continue();
  });
  // A single value gives the value axis no span of its own.
  await page.route('**/api/history?*', (route) => route.fulfill({ json: { ...history(0, 0), bucket_ms: 1_000 } }));
  stage.direct([inBed(1, 0, stage.now())]);
  await page.goto(`${stage.url}/patients/p-1`);
  await expect(page.getByTestId('now-spo2')).toHaveText('97');
  await expect(page.getByTestId('strips').locator('canvas')).toHaveCount(5);
  // The clock passes the bucket of the values, so that they are in the plot.
  await page.waitForTimeout(2_500);
  expect(await limitPixels(page, 'spo2')).toBe(0);
  answer();
  for (const strip of ['heart_rate', 'spo2', 'respiratory_rate', 'blood_pressure']) {
    await expect.poll(() => limitPixels(page, strip)).toBeGreaterThan(0);
  }
  // Narrower than the axes of a strip.
  await page.setViewportSize({ width: 100, height: 800 });
  await page.waitForTimeout(1_500);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect.poll(() => limitPixels(page, 'spo2')).toBeGreaterThan(0);
});

test('a strip names the limits of its patient, and none while the patient is not known', async ({ page, stage }) => {
  await page.addInitScript(() => {
    const fillText = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
      const strip = this.canvas.closest<HTMLElement>('[data-testid^="strip-"]');
      if (strip && /^[<>]/.test(text)) strip.dataset['limits'] = [...new Set([...(strip.dataset['limits']?.split(' | ') ?? []), text])].join(' | ');
      fillText.call(this, text, ...place);
    };
  });
  await withHistory(page);
  stage.direct([{ ...inBed(1, 0, stage.now()), limits: { heart_rate: { low: 81, high: null }, spo2: { low: 86, high: 93 } } }]);
  const drawn = (strip: string) => expect(page.getByTestId(`strip-${strip}`));
  await page.goto(`${stage.url}/patients/p-1?range=1h`);
  await drawn('heart_rate').toHaveAttribute('data-limits', '< 81');
  await drawn('spo2').toHaveAttribute('data-limits', '> 93 | < 86');
  await page.goto(`${stage.url}/patients/p-2?range=1h`);
  await expect(page.getByTestId('strips').locator('canvas')).toHaveCount(5);
  await page.waitForTimeout(1_500);
  await drawn('heart_rate').not.toHaveAttribute('data-limits');
});

test.describe('in Berlin', () => {
  test.use({ timezoneId: 'Europe/Berlin' });

  test('the hour that comes twice stays as it is, with its offset', async ({ page, stage }) => {
    await withHistory(page);
    stage.direct([inBed(1, 0, stage.now())]);
    const range = 'from=1792890900000&to=1792892700000';
    await page.goto(`${stage.url}/patients/p-1?tz=local&${range}`);
    await page.getByText('Custom…').click();
    await expect(page.locator('form').getByText('This time comes twice:').first()).toBeVisible();
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page).toHaveURL(new RegExp(range.replace('&', '.*')));
    await expect(page.getByText(/UTC\+0[12]:00/).first()).toBeVisible();
    // The other hour is a choice.
    await page.getByText('Custom…').click();
    await page.locator('form fieldset').last().getByLabel('UTC+01:00').check();
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page).toHaveURL(/to=179289\d+/);
  });

  test('a stretch below a minute is shown and kept', async ({ page, stage }) => {
    await withHistory(page);
    stage.direct([inBed(1, 0, stage.now())]);
    await page.goto(`${stage.url}/patients/p-1?from=1790000000000&to=1790000020000`);
    await page.getByText('Custom…').click();
    const fields = page.locator('form input[type="datetime-local"]');
    await expect(fields.first()).toHaveValue(/:\d\d:\d\d$/);
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page).toHaveURL(/from=1790000000000&to=1790000020000/);
  });
});

test.describe('on a touch screen', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } });

  test('a drag across a strip zooms and stays on the page', async ({ page, stage }) => {
    await withHistory(page);
    stage.direct([inBed(1, 0, stage.now())]);
    await page.goto(`${stage.url}/`);
    await page.getByTestId('tile').getByRole('link').click();
    const strip = page.getByTestId('strip-spo2');
    await strip.scrollIntoViewIfNeeded();
    await expect(strip.locator('canvas')).toBeVisible();
    const box = await strip.boundingBox();
    if (!box) throw new Error('the strip has no box');
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y: box.y + box.height / 2 }] });
    await touch('touchStart', box.x + 90);
    for (let step = 1; step <= 10; step += 1) await touch('touchMove', box.x + 90 + step * 14);
    await touch('touchEnd', 0);
    await expect(page).toHaveURL(/\/patients\/p-1\?from=\d+&to=\d+/);
  });
});

test('on paper a patient’s day is one page', async ({ page, stage }) => {
  await withHistory(page);
  stage.direct([inBed(1, 0, stage.now())]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${stage.url}/patients/p-1?range=24h`);
  await expect(page.getByRole('button', { name: 'Download CSV' })).toBeEnabled();
  await expect(page.getByTestId('strips').locator('canvas')).toHaveCount(5);
  const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g)?.length;
  expect(pages).toBe(1);
});

/** An alarm as the lake has it. */
function record(id: string, rule: string, priority: AlarmState['priority'], since_ms: number): AlarmState {
  return { id, rule, priority, text: `text of ${id}`, since_ms, ended_ms: since_ms + 20_000, acknowledged_by: null, silenced_until_ms: null, silenced_by: null, as_of_ms: since_ms + 20_000 };
}

/** The share of a strip's plot area at which a mark is. */
async function placeOf(page: Page, strip: string, index: number): Promise<number> {
  const plot = await page.getByTestId(`strip-${strip}`).locator('.u-over').boundingBox();
  const mark = await page.getByTestId(`marks-${strip}`).locator('li svg').nth(index).boundingBox();
  if (!plot || !mark) throw new Error('the strip or the mark has no box');
  return (mark.x + mark.width / 2 - plot.x) / plot.width;
}

test('alarms are marks at their onset on the strip of their vital, with words and a shape', async ({ page, stage }) => {
  await withHistory(page);
  const from = 1_790_000_000_000;
  const to = from + 1_000_000;
  const listed = { ...record('listed', 'limit.spo2.low', 'high', from + 750_000), ended_ms: null };
  const archived = [
    { ...record('later', 'limit.heart_rate.high', 'medium', from + 500_000), acknowledged_by: 'Ada' },
    record('news', 'news2', 'high', from + 500_000),
    record('near', 'limit.mean_pressure.low', 'medium', from + 101_000),
    record('first', 'limit.systolic.low', 'technical', from + 100_000),
    { ...record('listed', 'limit.spo2.low', 'medium', from + 750_000), ended_ms: null },
  ];
  await page.route('**/api/alarms?*', (route) => route.fulfill({ json: { patient_id: 'p-1', from_ms: from, to_ms: to, alarms: archived, complete: true, archived_up_to: ARCHIVED } }));
  stage.direct([{ ...inBed(1, 5, stage.now()), alarms: [listed] }]);
  await page.goto(`${stage.url}/patients/p-1?tz=utc&from=${from}&to=${to}`);

  await expect(page.getByRole('list', { name: 'Alarms: SpO₂' }).getByRole('listitem')).toHaveText(
    /^\s*\*\*\* text of listed, high priority, since 21 Sept?, 14:25:50$/,
  );
  await expect(page.getByRole('list', { name: 'Alarms: Heart rate' }).getByRole('listitem')).toHaveText(
    /^\s*\*\* text of later, medium priority, 21 Sept?, 14:21:40 – 14:22:00, acknowledged by Ada$/,
  );
  // Two that would cover each other are one mark with both.
  const pressures = page.getByRole('list', { name: 'Alarms: Blood pressure' }).getByRole('listitem');
  await expect(pressures).toHaveCount(1);
  await expect(pressures).toContainText(/2.*text of near.*text of first/);
  await expect(page.getByTestId('strips').locator('li')).toHaveCount(3);
  expect(await placeOf(page, 'spo2', 0)).toBeCloseTo(0.75, 2);
  expect(await placeOf(page, 'heart_rate', 0)).toBeCloseTo(0.5, 2);
  const shape = (strip: string) => page.getByTestId(`marks-${strip}`).locator('path').first().getAttribute('d');
  expect(await shape('spo2')).not.toBe(await shape('heart_rate'));

  // The list also has the alarms that concern no single vital.
  const list = page.getByTestId('alarm-list');
  await list.getByText('Alarms of this range: 2 high, 2 medium, 1 technical').click();
  await expect(list.getByRole('listitem')).toHaveCount(5);
  await expect(list).toContainText('text of news');

  // A drag across a mark's line still selects a range.
  const box = await page.getByTestId('strip-spo2').locator('.u-over').boundingBox();
  if (!box) throw new Error('the strip has no plot');
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await expect(page).not.toHaveURL(new RegExp(`from=${from}`));
});

test('every page works under the path of a proxy', async ({ page, stage }) => {
  stage.prefix = '/vitals';
  // The dashboard does not know of the prefix in this test: the proxy writes it into the page.
  stage.publish = true;
  await page.goto(`${stage.url}/`);
  await expect(page.getByTestId('tile').first()).toBeVisible();
  const id = await firstPatient(page);
  await page.goto(`${stage.url}${patientPath(id)}`);
  await expect(page.getByTestId('now-heart_rate')).toHaveText(/\d/);
  await page.getByRole('link', { name: 'Risk' }).click();
  await expect(page).toHaveURL(/\/vitals\/risk$/);
  await expect(page.getByTestId('waterfall')).toBeVisible();
  await page.reload();
  await expect(page.getByTestId('curl')).toContainText('/vitals/api/predict');
  await page.getByRole('link', { name: 'Ward' }).click();
  await expect(page).toHaveURL(/\/vitals\/$/);
});
