import { expect, it } from 'vitest';
import { LocalClock } from './localClock';

/** A local clock, and the two clocks below it. */
function clocks(): { wall: number; monotonic: number; local: LocalClock } {
  const below = { wall: 1_000_000, monotonic: 500 };
  return Object.assign(below, { local: new LocalClock(() => below.wall, () => below.monotonic) });
}

it('continues when the wall clock is set back', () => {
  const clock = clocks();
  expect([clock.local.now(), clock.local.setBackMs()]).toEqual([1_000_000, 0]);
  clock.wall -= 3_600_000;
  expect([clock.local.now(), clock.local.setBackMs()]).toEqual([1_000_000, 3_600_000]);
  clock.wall += 18_000;
  clock.monotonic += 18_000;
  expect(clock.local.now()).toBe(1_018_000);
});

it('advances by a sleep during which the monotonic clock stood still', () => {
  const clock = clocks();
  clock.local.now();
  clock.wall += 600_000;
  clock.monotonic += 1_000;
  expect([clock.local.now(), clock.local.setBackMs()]).toEqual([1_600_000, 0]);
});

it('never steps back, however the wall clock is set', () => {
  const clock = clocks();
  let last = clock.local.now();
  for (let second = 1; second <= 100; second += 1) {
    clock.monotonic += 1_000;
    clock.wall += 1_000 + ((second * 7_919) % 20_000) - 10_000;
    const now = clock.local.now();
    expect(now - last).toBeGreaterThanOrEqual(1_000);
    last = now;
  }
});
