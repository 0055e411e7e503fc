import { BAND_KEYS, type BandKey } from '../vitals/news2';
import type { WardFilter } from '../ward/acuity';

export const RANGES = {
  '15m': { label: 'Live 15 min', short: '15 min', ms: 900_000 },
  '1h': { label: '1 h', short: '1 h', ms: 3_600_000 },
  '6h': { label: '6 h', short: '6 h', ms: 21_600_000 },
  '24h': { label: '24 h', short: '24 h', ms: 86_400_000 },
  '7d': { label: '7 d', short: '7 d', ms: 604_800_000 },
} as const;

export type RangeKey = keyof typeof RANGES;
export const RANGE_KEYS = Object.keys(RANGES) as RangeKey[];

/** What a patient page shows: the last so-and-so much, following the present, or a fixed stretch. */
export type Range = { kind: 'last'; key: RangeKey; ms: number } | { kind: 'fixed'; from: number; to: number };

/** The shortest stretch that a chart can show something in. */
export const MIN_SPAN_MS = 10_000;
export const MAX_SPAN_MS = 366 * 86_400_000;

export const lastRange = (key: RangeKey): Range => ({ kind: 'last', key, ms: RANGES[key].ms });

/** Reads the range of a patient page; anything that makes no sense is the default. */
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

/** A fixed range, widened or narrowed to what can be shown. */
export function fixedRange(from: number, to: number): Range {
  const middle = (from + to) / 2;
  const half = Math.min(Math.max(to - from, MIN_SPAN_MS), MAX_SPAN_MS) / 2;
  return { kind: 'fixed', from: Math.max(0, Math.round(middle - half)), to: Math.round(middle + half) };
}

export function boundsOf(range: Range, nowMs: number): { from: number; to: number } {
  return range.kind === 'fixed' ? { from: range.from, to: range.to } : { from: nowMs - range.ms, to: nowMs };
}

/** Moves by a share of the range's length; what would reach into the future follows the present again. */
export function pan(range: Range, share: number, nowMs: number): Range {
  const { from, to } = boundsOf(range, nowMs);
  const shift = (to - from) * share;
  if (to + shift >= nowMs) {
    const key = RANGE_KEYS.find((known) => Math.abs(RANGES[known].ms - (to - from)) < 1_000);
    return key ? lastRange(key) : fixedRange(nowMs - (to - from), nowMs);
  }
  return fixedRange(from + shift, to + shift);
}

/** Zooms around the middle of a fixed range, or towards the present of one that follows it. */
export function zoom(range: Range, factor: number, nowMs: number): Range {
  const { from, to } = boundsOf(range, nowMs);
  const length = (to - from) * factor;
  if (range.kind === 'last') return fixedRange(to - length, to);
  const middle = (from + to) / 2;
  return fixedRange(middle - length / 2, Math.min(middle + length / 2, nowMs));
}

function readTime(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

export function readWardFilter(query: URLSearchParams): WardFilter {
  const band = query.get('band');
  return {
    ward: query.get('ward') ?? '',
    text: query.get('q') ?? '',
    band: BAND_KEYS.find((known: BandKey) => known === band) ?? '',
  };
}

export function wardQuery(filter: WardFilter): Record<string, string> {
  return { ward: filter.ward, q: filter.text, band: filter.band };
}

/** A query with some keys changed; an empty value takes the key out. Keys keep their order. */
export function mergeQuery(search: string, changes: Record<string, string>): string {
  const query = new URLSearchParams(search);
  for (const [key, value] of Object.entries(changes)) {
    if (value === '') query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}
