import { breachOf, limitsOf, PART_OF, valueText, VITALS, type Breach, type LimitsByVital } from './catalog';
import { PARTS } from './news2';
import type { PatientState } from '../wire/PatientState';
import type { VitalName } from '../wire/VitalName';

/** Colour of a value: that of its part of NEWS2, so that number and part never disagree. */
export type Severity = 'none' | 'mild' | 'notable' | 'severe';

const BY_SCORE: readonly Severity[] = ['none', 'mild', 'notable', 'severe'];

/**
 * The severity of a value. The part of NEWS2 decides if it has a score of this vital; a vital without
 * a part, and a patient without NEWS2, is judged by the limits alone.
 */
export function severityOf(patient: PatientState, vital: VitalName, breach: Breach | null): Severity {
  const part = patient.news2.parts.find((one) => one.name === PART_OF[vital]);
  const scored = part && part.score !== null && (part.vital === null || part.vital === vital);
  if (scored) return BY_SCORE[part.score ?? 0] ?? 'none';
  return breach ? 'notable' : 'none';
}

/** The worse of two severities, for a pair of values. */
export function worse(one: Severity, other: Severity): Severity {
  return BY_SCORE.indexOf(one) >= BY_SCORE.indexOf(other) ? one : other;
}

/** The values and parts that explain an escalation, a value against its limit: `SpO₂ 84 % < 90`. */
export function reasons(patient: PatientState, limits: LimitsByVital): string[] {
  const found: { text: string; rank: number }[] = [];
  for (const [name, measured] of Object.entries(patient.vitals)) {
    const vital = name as VitalName;
    if (!measured) continue;
    const breach = breachOf(measured.value, limitsOf(patient, vital, limits));
    const severity = severityOf(patient, vital, breach);
    const { short, unit, decimals } = VITALS[vital];
    const value = `${short} ${valueText(measured, decimals)} ${unit}`;
    // A doubted value is no fact to compare with a limit.
    if (measured.flagged) found.push({ text: `${value} doubted`, rank: BY_SCORE.indexOf(severity) });
    else if (breach) found.push({ text: `${value} ${breach.side === 'high' ? '>' : '<'} ${breach.limit.toFixed(decimals)}`, rank: BY_SCORE.indexOf(severity) });
    else if (severity === 'severe' || severity === 'notable') found.push({ text: `${value} scores ${BY_SCORE.indexOf(severity)}`, rank: BY_SCORE.indexOf(severity) });
  }
  // Oxygen and consciousness have no value of a monitor.
  for (const { name, vital, score } of patient.news2.parts) {
    if (vital === null && score !== null && score >= 2) found.push({ text: `${PARTS[name].label} scores ${score}`, rank: score });
  }
  return found.sort((a, b) => b.rank - a.rank).map(({ text }) => text);
}
