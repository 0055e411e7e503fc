import { expect, it } from 'vitest';
import { mergeQuery } from './query';

it('keeps the other keys of the query', () => {
  expect(mergeQuery('?tz=utc&q=a', { q: '', ward: 'B1' })).toBe('?tz=utc&ward=B1');
  expect(mergeQuery('?q=a', { q: '' })).toBe('');
});
