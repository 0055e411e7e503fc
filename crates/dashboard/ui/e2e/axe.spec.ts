import axe from 'axe-core';
import type { Page } from '@playwright/test';
import type { AlarmState } from '../src/lib/wire/AlarmState';
import type { PatientState } from '../src/lib/wire/PatientState';
import { expect, test } from './fixtures';
import { PAGES } from './pages';
import { inBed, ward } from './patients';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

interface Screen {
  colorScheme: 'light' | 'dark';
  width: number;
  height: number;
  pixelRatio: number;
}

const LARGE: readonly Screen[] = [
  { colorScheme: 'light', width: 1920, height: 1080, pixelRatio: 1 },
  { colorScheme: 'dark', width: 1280, height: 800, pixelRatio: 2 },
];
const SMALL: readonly Screen[] = [
  { colorScheme: 'light', width: 820, height: 1180, pixelRatio: 2 },
  { colorScheme: 'dark', width: 390, height: 844, pixelRatio: 2 },
];

/** The rules of axe-core that the page breaks on one of `screens`, each with the element and the reason. */
async function findings(page: Page, screens: readonly Screen[]): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  // The content security policy does not bind the browser's debugger.
  await page.evaluate(axe.source);
  const found: string[] = [];
  for (const { colorScheme, width, height, pixelRatio } of screens) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await session.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: pixelRatio, mobile: false });
    const { violations } = await page.evaluate(async () => {
      // After two frames, the page has laid itself out for the screen.
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return window.axe.run(document, { resultTypes: ['violations'] });
    });
    for (const { id, nodes } of violations) {
      found.push(...nodes.map(({ target, failureSummary }) => `${colorScheme}, ${width} px: ${id}: ${target.join(' ')}: ${failureSummary}`));
    }
  }
  await session.detach();
  return found;
}

function alarm(priority: AlarmState['priority'], nowMs: number): AlarmState {
  return {
    id: priority,
    rule: 'limit.spo2.low',
    priority,
    text: 'SpO₂ 84 % < 90',
    since_ms: nowMs,
    ended_ms: null,
    acknowledged_by: priority === 'low' ? 'Nurse A' : null,
    silenced_until_ms: null,
    silenced_by: null,
    as_of_ms: nowMs,
  };
}

test.describe('with a lake that may be slow', () => {
  // On a busy machine the first query may take too long. The page says so and asks again.
  test.use({ allowed: [/status of 504/] });

  for (const [name, open] of Object.entries(PAGES)) {
    test(`axe finds nothing on the page ${name}`, async ({ page }) => {
      await open(page);
      expect(await findings(page, LARGE)).toEqual([]);
    });
  }
});

test('axe finds nothing on a ward with every band, alarms, toasts and stale values', async ({ page, stage }) => {
  const now = stage.now();
  const alarms = (['high', 'medium', 'low', 'technical'] as const).map((priority) => alarm(priority, now));
  const ill: PatientState = { ...inBed(2, 5, now, { spo2: 3, pulse: 2 }), alarms };
  const alone: PatientState = {
    ...inBed(3, 7, now, { spo2: 3, respiratory_rate: 1 }),
    conditions: [{ kind: 'leads_off', priority: 'technical', text: 'Leads off', since_ms: now }],
  };
  const silent = inBed(4, 0, now - 120_000);
  stage.direct([inBed(1, 0, now), ill, alone, silent]);
  await page.goto(stage.url);
  await expect(page.getByTestId('tile')).toHaveCount(4);
  stage.update(inBed(1, 9, stage.now(), { spo2: 3 }));
  await expect(page.getByTestId('alert')).toBeVisible();
  expect(await findings(page, LARGE)).toEqual([]);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  expect(await findings(page, SMALL)).toEqual([]);
});

test('axe finds nothing on an empty ward and on an unknown page', async ({ page, stage }) => {
  stage.direct([]);
  await page.goto(stage.url);
  await expect(page.locator('main h2').first()).toBeVisible();
  expect(await findings(page, SMALL)).toEqual([]);
  await page.goto('/nowhere');
  await expect(page.getByText('Page /nowhere does not exist')).toBeVisible();
  expect(await findings(page, SMALL)).toEqual([]);
});

test.describe('without a server', () => {
  test.use({ allowed: [/status of 503/] });

  test('axe finds nothing on pages that show an error', async ({ page, stage }) => {
    stage.direct(ward(2, stage.now()));
    await page.route(/\/api\/(history|alarms|statistics|activity|pipeline|models?|explain)/, (route) =>
      route.fulfill({ status: 503, json: { title: 'Unavailable', detail: 'the test has stopped it' } }),
    );
    for (const path of ['/patients/p-1?range=1h', '/statistics', '/activity', '/pipeline', '/models', '/risk']) {
      await page.goto(`${stage.url}${path}`);
      await expect(page.getByText('Unavailable').first()).toBeVisible();
      expect(await findings(page, SMALL), path).toEqual([]);
    }
  });
});
