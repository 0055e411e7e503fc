import type { News2Part } from '../wire/News2Part';
import type { News2State } from '../wire/News2State';

export type Band = NonNullable<News2State['band']>;
/** A band, or `incomplete` for a score with missing parts. */
export type BandKey = Band | 'incomplete';

export type BandFacts = {
  key: BandKey;
  label: string;
  /** Sign beside the colour, so that the band does not depend on colour alone. */
  sign: string;
  /** Clinical response required by the band (RCP 2017, chart 4). */
  response: string;
  rank: number;
};

export const BANDS: Record<BandKey, BandFacts> = {
  high: { key: 'high', label: 'High', sign: '***', response: 'Emergency: critical-care team, continuous monitoring', rank: 4 },
  medium: { key: 'medium', label: 'Medium', sign: '**', response: 'Urgent: clinician skilled in acute illness, at least hourly', rank: 3 },
  low_medium: { key: 'low_medium', label: 'Low–medium', sign: '*', response: 'Three in one part: inform the medical team, at least hourly', rank: 2 },
  low: { key: 'low', label: 'Low', sign: '', response: 'Routine, at least 4–6-hourly (12-hourly at zero)', rank: 1 },
  incomplete: { key: 'incomplete', label: 'Incomplete', sign: '?', response: 'Measure the missing parts to complete the score', rank: 0 },
};

/** The bands in falling order of acuity, then the incomplete score. */
export const BAND_KEYS: readonly BandKey[] = ['high', 'medium', 'low_medium', 'low', 'incomplete'];

export const PARTS: Record<News2Part['name'], { short: string; label: string }> = {
  respiratory_rate: { short: 'RR', label: 'Respiratory rate' },
  spo2: { short: 'SpO₂', label: 'Oxygen saturation' },
  air_or_oxygen: { short: 'O₂', label: 'Air or oxygen' },
  systolic: { short: 'SBP', label: 'Systolic pressure' },
  pulse: { short: 'HR', label: 'Pulse' },
  consciousness: { short: 'ACVPU', label: 'Consciousness' },
  temperature: { short: 'Temp', label: 'Temperature' },
};

export const CONSCIOUSNESS: Record<string, string> = {
  A: 'Alert',
  C: 'New confusion',
  V: 'Responds to voice',
  P: 'Responds to pain',
  U: 'Unresponsive',
};

/** Abbreviations for a tile. */
export const CONSCIOUSNESS_SHORT: Record<string, string> = { A: 'alert', C: 'conf.', V: 'voice', P: 'pain', U: 'none' };

export function bandKey(news2: News2State): BandKey {
  return news2.total === null || news2.band === null ? 'incomplete' : news2.band;
}

export function missingParts(news2: News2State): News2Part[] {
  return news2.parts.filter((part) => part.score === null);
}

/** The lowest band the complete score can have: missing parts only add to it. */
export function bandFloor(news2: News2State): Band {
  if (news2.band !== null && news2.total !== null) return news2.band;
  if (news2.partial >= 7) return 'high';
  if (news2.partial >= 5) return 'medium';
  return news2.parts.some((part) => part.score === 3) ? 'low_medium' : 'low';
}

/** Text of the badge: the total, or a lower bound marked as such. */
export function scoreText(news2: News2State): string {
  return news2.total === null ? `≥${news2.partial}` : String(news2.total);
}

/** The score as a sentence, for labels. */
export function scoreSentence(news2: News2State): string {
  const missing = missingParts(news2);
  if (news2.total === null) {
    const names = missing.map((part) => PARTS[part.name].label.toLowerCase()).join(', ');
    return `NEWS2 incomplete, at least ${news2.partial}; missing: ${names || 'unknown'}`;
  }
  return `NEWS2 ${news2.total}, ${BANDS[bandKey(news2)].label.toLowerCase()}`;
}
