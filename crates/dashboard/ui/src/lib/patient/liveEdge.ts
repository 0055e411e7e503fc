import { VITAL_NAMES } from '../vitals/catalog';
import { sizeOf, storedBucket, type Chart } from './chart';
import { sourcesOf } from './devices';
import type { History } from '../wire/History';
import type { VitalName } from '../wire/VitalName';

/**
 * The time from which on a chart has live values of each vital that several devices measured, ms. Archived
 * values are averages over the devices; the stream has only the value that counts, that of one device.
 */
export function liveEdges(history: History | null, chart: Chart): Partial<Record<VitalName, number>> {
  if (!history || history.device !== null) return {};
  const last = history.time_ms.length - 1;
  const lastMs = history.time_ms[last] ?? -Infinity;
  return Object.fromEntries(
    VITAL_NAMES.filter((vital) => sourcesOf(history.devices, vital).length > 1).flatMap((vital) => {
      const stored = storedBucket(history, vital, last);
      const edge = chart.times.find((time, index) => {
        const bucket = chart.rows[index]?.[vital];
        // In the last bucket of the history, the source with more values has won.
        return bucket !== undefined && (time > lastMs || (time === lastMs && sizeOf(bucket) > (stored ? sizeOf(stored) : 0)));
      });
      return edge === undefined ? [] : [[vital, edge]];
    }),
  );
}
