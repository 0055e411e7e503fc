import { number } from '../format/numbers';
import type { Limits } from '../wire/Limits';
import type { Measured } from '../wire/Measured';
import type { News2Part } from '../wire/News2Part';
import type { PatientState } from '../wire/PatientState';
import type { VitalName } from '../wire/VitalName';

/** Display properties of a vital. The server sends its limits. */
export type VitalFacts = {
  /** Two to four letters, for a tile. */
  short: string;
  label: string;
  unit: string;
  decimals: number;
  /** Age beyond which the value no longer represents the patient's current state. */
  staleAfterMs: number;
  /** Longest gap that a chart line bridges. */
  bridgeMs: number;
  /** Measured intermittently (cuff, thermometer) instead of continuously. */
  intermittent: boolean;
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const continuous = { staleAfterMs: 10 * SECOND, bridgeMs: 90 * SECOND, intermittent: false };
const cuff = { staleAfterMs: 30 * MINUTE, bridgeMs: 2 * HOUR, intermittent: true };

export const VITALS: Record<VitalName, VitalFacts> = {
  heart_rate: { short: 'HR', label: 'Heart rate', unit: '/min', decimals: 0, ...continuous },
  pulse: { short: 'Pulse', label: 'Pulse', unit: '/min', decimals: 0, ...continuous },
  spo2: { short: 'SpO₂', label: 'Oxygen saturation', unit: '%', decimals: 0, ...continuous },
  respiratory_rate: { short: 'RR', label: 'Respiratory rate', unit: '/min', decimals: 0, ...continuous },
  systolic: { short: 'SYS', label: 'Systolic pressure', unit: 'mmHg', decimals: 0, ...cuff },
  diastolic: { short: 'DIA', label: 'Diastolic pressure', unit: 'mmHg', decimals: 0, ...cuff },
  temperature: {
    short: 'Temp',
    label: 'Temperature',
    unit: '°C',
    decimals: 1,
    staleAfterMs: 5 * HOUR,
    bridgeMs: 12 * HOUR,
    intermittent: true,
  },
};

/** All vitals, in the order of a bedside monitor. */
export const VITAL_NAMES: readonly VitalName[] = [
  'heart_rate',
  'pulse',
  'spo2',
  'respiratory_rate',
  'systolic',
  'diastolic',
  'temperature',
];

export type LimitsByVital = Partial<Record<VitalName, Limits>>;

export function limitsByVital(list: readonly Limits[]): LimitsByVital {
  return Object.fromEntries(list.map((limits) => [limits.vital, limits]));
}

/** Number of decimals: the server's, or the default before the limits are loaded. */
export function decimalsOf(vital: VitalName, limits?: LimitsByVital): number {
  return limits?.[vital]?.decimals ?? VITALS[vital].decimals;
}

/** The limits of a patient's vital: individual ones or those of the age, else those of every adult. */
export function limitsOf(patient: Pick<PatientState, 'limits'>, vital: VitalName, limits: LimitsByVital): Limits | undefined {
  const common = limits[vital];
  const own = patient.limits?.[vital];
  return common && own ? { ...common, ...own } : common;
}

/** Returns true if a value lies outside limits that were set for the patient or the age. */
export function breachesOwnLimits(patient: PatientState): boolean {
  return VITAL_NAMES.some((vital) => {
    const own = patient.limits?.[vital];
    const value = patient.vitals[vital]?.value;
    if (!own || value === undefined) return false;
    return (own.low !== null && value < own.low) || (own.high !== null && value > own.high);
  });
}

export type Breach = { side: 'low' | 'high'; sign: '▲' | '▼'; limit: number };

/** The limit that a value exceeds, if any. A value equal to the limit does not exceed it. */
export function breachOf(value: number, limits: Limits | undefined): Breach | null {
  if (!limits) return null;
  if (limits.high !== null && value > limits.high) return { side: 'high', sign: '▲', limit: limits.high };
  if (limits.low !== null && value < limits.low) return { side: 'low', sign: '▼', limit: limits.low };
  return null;
}

/** The limit that a patient's present value exceeds, if any. A doubted value is no fact to compare with a limit. */
export function breachIn(patient: PatientState, vital: VitalName, limits: LimitsByVital): Breach | null {
  const measured = patient.vitals[vital];
  return measured && !measured.flagged ? breachOf(measured.value, limitsOf(patient, vital, limits)) : null;
}

/** The vital displayed as the rate: the oximeter's pulse if it replaces the ECG's heart rate. */
export function rateVital(patient: PatientState): 'heart_rate' | 'pulse' {
  const scored = patient.news2.parts.find((part) => part.name === 'pulse')?.vital;
  if (scored === 'pulse' || scored === 'heart_rate') return scored;
  return !patient.vitals.heart_rate && patient.vitals.pulse ? 'pulse' : 'heart_rate';
}

/** The part of NEWS2 to which a vital contributes. Diastolic pressure contributes to none. */
export const PART_OF: Partial<Record<VitalName, News2Part['name']>> = {
  heart_rate: 'pulse',
  pulse: 'pulse',
  spo2: 'spo2',
  respiratory_rate: 'respiratory_rate',
  systolic: 'systolic',
  temperature: 'temperature',
};

/** A value as text. A doubted one is shown as it was sent: 0.97, not 1. */
export function valueText(measured: Measured | undefined, decimals: number): string {
  return measured?.flagged ? asSent(measured.value) : number(measured?.value, decimals);
}

/** A doubted value: rounded, it could look like another. */
export const asSent = (value: number): string => number(value, Number.isInteger(value) ? 0 : 2);
