import { describe, expect, it } from 'vitest';
import { connectionState, FIRST_EVENT_TIMEOUT_MS, isTrusted, retryDelay, silentAfterMs, type Link } from './connection';

const HEARTBEAT_MS = 2_000;
const SILENT_MS = silentAfterMs(HEARTBEAT_MS);
const link = (part: Partial<Link>): Link => ({
  open: true,
  lastEventMs: 0,
  sinceMs: 0,
  feedAlive: true,
  heartbeatMs: HEARTBEAT_MS,
  newestArrivalMs: 0,
  patientSilentAfterMs: 15_000,
  ...part,
});
const starting: Partial<Link> = { lastEventMs: null, heartbeatMs: null };

describe('connection state', () => {
  it.each<[string, Partial<Link>, number, string]>([
    ['a recent event', {}, 1_000, 'live'],
    ['just before the third heartbeat', {}, SILENT_MS - 1, 'live'],
    ['three missed heartbeats', {}, SILENT_MS, 'silent'],
    ['no event yet', starting, SILENT_MS, 'connecting'],
    ['no event until the first timeout', { ...starting, open: false }, FIRST_EVENT_TIMEOUT_MS, 'silent'],
    ['a broken connection', { open: false }, 3_000, 'reconnecting'],
    ['a broken connection after three missed heartbeats', { open: false }, SILENT_MS, 'silent'],
    ['the dashboard lost its feed', { feedAlive: false }, 1_000, 'feed-down'],
    ['no reading yet', { lastEventMs: 60_000, newestArrivalMs: null }, 60_000, 'live'],
    ['a reading within the limit', { lastEventMs: 17_000 }, 17_000, 'live'],
    ['no reading from any patient', { lastEventMs: 17_001 }, 17_001, 'no-readings'],
    ['no reading because the feed is down', { lastEventMs: 60_000, feedAlive: false }, 60_000, 'feed-down'],
  ])('%s', (_, part, now, state) => expect(connectionState(link(part), now)).toBe(state));

  it('trusts values only while live or connecting', () => {
    expect(['live', 'connecting', 'no-readings', 'feed-down', 'reconnecting', 'silent'].map((state) => isTrusted(state as never))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('backs off exponentially, up to 30 s', () => {
    expect([0, 1, 2, 20].map((attempt) => retryDelay(attempt, 1))).toEqual([1_000, 2_000, 4_000, 30_000]);
    expect(retryDelay(20, 0)).toBe(15_000);
  });
});
