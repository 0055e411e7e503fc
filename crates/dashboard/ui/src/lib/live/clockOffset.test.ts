import { expect, it } from 'vitest';
import { clockOffset } from './clockOffset';

const NOW = 1_763_812_800_000;

it('corrects a wrong clock but not the network delay', () => {
  expect(clockOffset(NOW, NOW + 1_500)).toBe(0);
  expect(clockOffset(NOW, NOW - 2_000)).toBe(0);
  expect(clockOffset(NOW, NOW + 90_000)).toBe(-90_000);
});
