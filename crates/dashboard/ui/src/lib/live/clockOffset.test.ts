import { describe, expect, it } from 'vitest';
import { ClockOffset } from './clockOffset';

describe('clock offset', () => {
  it('is the middle of the fastest round trip', () => {
    const clock = new ClockOffset();
    clock.addRoundTrip(10_000, 7_900, 10_400);
    expect(clock.offset).toBe(-2_300);
    clock.addRoundTrip(20_000, 18_010, 20_020);
    expect(clock.offset).toBe(-2_000);
    clock.addRoundTrip(30_000, 27_000, 36_000);
    expect(clock.offset).toBe(-2_000);
  });

  it('takes a round trip of seconds for a response that was held back', () => {
    const clock = new ClockOffset();
    clock.addRoundTrip(10_000, 10_100, 15_200);
    expect(clock.offset).toBe(-400);
    clock.addEvent(16_000, 21_000);
    expect(clock.offset).toBe(-400);
    clock.addRoundTrip(30_000, 30_010, 30_020);
    expect(clock.offset).toBe(0);
  });

  it('is not lowered by events, which may be late by any time', () => {
    const clock = new ClockOffset();
    clock.addRoundTrip(0, 5, 10);
    for (let late = 0; late < 40_000; late += 500) clock.addEvent(late, late * 2);
    expect(clock.offset).toBe(0);
  });

  it('does not change for noise around a difference of two seconds', () => {
    const clock = new ClockOffset();
    const seen = new Set<number | null>();
    for (let second = 1; second <= 60; second += 1) {
      const local = second * 1_000;
      clock.addEvent(local - 2_000 + ((second * 7) % 30), local);
      if (second % 10 === 0) clock.addRoundTrip(local, local - 2_000 + (second % 4), local + 8);
      seen.add(clock.offset);
    }
    expect(seen.size).toBe(1);
  });

  it('is estimated from the earliest event without a round trip', () => {
    const clock = new ClockOffset();
    clock.addEvent(1_000, 5_000);
    clock.addEvent(2_000, 5_100);
    clock.addEvent(3_000, 12_000);
    expect(clock.offset).toBe(-3_100);
  });

  it('starts anew after the local clock jumped', () => {
    const clock = new ClockOffset();
    expect(clock.jumped(1_000_000, 0)).toBe(false);
    clock.addRoundTrip(1_000_000, 1_000_000, 1_000_000);
    expect(clock.jumped(1_001_000, 1_000)).toBe(false);
    expect(clock.jumped(1_302_000, 2_000)).toBe(true);
    clock.addRoundTrip(1_302_000, 1_002_010, 1_302_020);
    expect(clock.offset).toBe(-300_000);
    expect(clock.jumped(1_303_000, 3_000)).toBe(false);
  });
});
