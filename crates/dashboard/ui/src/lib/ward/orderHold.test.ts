import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OrderHold } from './orderHold';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('holds while a tile is pointed at or focused, and lets go of a pointer at rest', () => {
  let held = false;
  const hold = new OrderHold((now) => (held = now));
  hold.point();
  vi.advanceTimersByTime(30_000);
  hold.point();
  vi.advanceTimersByTime(59_000);
  expect(held).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(held).toBe(false);
  hold.focus(true);
  hold.point();
  hold.leave();
  vi.advanceTimersByTime(3_600_000);
  expect(held).toBe(true);
  hold.focus(false);
  expect(held).toBe(false);
});
