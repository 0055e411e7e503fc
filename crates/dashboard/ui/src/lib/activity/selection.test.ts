import { describe, expect, it } from 'vitest';
import { activityPath, LAKE_KEYS, periodQuery, readSelection } from './selection';

const read = (query: string): ReturnType<typeof readSelection> => readSelection(new URLSearchParams(query));

describe('selections of the activity', () => {
  it('survive the query', () => {
    expect(read('')).toEqual({ period: { kind: 'live' }, patient: '', user: '', action: '' });
    for (const query of ['', ...LAKE_KEYS.map((key) => `range=${key}`), 'from=1000&to=61000']) {
      const { period } = read(query);
      expect(read(new URLSearchParams(periodQuery(period)).toString()).period, query).toEqual(period);
    }
    expect(read('patient=p%2F1&user=Ada+Li&action=exported')).toMatchObject({ patient: 'p/1', user: 'Ada Li', action: 'exported' });
    for (const query of ['range=2h', 'range=15m', 'from=5&to=5', 'from=a&to=9', 'action=deleted', 'action=toString']) {
      expect(read(query), query).toEqual(read(''));
    }
  });

  it('are requested from the topic or the lake', () => {
    expect(activityPath(read(''), 0)).toBe('/api/activity/live');
    expect(activityPath(read('patient=a%26b&user=unknown'), 0)).toBe('/api/activity/live?patient_id=a%26b&user=unknown');
    expect(activityPath(read('range=1h&action=printed'), 4_000_000)).toBe('/api/activity?action=printed&from_ms=400000&to_ms=4000000');
    expect(activityPath(read('from=1000&to=61000'), 4_000_000)).toBe('/api/activity?from_ms=1000&to_ms=61000');
  });
});
