import { LatencyWindow } from './latencyWindow';
import { WorstDevice, type Worst } from './worstDevice';
import type { PatientState } from '../wire/PatientState';

export type Latency = { p50: number | null; p95: number | null; worst: Worst | null };

export const NO_LATENCY: Latency = { p50: null, p95: null, worst: null };

/** Time without a turn of the page's event loop after which the page was frozen or suspended. */
const FROZEN_MS = 3_000;

/** Latency from the measurement to the display, without the time that the page itself was frozen. */
export class LatencyMeter {
  readonly #window = new LatencyWindow();
  readonly #devices = new WorstDevice();
  #turnMs: number | null = null;
  #resumedMs = -Infinity;

  /** Notes that the page runs at `nowMs`. Returns true if it was frozen before. */
  turn(nowMs: number): boolean {
    const frozen = this.#turnMs !== null && nowMs - this.#turnMs > FROZEN_MS;
    this.#turnMs = nowMs;
    if (frozen) this.resume(nowMs);
    return frozen;
  }

  /** Leaves out readings that arrived before `nowMs`: they waited for the page. */
  resume(nowMs: number): void {
    this.#resumedMs = nowMs;
  }

  /** Adds the readings displayed at `nowMs`. */
  add(patients: readonly PatientState[], nowMs: number): void {
    for (const patient of patients) {
      const device = patient.devices[patient.last_device];
      // The latency of a device with a wrong clock is unknown.
      if (!device || device.clock_offset_ms !== null || patient.last_arrival_ms < this.#resumedMs) continue;
      const ms = nowMs - patient.last_time_ms;
      this.#window.add(ms);
      this.#devices.add(device.device_id ?? patient.patient_id, ms, nowMs);
    }
  }

  read(nowMs: number): Latency {
    return { p50: this.#window.quantile(0.5), p95: this.#window.quantile(0.95), worst: this.#devices.worst(nowMs) };
  }
}
