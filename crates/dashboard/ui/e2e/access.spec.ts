import type { Page } from '@playwright/test';
import { expect, firstPatient, patientPath, test } from './fixtures';
import { inBed } from './patients';

/** Accessible names of the first tab stops, from the top of the page. */
async function tabStops(page: Page, presses: number): Promise<string[]> {
  const names: string[] = [];
  for (let press = 0; press < presses; press += 1) {
    await page.keyboard.press('Tab');
    names.push(
      await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return '';
        const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element.textContent;
        return (element.getAttribute('aria-label') ?? label ?? '').replaceAll(/\s+/g, ' ').trim();
      }),
    );
  }
  return names;
}

test('the main controls of the ward are reachable by keyboard with visible focus', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByTestId('tile').first()).toBeVisible();
  const names = await tabStops(page, 21);
  for (const wanted of [/Skip/, /^Ward$/, /^Risk$/, /^(Local|UTC)$/, /^(Auto|Light|Dark)$/, /shortcuts/, /Search/, /High/]) {
    expect(names.some((name) => wanted.test(name)), `${wanted} among ${names.join(' | ')}`).toBe(true);
  }
  await page.getByRole('link', { name: 'Risk' }).focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  expect(outline).not.toBe('none');
});

test('shortcuts work, are listed by ?, and can be disabled', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByTestId('tile').first()).toBeVisible();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.getByRole('searchbox').blur();
  await page.keyboard.press('r');
  await expect(page).toHaveURL(/\/risk/);
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await dialog.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('w');
  await expect(page).toHaveURL(/\/risk/);
});

test('a patient page opens and closes by keyboard', async ({ page }) => {
  await page.goto('/');
  const first = page.getByTestId('tile').first().getByRole('link');
  await first.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/patients\//);
  await expect(page.getByTestId('strips')).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId('tile').first()).toBeVisible();
});

test('what is chosen is marked in forced colours', async ({ page, stage }) => {
  stage.direct([inBed(1, 9, stage.now())]);
  await page.emulateMedia({ forcedColors: 'active' });
  await page.goto(stage.url);
  const band = page.getByRole('button', { name: /High/ });
  await band.click();
  const outline = (element: Element): string => getComputedStyle(element).outlineStyle;
  await page.mouse.move(5, 500);
  expect(await band.evaluate(outline)).toBe('solid');
  expect(await page.getByRole('button', { name: /^Low/ }).evaluate(outline)).toBe('none');
  expect(await page.getByRole('link', { name: 'Ward', exact: true }).evaluate(outline)).toBe('solid');
  expect(await page.locator('input:checked + span').first().evaluate(outline)).toBe('solid');
  expect(await page.locator('input:not(:checked) + span').first().evaluate(outline)).toBe('none');
});

test('theme and time zone persist', async ({ page }) => {
  await page.goto('/');
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  const dark = await ground();
  await page.getByRole('radio', { name: 'Light' }).check({ force: true });
  expect(await ground()).not.toBe(dark);
  await page.getByRole('radio', { name: 'UTC' }).check({ force: true });
  await expect(page).toHaveURL(/tz=utc/);
  await page.reload();
  await expect(page.getByRole('radio', { name: 'Light' })).toBeChecked();
  await expect(page.getByRole('radio', { name: 'UTC' })).toBeChecked();
});

test('no page scrolls horizontally on a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ['/', patientPath(await firstPatient(page)), '/risk', '/statistics', '/models', '/pipeline', '/activity', '/nowhere']) {
    await page.goto(path);
    await expect(page.locator('main :is(h1, h2)').first()).toBeAttached();
    await page.waitForTimeout(500);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, path).toBeLessThanOrEqual(390);
  }
});

test('a slow device does not widen the page on a phone', async ({ page, stage }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  stage.direct([inBed(1, 0, stage.now())]);
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(1);
  const late = inBed(1, 0, stage.now());
  const devices = late.devices.map((device) => ({ ...device, device_id: 'monitor-of-the-intensive-care-unit' }));
  stage.update({ ...late, devices, last_time_ms: stage.now() - 5_000 });
  await expect(page.getByText(/^worst monitor-of/)).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test('an unknown address shows an error page', async ({ page }) => {
  await page.goto('/nowhere');
  await expect(page.getByText('Page /nowhere does not exist')).toBeVisible();
  await page.getByRole('link', { name: 'Go to the ward' }).click();
  await expect(page.getByTestId('tile').first()).toBeVisible();
});

test('a long ward renders only the tiles near the screen, and all are reachable', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 500 });
  await page.goto('/');
  const list = page.getByTestId('ward');
  const drawn = list.locator('[aria-posinset]');
  await expect(drawn.first()).toBeVisible();
  const size = Number(await drawn.first().getAttribute('aria-setsize'));
  expect(await drawn.count()).toBeLessThanOrEqual(Math.min(size, 8));
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await expect(list.locator(`[aria-posinset="${size}"]`)).toBeInViewport();
});
