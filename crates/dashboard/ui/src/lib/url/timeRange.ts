export const RANGES = {
  '15m': { label: 'Live 15 min', short: '15 min', ms: 900_000 },
  '1h': { label: '1 h', short: '1 h', ms: 3_600_000 },
  '6h': { label: '6 h', short: '6 h', ms: 21_600_000 },
  '24h': { label: '24 h', short: '24 h', ms: 86_400_000 },
  '7d': { label: '7 d', short: '7 d', ms: 604_800_000 },
} as const;

export type RangeKey = keyof typeof RANGES;
export const RANGE_KEYS = Object.keys(RANGES) as RangeKey[];

/** Time range of a patient page: the most recent period, which follows the current time, or a fixed one. */
export type Range = { kind: 'last'; key: RangeKey; ms: number } | { kind: 'fixed'; from: number; to: number };

/** Shortest range in which a chart is useful. */
export const MIN_SPAN_MS = 1_000;
export const MAX_SPAN_MS = 366 * 86_400_000;

export const lastRange = (key: RangeKey): Range => ({ kind: 'last', key, ms: RANGES[key].ms });

/** Reads the range from the query; an invalid one becomes the default. */
export function readRange(query: URLSearchParams): Range {
  const from = readTime(query.get('from'));
  const to = readTime(query.get('to'));
  if (from !== null && to !== null && to > from) return fixedRange(from, to);
  const key = query.get('range');
  return lastRange(RANGE_KEYS.find((known) => known === key) ?? '15m');
}

export function rangeQuery(range: Range): Record<string, string> {
  if (range.kind === 'last') return { range: range.key === '15m' ? '' : range.key, from: '', to: '' };
  return { range: '', from: String(Math.round(range.from)), to: String(Math.round(range.to)) };
}

/** A fixed range, widened or narrowed to the limits of a chart. */
export function fixedRange(from: number, to: number): Range {
  const middle = (from + to) / 2;
  const half = Math.min(Math.max(to - from, MIN_SPAN_MS), MAX_SPAN_MS) / 2;
  return { kind: 'fixed', from: Math.max(0, Math.round(middle - half)), to: Math.round(middle + half) };
}

export function boundsOf(range: Range, nowMs: number): { from: number; to: number } {
  return range.kind === 'fixed' ? { from: range.from, to: range.to } : { from: nowMs - range.ms, to: nowMs };
}

/** Moves the range by a share of its length. A range that would end in the future follows the current time again. */
export function pan(range: Range, share: number, nowMs: number): Range {
  const { from, to } = boundsOf(range, nowMs);
  const shift = (to - from) * share;
  if (to + shift >= nowMs) {
    const key = RANGE_KEYS.find((known) => Math.abs(RANGES[known].ms - (to - from)) < 1_000);
    return key ? lastRange(key) : fixedRange(nowMs - (to - from), nowMs);
  }
  return fixedRange(from + shift, to + shift);
}

/**
 * Zooms around the middle of a fixed range, or towards the current time of a range that follows it. The end
 * does not pass the current time, unless the range did before.
 */
export function zoom(range: Range, factor: number, nowMs: number): Range {
  const { from, to } = boundsOf(range, nowMs);
  const length = (to - from) * factor;
  if (range.kind === 'last') return fixedRange(to - length, to);
  const middle = (from + to) / 2;
  return fixedRange(middle - length / 2, Math.min(middle + length / 2, Math.max(nowMs, to)));
}

function readTime(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
