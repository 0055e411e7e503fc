import { describe, expect, it } from 'vitest';
import { fittingScale, MAX_SCALE, rowWindow, SCROLL_STEP, TILE } from './virtualRows';

const size = { width: TILE.minWidth, height: TILE.height };
const PITCH = TILE.height + TILE.gap;

describe('virtual rows', () => {
  it('renders all of forty tiles on a large screen', () => {
    expect(rowWindow(40, 1888, -110, 1080, size)).toEqual({ columns: 8, first: 0, end: 40, before: 0, height: 5 * PITCH - TILE.gap });
  });

  it('renders part of a thousand tiles, and keeps the space of the others', () => {
    const { columns, first, end, before, height } = rowWindow(1_000, 1888, 50 * PITCH, 1080, size);
    expect(columns).toBe(8);
    expect(first).toBeLessThanOrEqual(49 * 8);
    expect(end).toBeGreaterThanOrEqual(56 * 8);
    expect(end - first).toBeLessThanOrEqual(9 * 8);
    expect(before).toBe((first / 8) * PITCH);
    expect(height).toBe(125 * PITCH - TILE.gap);
  });

  it.each([256, 360, 844])('renders the row after the last whole one on a screen of %d px, wherever it is scrolled to', (screen) => {
    for (let scrolled = -200; scrolled < 4 * PITCH; scrolled += 1) {
      const { end } = rowWindow(1_000, 224, Math.round(scrolled / SCROLL_STEP) * SCROLL_STEP, screen, size);
      const whole = Math.floor((scrolled + screen + TILE.gap) / PITCH);
      expect(end).toBeGreaterThan(whole);
    }
  });

  it.each([
    [0, 1888, 0],
    [1, 100, 0],
    [1_000, 390, 1e9],
    [1_000, 1888, -1e9],
    [7, 1888, 5_000],
  ])('is in range for %d tiles at width %d, scrolled by %d', (count, width, scrolled) => {
    const { first, end, before, height } = rowWindow(count, width, scrolled, 900, size);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(count);
    expect(end - first).toBeGreaterThanOrEqual(Math.min(1, count));
    expect(before).toBeGreaterThanOrEqual(0);
    expect(height).toBeGreaterThanOrEqual(before);
  });
});

describe('scale of the tiles', () => {
  it('uses the room of a wall display', () => {
    const scale = fittingScale(24, 1888, 950, size);
    expect(scale).toBeGreaterThan(1.15);
    const columns = rowWindow(24, 1888, 0, 1080, { width: size.width * scale, height: 0 }).columns;
    const used = Math.ceil(24 / columns) * (size.height * scale + TILE.gap);
    expect(used).toBeLessThanOrEqual(950 + TILE.gap);
    expect(used).toBeGreaterThan(950 * 0.75);
    expect(fittingScale(4, 3_800, 2_000, size)).toBe(MAX_SCALE);
  });

  it('stays at one where the tiles fill the screen or a column the width', () => {
    expect(fittingScale(40, 1888, 970, size)).toBe(1);
    expect(fittingScale(1_000, 1888, 950, size)).toBe(1);
    expect(fittingScale(2, 230, 800, size)).toBe(1);
    expect(fittingScale(0, 0, 0, size)).toBe(1);
  });
});
