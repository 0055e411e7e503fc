import { boundsOf, fixedRange, lastRange, type Range } from '../url/timeRange';

/** Periods of statistics: live ones from the dashboard's memory, the others from the lake. */
export const PERIODS = {
  '15m': { label: 'Live 15 min', minutes: 15 },
  '60m': { label: 'Live 1 h', minutes: 60 },
  '1h': { label: '1 h', minutes: null },
  '6h': { label: '6 h', minutes: null },
  '24h': { label: '24 h', minutes: null },
  '7d': { label: '7 d', minutes: null },
} as const;

export type PeriodKey = keyof typeof PERIODS;
export const PERIOD_KEYS = Object.keys(PERIODS) as PeriodKey[];

export type Period = { kind: 'live'; key: '15m' | '60m'; minutes: number } | { kind: 'lake'; key: PeriodKey | ''; range: Range };

export function periodOf(key: PeriodKey): Period {
  if (key === '15m' || key === '60m') return { kind: 'live', key, minutes: PERIODS[key].minutes };
  return { kind: 'lake', key, range: lastRange(key) };
}

export const fixedPeriod = (range: Range): Period => ({ kind: 'lake', key: '', range });

/** Reads the period from the query; an invalid one becomes the default. */
export function readPeriod(query: URLSearchParams): Period {
  const [from, to] = [query.get('from'), query.get('to')];
  const isTime = (text: string | null): text is string => text !== null && /^\d{1,15}$/.test(text);
  if (isTime(from) && isTime(to) && Number(to) > Number(from)) return fixedPeriod(fixedRange(Number(from), Number(to)));
  return periodOf(PERIOD_KEYS.find((key) => key === query.get('range')) ?? '15m');
}

export function periodQuery(period: Period): Record<string, string> {
  if (period.kind === 'lake' && period.range.kind === 'fixed') {
    return { range: '', from: String(period.range.from), to: String(period.range.to) };
  }
  return { range: period.key === '15m' ? '' : period.key, from: '', to: '' };
}

/** The path of a request for statistics. */
export function statisticsPath(period: Period, ward: string, nowMs: number): string {
  const query = new URLSearchParams(ward ? { ward } : {});
  if (period.kind === 'live') {
    query.set('minutes', String(period.minutes));
    return `/api/statistics/live?${query}`;
  }
  const { from, to } = boundsOf(period.range, nowMs);
  query.set('from_ms', String(Math.round(from)));
  query.set('to_ms', String(Math.round(to)));
  return `/api/statistics?${query}`;
}
