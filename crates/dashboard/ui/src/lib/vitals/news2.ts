import type { News2Part } from '../wire/News2Part';
import { fullTime, type Zone } from '../format/time';
import type { News2State } from '../wire/News2State';
import type { ScalePrescription } from '../wire/ScalePrescription';

export type Band = NonNullable<News2State['band']>;
/** A band, `incomplete` for a lower bound that reaches none above low, or `not_applicable`. */
export type BandKey = Band | 'incomplete' | 'not_applicable';

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
  incomplete: { key: 'incomplete', label: 'Incomplete', sign: '?', response: 'Measure the missing parts to complete the score', rank: 1 },
  not_applicable: { key: 'not_applicable', label: 'No NEWS2', sign: '', response: 'NEWS2 is not for people under 16 or in pregnancy', rank: 1.5 },
};

/** The bands in falling order of acuity, then the scores without one. */
export const BAND_KEYS: readonly BandKey[] = ['high', 'medium', 'low_medium', 'low', 'incomplete', 'not_applicable'];

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

/** The band that colours a patient: the rank. A lower bound that reaches no band above low says nothing yet. */
export function bandKey(news2: News2State): BandKey {
  if (news2.rank === null) return 'not_applicable';
  return news2.rank.band === 'low' && isIncomplete(news2) ? 'incomplete' : news2.rank.band;
}

/** Returns true if a part is missing: a second mark beside the band of the lower bound. */
export function isIncomplete(news2: News2State): boolean {
  return news2.rank !== null && news2.total === null;
}

/** Returns true if the displayed band is not the one of the score beside it. */
export function isMarked({ rank }: News2State): boolean {
  return rank !== null && rank.basis !== 'inputs';
}

/** The displayed band, with a mark if the score beside it is in another one. */
export function bandText(news2: News2State): string {
  const { rank } = news2;
  if (rank === null || rank.basis === 'inputs') return BANDS[bandKey(news2)].label;
  return `${rank.basis === 'held' ? 'held' : 'raised'} ${BANDS[rank.band].label}`;
}

/** The reason that the displayed band is not the one of the score; empty if it is. */
export function markSentence({ rank }: News2State): string {
  if (rank === null || rank.basis === 'inputs') return '';
  const band = BANDS[rank.band].label.toLowerCase();
  return rank.basis === 'held' ? `held at ${band} until another band has lasted` : `raised to ${band} by a condition`;
}

/** The required response: while a band is held, that of the more urgent one. */
export function responseText(news2: News2State): string {
  const shown = BANDS[bandKey(news2)];
  const reached = BANDS[news2.band ?? 'low'];
  return isMarked(news2) && reached.rank > shown.rank ? reached.response : shown.response;
}

export function missingParts(news2: News2State): News2Part[] {
  return news2.parts.filter((part) => part.score === null);
}

/** The prescription of the SpO2 scale as a sentence. */
export function prescription({ scale, by, at_ms, reason }: ScalePrescription, zone: Zone): string {
  return `SpO₂ scale ${scale}, prescribed by ${by || 'unknown'} on ${fullTime(at_ms, zone)}${reason ? `: ${reason}` : ''}`;
}

/** Text of the badge: the total, or a lower bound marked as such. */
export function scoreText(news2: News2State): string {
  if (news2.rank === null) return '–';
  return news2.total === null ? `≥${news2.partial}` : String(news2.total);
}

/** Reasons that NEWS2 does not apply. */
export const NOT_APPLICABLE: Record<NonNullable<News2State['not_applicable']>, string> = { under16: 'under 16', pregnancy: 'pregnant' };

/** The score as a sentence, for labels. */
export function scoreSentence(news2: News2State): string {
  const band = BANDS[bandKey(news2)];
  if (news2.not_applicable !== null) return `NEWS2 does not apply: ${NOT_APPLICABLE[news2.not_applicable]}`;
  const mark = markSentence(news2);
  if (news2.total !== null || news2.rank === null) {
    const reached = mark ? `${BANDS[news2.band ?? 'low'].label.toLowerCase()} (${mark})` : band.label.toLowerCase();
    return `NEWS2 ${news2.total ?? '–'}, ${reached}`;
  }
  const names = missingParts(news2).map((part) => PARTS[part.name].label.toLowerCase());
  const reached = mark ? `, ${mark}` : band.key === 'incomplete' ? '' : `, ${band.label.toLowerCase()}${news2.rank.as_of_ms === null ? '' : ' by its last known values'}`;
  return `NEWS2 incomplete, at least ${news2.partial}${reached}; missing: ${names.join(', ') || 'unknown'}`;
}
