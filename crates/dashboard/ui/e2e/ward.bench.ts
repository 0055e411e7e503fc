import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

/** Time for which the loaded page is observed, ms. */
const OBSERVED_MS = 20_000;

declare global {
  interface Window {
    longTasks: { start: number; duration: number }[];
  }
}

/** Size of every file of the built page, each compressed on its own, in kB. */
function compressedKilobytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map((file) => gzipSync(readFileSync(join(file.parentPath, file.name))).length);
  return bytes.reduce((total, one) => total + one, 0) / 1_000;
}

test('first paint and long tasks of the ward page', async ({ page }) => {
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) window.longTasks.push({ start: startTime, duration });
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto('/');
  await expect(page.getByTestId('tile').first()).toBeVisible();
  await expect(page.getByTestId('latency-p50')).toHaveText(/ms|s/);
  const loaded = await page.evaluate(() => performance.now());
  await page.waitForTimeout(OBSERVED_MS);
  const seen = await page.evaluate(() => ({
    firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    tasks: window.longTasks,
  }));
  const longest = (tasks: { duration: number }[]): number => Math.max(0, ...tasks.map((task) => task.duration));
  const live = seen.tasks.filter((task) => task.start >= loaded);
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
