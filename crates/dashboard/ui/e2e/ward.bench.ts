import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

/** Longest time until the page is loaded, and time for which it is observed then, ms. */
const LOADING_MS = 10_000;
const OBSERVED_MS = 20_000;

declare global {
  interface Window {
    longTasks: { start: number; duration: number }[];
    /** Time at which the first tile and the first latency were displayed. */
    loadedMs: number | null;
  }
}

/** Size of every file of the built page, each compressed on its own, in kB. */
function compressedKilobytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map((file) => gzipSync(readFileSync(join(file.parentPath, file.name))).length);
  return bytes.reduce((total, one) => total + one, 0) / 1_000;
}

/** Runs in the page. The page looks for itself: a locator would run the script of the test tool, a long task of its own. */
function observe(): void {
  window.longTasks = [];
  window.loadedMs = null;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.longTasks.push({ start: startTime, duration });
  }).observe({ type: 'longtask', buffered: true });
  const timer = setInterval(() => {
    const latency = document.querySelector('[data-testid="latency-p50"]')?.textContent ?? '';
    if (!document.querySelector('[data-testid="tile"]') || !/ms|s/.test(latency)) return;
    window.loadedMs = performance.now();
    clearInterval(timer);
  }, 50);
}

test('first paint and long tasks of the ward page', async ({ page }) => {
  await page.addInitScript(observe);
  await page.goto('/');
  await page.waitForTimeout(LOADING_MS + OBSERVED_MS);
  const seen = await page.evaluate(() => ({
    firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    loaded: window.loadedMs ?? Infinity,
    tasks: window.longTasks,
  }));
  const { loaded } = seen;
  expect(loaded).toBeLessThan(LOADING_MS);
  const longest = (tasks: { duration: number }[]): number => Math.max(0, ...tasks.map((task) => task.duration));
  const live = seen.tasks.filter((task) => task.start >= loaded && task.start < loaded + OBSERVED_MS);
  const figures = {
    ward_first_paint_ms: seen.firstPaint,
    ward_long_tasks: live.length,
    ward_longest_task_ms: longest(live),
    ward_load_longest_task_ms: longest(seen.tasks.filter((task) => task.start < loaded)),
    ui_gzip_kb: compressedKilobytes('dist'),
  };
  expect(figures.ward_first_paint_ms).toBeGreaterThan(0);
  writeFileSync(process.env.BENCH_FILE ?? 'node_modules/.cache/bench.json', JSON.stringify(figures));
});
