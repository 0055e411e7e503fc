import { count } from '../format/numbers';
import { VITAL_NAMES, VITALS } from '../vitals/catalog';
import type { History } from '../wire/History';
import type { HistoryDevice } from '../wire/HistoryDevice';
import type { Measured } from '../wire/Measured';
import type { PatientState } from '../wire/PatientState';
import type { VitalName } from '../wire/VitalName';

/** A device in words. */
export const deviceName = (id: string | null): string => id ?? 'a device without an id';

/** The device of a value. The server names it only where the patient has several. */
export function deviceOf(patient: PatientState, measured: Measured): string | null {
  return measured.device_id ?? (patient.devices.length === 1 ? (patient.devices[0]?.device_id ?? null) : null);
}

/** The devices behind the values of a history. */
export function devicesIn({ device, devices }: History): HistoryDevice[] {
  return device === null ? devices : devices.filter((one) => one.device_id === device);
}

/** The devices with values of `vital` in the range. */
export const sourcesOf = (devices: readonly HistoryDevice[], vital: VitalName): HistoryDevice[] =>
  devices.filter((device) => (device.values[vital] ?? 0) > 0);

/** Each vital that several devices measured in the range, with the number of the values of each device. */
export function severalDevices(devices: readonly HistoryDevice[]): string[] {
  return VITAL_NAMES.flatMap((vital) => {
    const sources = sourcesOf(devices, vital);
    if (sources.length < 2) return [];
    const named = sources.map((device) => `${deviceName(device.device_id)} (${count(device.values[vital] ?? 0)})`);
    return [`${VITALS[vital].short}: ${named.join(', ')}`];
  });
}
