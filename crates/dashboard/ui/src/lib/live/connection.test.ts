import { describe, expect, it } from 'vitest';
import { connectionState, FIRST_EVENT_TIMEOUT_MS, isLate, isTrusted, retryDelay, silentAfterMs, type Link } from './connection';

const HEARTBEAT_MS = 2_000;
const SILENT_MS = silentAfterMs(HEARTBEAT_MS);
const link = (part: Partial<Link>): Link => ({
  open: true,
  signedOut: false,
  lastByteMs: part.lastEventMs ?? 0,
  lastEventMs: 0,
  late: false,
  serverMs: part.lastEventMs ?? 0,
  sinceMs: 0,
  feedAlive: true,
  heartbeatMs: HEARTBEAT_MS,
  newestArrivalMs: 0,
  patientSilentAfterMs: 15_000,
  ...part,
});
const starting: Partial<Link> = { lastByteMs: null, lastEventMs: null, serverMs: null, heartbeatMs: null };

describe('connection state', () => {
  it.each<[string, Partial<Link>, number, string]>([
    ['a recent event', {}, 1_000, 'live'],
    ['just before the third heartbeat', {}, SILENT_MS - 1, 'late'],
    ['one missed heartbeat', {}, HEARTBEAT_MS * 2, 'live'],
    ['three missed heartbeats', {}, SILENT_MS, 'silent'],
    ['no event yet', starting, SILENT_MS, 'connecting'],
    ['no event until the first timeout', { ...starting, open: false }, FIRST_EVENT_TIMEOUT_MS, 'silent'],
    ['a broken connection', { open: false }, 3_000, 'reconnecting'],
    ['a broken connection after three missed heartbeats', { open: false }, SILENT_MS, 'silent'],
    ['the dashboard lost its feed', { feedAlive: false }, 1_000, 'feed-down'],
    ['bytes of a slow first snapshot', { ...starting, lastByteMs: 59_000 }, 60_000, 'connecting'],
    ['bytes that complete no event', { lastByteMs: 59_000, serverMs: 59_000, newestArrivalMs: 59_000 }, 60_000, 'live'],
    ['a stream that is late', { late: true }, 1_000, 'late'],
    ['events that stay away', { lastEventMs: 3_000, serverMs: 0 }, HEARTBEAT_MS + 3_001, 'late'],
    ['a late stream without readings', { lastEventMs: 60_000, late: true, newestArrivalMs: 0 }, 60_000, 'late'],
    ['a sign-in page instead of the stream', { signedOut: true, open: false }, 60_000, 'signed-out'],
    ['no reading yet', { lastEventMs: 60_000, newestArrivalMs: null }, 60_000, 'live'],
    ['a reading within the limit', { lastEventMs: 17_000 }, 17_000, 'live'],
    ['no reading from any patient', { lastEventMs: 17_001 }, 17_001, 'no-readings'],
    ['no reading because the feed is down', { lastEventMs: 60_000, feedAlive: false }, 60_000, 'feed-down'],
  ])('%s', (_, part, now, state) => expect(connectionState(link(part), now, now)).toBe(state));

  it('compares the newest arrival with the clock of the server', () => {
    const state = (serverNowMs: number): string => connectionState(link({ newestArrivalMs: 3_600_000 }), 1_000, serverNowMs);
    expect([state(3_617_000), state(3_617_001)]).toEqual(['live', 'no-readings']);
  });

  it('trusts values only while live or connecting', () => {
    const states = ['live', 'connecting', 'late', 'no-readings', 'feed-down', 'reconnecting', 'silent', 'signed-out'] as const;
    expect(states.filter(isTrusted)).toEqual(['live', 'connecting']);
  });

  it('becomes late above three seconds, and in time again below two', () => {
    const lags = [500, 2_900, 3_100, 2_500, 1_900, 2_500];
    const seen: boolean[] = [];
    for (const lag of lags) seen.push(isLate(lag, seen.at(-1) ?? false));
    expect(seen).toEqual([false, false, true, true, false, false]);
  });

  it('backs off exponentially, up to 30 s', () => {
    expect([0, 1, 2, 20].map((attempt) => retryDelay(attempt, 1))).toEqual([1_000, 2_000, 4_000, 30_000]);
    expect(retryDelay(20, 0)).toBe(15_000);
  });
});
