import { fullTime, type Zone } from './time';
import type { ArchivedUpTo } from '../wire/ArchivedUpTo';

/** `what` of a period that is not archived, and so missing from `where`; empty if nothing is. */
export function missingText(archived: ArchivedUpTo | null, what: string, where: string, zone: Zone): string {
  if (archived === null || archived.complete) return '';
  if (archived.time_ms === null) return `It is not known which ${what} are archived: some may be missing from ${where}.`;
  return `${what.charAt(0).toUpperCase()}${what.slice(1)} after ${fullTime(archived.time_ms, zone)} are not archived yet: they are missing from ${where}.`;
}
