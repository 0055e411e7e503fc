import { describe, expect, it } from 'vitest';
import { rowWindow, TILE } from './virtualRows';

const PITCH = TILE.height + TILE.gap;

describe('virtual rows', () => {
  it('renders all of forty tiles on a large screen', () => {
    expect(rowWindow(40, 1888, -110, 1080)).toEqual({ columns: 8, first: 0, end: 40, before: 0, after: 0 });
  });

  it('renders part of a thousand tiles, and keeps the space of the others', () => {
    const { columns, first, end, before, after } = rowWindow(1_000, 1888, 50 * PITCH, 1080);
    expect(columns).toBe(8);
    expect(first).toBeLessThanOrEqual(48 * 8);
    expect(end).toBeGreaterThanOrEqual(56 * 8);
    expect(end - first).toBeLessThanOrEqual(13 * 8);
    expect(before).toBe((first / 8) * PITCH);
    expect(before + after + ((end - first) / 8) * PITCH).toBe(125 * PITCH);
  });

  it.each([
    [0, 1888, 0],
    [1, 100, 0],
    [1_000, 390, 1e9],
    [1_000, 1888, -1e9],
    [7, 1888, 5_000],
  ])('is in range for %d tiles at width %d, scrolled by %d', (count, width, scrolled) => {
    const { first, end, before, after } = rowWindow(count, width, scrolled, 900);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(count);
    expect(end - first).toBeGreaterThanOrEqual(Math.min(1, count));
    expect(Math.min(before, after)).toBeGreaterThanOrEqual(0);
  });
});
