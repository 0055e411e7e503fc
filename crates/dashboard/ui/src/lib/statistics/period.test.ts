import { describe, expect, it } from 'vitest';
import { PERIOD_KEYS, periodOf, periodQuery, readPeriod, statisticsPath } from './period';

describe('periods', () => {
  it('survive the query', () => {
    for (const key of PERIOD_KEYS) {
      const period = periodOf(key);
      expect(readPeriod(new URLSearchParams(periodQuery(period)))).toEqual(period);
    }
    const fixed = readPeriod(new URLSearchParams('from=1000&to=61000'));
    expect(fixed).toEqual({ kind: 'lake', key: '', range: { kind: 'fixed', from: 1_000, to: 61_000 } });
    expect(readPeriod(new URLSearchParams(periodQuery(fixed)))).toEqual(fixed);
    for (const query of ['range=2h', 'from=5&to=5', 'from=a&to=9', '']) expect(readPeriod(new URLSearchParams(query)), query).toEqual(periodOf('15m'));
  });

  it('are asked of the memory or of the lake', () => {
    expect(statisticsPath(periodOf('60m'), '', 0)).toBe('/api/statistics/live?minutes=60');
    expect(statisticsPath(periodOf('15m'), 'A & B', 0)).toBe('/api/statistics/live?ward=A+%26+B&minutes=15');
    expect(statisticsPath(periodOf('1h'), '', 4_000_000)).toBe('/api/statistics?from_ms=400000&to_ms=4000000');
  });
});
