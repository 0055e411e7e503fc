import { describe, expect, it } from 'vitest';
import { Subscriber } from './subscriber';
import type { FeedMessage } from './feed';
import { measured, patient, scored } from '../testing';
import type { PatientState } from '../wire/PatientState';
import type { WardUpdate } from '../wire/WardUpdate';

const reading = (id: string, rate: number): PatientState => patient(id, scored(0), { vitals: { heart_rate: measured(rate, 0) } });
const update = (...patients: PatientState[]): WardUpdate => ({ server_time_ms: 1, newest_arrival_ms: 1, watch_stopped_ms: null, patients });
const whole = { server_time_ms: 9, newest_arrival_ms: 9, watch_stopped_ms: null, settings: { heartbeat_ms: 1, trend_points: 1, patient_silent_after_ms: 1 }, patients: [], trends: {} };

function page(): { sent: FeedMessage[]; subscriber: Subscriber } {
  const sent: FeedMessage[] = [];
  return { sent, subscriber: new Subscriber((message) => sent.push(message), () => whole) };
}

const text = (message: FeedMessage | undefined): string => {
  if (message?.kind !== 'update') return message?.kind ?? '';
  return message.update.patients.map((one) => `${one.patient_id}=${one.vitals.heart_rate?.value}`).join(' ');
};

describe('a page of the feed', () => {
  it('gets a frame at once if it is ready', () => {
    const { sent, subscriber } = page();
    subscriber.update(update(reading('a', 70)), [], 0, 0);
    expect(sent.map(text)).toEqual(['a=70']);
  });

  it('gets the latest of each patient once it is ready again, and every escalation', () => {
    const { sent, subscriber } = page();
    const high = { patient: reading('a', 150), high: true, atMs: 5 };
    subscriber.update(update(reading('a', 70)), [], 0, 0);
    subscriber.update(update(reading('a', 150), reading('b', 60)), [high], 0, 100);
    subscriber.update(update(reading('a', 71)), [high], 0, 200);
    expect(sent).toHaveLength(1);
    subscriber.ready(300);
    expect(sent.map(text)).toEqual(['a=70', 'a=71 b=60']);
    expect(sent[1]).toMatchObject({ escalations: [high, high] });
  });

  it('gets many changes in slices, with the escalations in the last', () => {
    const { sent, subscriber } = page();
    const high = { patient: reading('p-0', 150), high: true, atMs: 5 };
    subscriber.update(update(...Array.from({ length: 120 }, (_, number) => reading(`p-${number}`, 70))), [high], 0, 0);
    expect(sent.map((message) => (message.kind === 'update' ? [message.update.patients.length, message.slice.index, message.escalations.length] : []))).toEqual([
      [50, 0, 0],
      [50, 1, 0],
      [20, 2, 1],
    ]);
    subscriber.update(update(reading('a', 70)), [], 0, 100);
    expect(sent).toHaveLength(3);
  });

  it('gets a snapshot after a long pause, so that nothing piles up', () => {
    const { sent, subscriber } = page();
    for (let second = 0; second < 3_600; second += 1) subscriber.update(update(reading('a', second)), [], 0, second * 1_000);
    subscriber.ready(3_600_000);
    expect(sent.map(text)).toEqual(['a=0', 'snapshot']);
  });
});
