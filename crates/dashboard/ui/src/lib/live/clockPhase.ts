/** Groups of tiles whose ages change in turns: those of a full screen at once would be one long task. */
export const CLOCK_PHASES = 20;

/** Interval between the updates of two groups, ms. */
export const PHASE_MS = 1_000 / CLOCK_PHASES;

/** Time between the arrival of a patient's reading and the update of the tile, ms: from the first on, within the second. */
const AFTER_MS = 200;
const SPREAD_MS = 400;

/**
 * The group of a patient's tile. Its ages are updated 0.2 to 0.6 s after a reading arrives: with a
 * reading every second the age is 0 then, and the text stays. Tiles whose readings arrive together
 * are in several groups.
 */
export function clockPhase(id: string, arrivalMs: number): number {
  return phaseAt(arrivalMs + AFTER_MS + (hash(id) % SPREAD_MS));
}

/** The group that is updated at a time. */
export function phaseAt(ms: number): number {
  return Math.floor((ms % 1_000) / PHASE_MS);
}

/** FNV-1a: the ids of neighbours differ in one digit, their hashes in most. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}
