import { describe, expect, it } from 'vitest';
import { connectionState, isTrusted, retryDelay, SILENCE_MS, type Link } from './connection';

const link = (part: Partial<Link>): Link => ({ open: true, lastEventMs: 0, sinceMs: 0, feedAlive: true, ...part });

describe('connection', () => {
  it.each<[string, Partial<Link>, number, string]>([
    ['an event just now', {}, 1_000, 'live'],
    ['just before the third heartbeat', {}, SILENCE_MS - 1, 'live'],
    ['three missed heartbeats', {}, SILENCE_MS, 'silent'],
    ['nothing yet', { lastEventMs: null }, 1_000, 'connecting'],
    ['nothing at all for long', { lastEventMs: null, open: false }, SILENCE_MS, 'silent'],
    ['a broken connection', { open: false }, 3_000, 'reconnecting'],
    ['a broken connection for long', { open: false }, SILENCE_MS, 'silent'],
    ['the server lost its feed', { feedAlive: false }, 1_000, 'feed-down'],
  ])('%s', (_, part, now, state) => expect(connectionState(link(part), now)).toBe(state));

  it('trusts nothing that is not live', () => {
    expect(['live', 'connecting', 'feed-down', 'reconnecting', 'silent'].map((state) => isTrusted(state as never))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('tries again more and more slowly, up to half a minute', () => {
    expect([0, 1, 2, 20].map((attempt) => retryDelay(attempt, 1))).toEqual([1_000, 2_000, 4_000, 30_000]);
    expect(retryDelay(20, 0)).toBe(15_000);
  });
});
