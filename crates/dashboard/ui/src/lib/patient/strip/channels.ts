import type { VitalName } from '../../wire/VitalName';

/** A strip of the patient page: one vital, or both blood pressures. */
export type Channel = {
  id: string;
  label: string;
  unit: string;
  vitals: { vital: VitalName; color: string }[];
  /** Minimum span of the value axis, so that noise stays small. */
  minSpan: number;
};

export const CHANNELS: readonly Channel[] = [
  { id: 'heart_rate', label: 'Heart rate', unit: '/min', vitals: [{ vital: 'heart_rate', color: '--series-hr' }], minSpan: 40 },
  { id: 'spo2', label: 'SpO₂', unit: '%', vitals: [{ vital: 'spo2', color: '--series-spo2' }], minSpan: 12 },
  {
    id: 'respiratory_rate',
    label: 'Respiratory rate',
    unit: '/min',
    vitals: [{ vital: 'respiratory_rate', color: '--series-rr' }],
    minSpan: 16,
  },
  {
    id: 'blood_pressure',
    label: 'Blood pressure',
    unit: 'mmHg',
    vitals: [
      { vital: 'systolic', color: '--series-bp' },
      { vital: 'diastolic', color: '--series-dia' },
    ],
    minSpan: 60,
  },
  { id: 'temperature', label: 'Temperature', unit: '°C', vitals: [{ vital: 'temperature', color: '--series-temp' }], minSpan: 2 },
];

const PULSE: Channel = { id: 'heart_rate', label: 'Pulse', unit: '/min', vitals: [{ vital: 'pulse', color: '--series-hr' }], minSpan: 40 };

/** The strips of a patient whose rate comes from the ECG or from the oximeter. */
export function channelsFor(rate: 'heart_rate' | 'pulse'): readonly Channel[] {
  return rate === 'heart_rate' ? CHANNELS : CHANNELS.map((channel) => (channel.id === 'heart_rate' ? PULSE : channel));
}
