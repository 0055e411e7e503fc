import type { Page } from '@playwright/test';
import { expect, firstPatient, patientPath, test } from './fixtures';

/** The values of every tile, in page order. */
function numbers(page: Page): Promise<string> {
  return page.getByTestId('tile').getByTestId(/^value-/).allTextContents().then((texts) => texts.join(' '));
}

test('the ward shows tiles with live values', async ({ page }) => {
  await page.goto('/');
  const tiles = page.getByTestId('tile');
  await expect(tiles.first()).toBeVisible();
  await expect(tiles.first().getByTestId('value-heart_rate')).toHaveText(/^\d+$/);
  await expect(page.getByRole('status').filter({ hasText: /^●Live$/ })).toBeVisible();
  const before = await numbers(page);
  expect(before).toMatch(/\d/);
  await expect.poll(() => numbers(page), { message: 'values change' }).not.toBe(before);
  await expect(page.getByTestId('latency-p50')).toHaveText(/^−?\d[\d.]* m?s$/);
});

test('the ward is filtered, and the filter is in the address', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByTestId('tile').first()).toBeVisible();
  const id = await page.getByTestId('tile').first().getAttribute('data-patient');
  const search = page.getByRole('searchbox');
  await search.fill(id ?? '');
  await expect(page).toHaveURL(/[?&]q=/);
  await expect(page.locator(`[data-patient="${id}"]`)).toBeVisible();
  await page.reload();
  await expect(search).toHaveValue(id ?? '');
  await page.goto('/?q=no-such-patient');
  await expect(page.getByText('No patient matches the filter')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await expect(page.getByTestId('tile').first()).toBeVisible();
});

test('a deep link to a patient shows live strips', async ({ page }) => {
  const id = await firstPatient(page);
  await page.goto(`${patientPath(id)}?range=1h`);
  await expect(page.getByRole('heading', { name: id })).toBeVisible();
  await expect(page.getByTestId('strips').locator('canvas')).toHaveCount(5);
  await expect(page.getByRole('radio', { name: '1 h', exact: true })).toBeChecked();
  const value = page.getByTestId('now-heart_rate');
  await expect(value).toHaveText(/\d/);
  // Without readings no pixel has the line's colour; some seconds of a new ward are a dot in an hour.
  await expect.poll(() => inked(page), { message: 'the strip shows a line' }).toBeGreaterThan(10);
  const seen = new Set<string>();
  await expect.poll(async () => seen.add(await page.getByTestId('strips').innerText()).size).toBeGreaterThan(1);
  await page.getByRole('radio', { name: '6 h', exact: true }).check({ force: true });
  await expect(page).toHaveURL(/range=6h/);
  await page.goBack();
  await expect(page).toHaveURL(/range=1h/);
  await expect(page.getByRole('radio', { name: '1 h', exact: true })).toBeChecked();
});

/** Number of pixels in the heart rate strip with the colour of its line. */
function inked(page: Page): Promise<number> {
  return page.getByTestId('strip-heart_rate').locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red = 0, green = 0, blue = 0, alpha = 0] = data.slice(at, at + 4);
      if (alpha > 40 && green > red + 20 && green > blue + 20) count += 1;
    }
    return count;
  });
}

test('the waterfall shows the contributions of the prediction', async ({ page }) => {
  await page.goto('/risk');
  const waterfall = page.getByTestId('waterfall');
  await expect(waterfall).toBeVisible();
  await page.locator('#field-bmi').fill('30.5');
  const curl = page.getByTestId('curl');
  await expect(curl).toContainText('"bmi":30.5');
  const body = JSON.parse(/-d '(.*)'/s.exec((await curl.textContent()) ?? '')?.[1] ?? '') as Record<string, number>;
  const response = await page.request.post('/api/predict', { data: body });
  expect(response.status()).toBe(200);
  const prediction = (await response.json()) as {
    probability: number;
    base_value: number;
    log_odds: number;
    contributions: { feature: string; contribution: number }[];
  };
  const sum = prediction.contributions.reduce((total, part) => total + part.contribution, prediction.base_value);
  expect(Math.abs(sum - prediction.log_odds)).toBeLessThan(1e-9);
  await expect(page.getByTestId('probability')).toHaveText(`${(prediction.probability * 100).toFixed(1)} %`);
  for (const { feature, contribution } of prediction.contributions) {
    const bar = waterfall.locator(`[data-feature="${feature}"]`);
    await expect.poll(async () => Number(await bar.getAttribute('data-contribution'))).toBeCloseTo(contribution, 9);
  }
});

