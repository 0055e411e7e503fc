import { expect, it } from 'vitest';
import { LatencyWindow } from './latencyWindow';

it('has no quantile without samples', () => expect(new LatencyWindow().quantile(0.5)).toBeNull());

it('returns the nearest rank', () => {
  const window = new LatencyWindow();
  for (let ms = 1; ms <= 100; ms += 1) window.add(ms);
  expect([window.quantile(0.5), window.quantile(0.95), window.quantile(1)]).toEqual([50, 95, 100]);
});

it('overwrites the oldest sample once full', () => {
  const window = new LatencyWindow(3);
  for (const ms of [1_000, 1, 2, 3]) window.add(ms);
  expect([window.size, window.quantile(1)]).toEqual([3, 3]);
});
