import { difference } from '../format/numbers';
import type { Condition } from '../wire/Condition';
import type { DeviceState } from '../wire/DeviceState';
import type { PatientState } from '../wire/PatientState';

export type Shown = Pick<Condition, 'priority' | 'text'>;

/** The error of a bedside clock in words; null if the clock is right. */
export function clockText(device: DeviceState): string | null {
  const offset = device.clock_offset_ms;
  if (offset === null) return null;
  return `${device.device_id ?? 'monitor'}: clock ${difference(offset)} ${offset < 0 ? 'ahead' : 'behind'}`;
}

/** The conditions of a patient, most urgent first, with the errors of the bedside clocks. */
export function conditionsOf(patient: PatientState): Shown[] {
  const clocks = patient.devices.map(clockText).filter((text) => text !== null);
  return [...patient.conditions, ...clocks.map((text): Shown => ({ priority: 'technical', text }))];
}
