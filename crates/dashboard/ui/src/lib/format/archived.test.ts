import { expect, it } from 'vitest';
import { missingText } from './archived';

it('names what is not archived yet, and nothing for an archive that keeps up', () => {
  const text = (time_ms: number | null, complete: boolean) => missingText({ time_ms, complete }, 'readings', 'this chart', 'utc');
  expect([text(5_000, true), missingText(null, 'readings', 'this chart', 'utc')]).toEqual(['', '']);
  expect(text(5_000, false)).toBe('Readings after 01 Jan 1970, 00:00:05 are not archived yet: they are missing from this chart.');
  expect(text(null, false)).toBe('It is not known which readings are archived: some may be missing from this chart.');
});