test('the prediction set is shown in words', async ({ page }) => {
  await page.goto('/risk');
  const shown = page.getByTestId('prediction-set');
  for (const [glucose, title] of [
    ['60', 'no diabetes'],
    ['195', 'diabetes'],
  ] as const) {
    await page.locator('#field-glucose').fill(glucose);
    const curl = page.getByTestId('curl');
    await expect(curl).toContainText(`"glucose":${glucose}`);
    const body = JSON.parse(/-d '(.*)'/s.exec((await curl.textContent()) ?? '')?.[1] ?? '') as Record<string, number>;
    const response = await page.request.post('/api/explain', { data: body });
    const { prediction_set: set } = (await response.json()) as { prediction_set: { outcomes: number[]; meaning: string; observed: { rows: number } } };
    expect(set.outcomes).toHaveLength(1);
    await expect(shown.getByRole('heading')).toHaveText(`Usual outcomes at this score: ${title}`);
    await expect(shown).toContainText(set.meaning);
    await expect(shown).toContainText(`Of the ${set.observed.rows} women`);
  }
  // No statement about a score that no decision may rest on.
  await page.locator('#field-glucose').fill('250');
  await expect(page.getByTestId('unusable')).toBeVisible();
  await expect(shown).toHaveCount(0);
});

test.describe('invalid input', () => {
  // The browser logs every 4xx response.
  test.use({ allowed: [/status of 422/] });

  test('is explained at its field', async ({ page }) => {
    await page.goto('/risk');
    await expect(page.getByTestId('waterfall')).toBeVisible();
    const glucose = page.locator('#field-glucose');
    await glucose.fill('9000');
    await expect(glucose).toHaveAttribute('aria-invalid', 'true');
    await expect(page.locator('#field-glucose-error')).toContainText(/glucose/i);
    await expect(glucose).toHaveAttribute('aria-describedby', /field-glucose-error/);
    await expect(page.locator('[aria-invalid="true"]')).toHaveCount(1);
    await glucose.fill('120');
    await expect(page.locator('[aria-invalid="true"]')).toHaveCount(0);
  });
});

test.describe('a model server that stops responding', () => {
  test.use({ allowed: [/status of 504/] });

  test('leaves a prediction that is marked as old, and is asked again', async ({ page }) => {
    await page.goto('/risk');
    await expect(page.getByTestId('waterfall')).toBeVisible();
    let up = false;
    const timeout = { title: 'Gateway Timeout', detail: 'the model server did not respond in time' };
    await page.route('**/api/explain', (route) => (up ? route.fallback() : route.fulfill({ status: 504, json: timeout })));
    const shown = page.getByTestId('prediction');
    await expect(shown).not.toHaveClass(/older/);
    await page.locator('#field-bmi').fill('30.5');
    const note = page.getByRole('alert').filter({ hasText: 'No prediction for these values.' });
    await expect(note).toContainText('Gateway Timeout: the model server did not respond in time. The prediction below is for the previous values. The page keeps asking.');
    await expect(shown).toHaveClass(/older/);
    up = true;
    // Without a click.
    await expect(shown).not.toHaveClass(/older/, { timeout: 15_000 });
    await expect(note).toHaveCount(0);
  });

  test('is waited for, with the previous prediction marked', async ({ page }) => {
    await page.goto('/risk');
    await expect(page.getByTestId('waterfall')).toBeVisible();
    let answer = (): void => {};
    const held = new Promise<void>((done) => (answer = done));
    await page.route('**/api/explain', async (route) => {
      await held;
      await route.fallback();
    });
    await page.locator('#field-bmi').fill('30.5');
    const note = page.getByText('The prediction below is for the previous values.');
    await expect(note).toBeVisible();
    await expect(page.getByTestId('prediction')).toHaveClass(/older/);
    answer();
    await expect(page.getByTestId('prediction')).not.toHaveClass(/older/);
    await expect(note).toHaveCount(0);
  });
});

test('warnings and a score that is not usable are shown', async ({ page }) => {
  await page.goto('/risk');
  await expect(page.getByTestId('waterfall')).toBeVisible();
  await expect(page.getByTestId('warnings')).toHaveCount(0);
  await page.locator('#field-insulin').fill('2000');
  await expect(page.getByTestId('warnings')).toContainText('outside of the training range');
  await expect(page.getByTestId('unusable')).toHaveCount(0);
  await page.locator('#field-glucose').fill('250');
  await expect(page.getByTestId('warnings')).toContainText('diagnostic criterion');
  await expect(page.getByTestId('unusable')).toHaveText(/Not usable/);
  await page.locator('#field-glucose').fill('0');
  await expect(page.getByTestId('warnings')).toContainText('was not measured');
  await expect(page.getByTestId('unusable')).toHaveText(/Not usable/);
});

test('a feature that is not measured is marked as imputed', async ({ page }) => {
  await page.goto('/risk');
  await expect(page.getByTestId('waterfall')).toBeVisible();
  await page.locator('#field-insulin').fill('0');
  await expect(page.getByTestId('waterfall').locator('[data-feature="insulin"]')).toContainText('imputed');
});
