import { expect, it } from 'vitest';
import { Alerts } from './alerts.svelte';
import { patient, scored } from '../testing';
import type { Escalation } from '../live/escalations';

const toHigh = (id: string, atMs: number): Escalation => ({ patient: patient(id, scored(8)), high: true, atMs });
const shown = (alerts: Alerts): string[] => alerts.list.map(({ id, atMs, times }) => `${id} ${atMs} ${times}`);

it('have the time of the change, however late the page learns of it', () => {
  const alerts = new Alerts();
  alerts.raise([toHigh('a', 1_000), toHigh('b', 14_000), { ...toHigh('c', 15_000), high: false }]);
  expect(shown(alerts)).toEqual(['b 14000 1', 'a 1000 1']);
});

it('stay dismissed if a page that slept learns of the change afterwards', () => {
  const alerts = new Alerts();
  alerts.dismiss([{ id: 'a', atMs: 1_000 }]);
  alerts.raise([toHigh('a', 1_000)]);
  expect(shown(alerts)).toEqual([]);
  alerts.raise([toHigh('a', 1_001)]);
  expect(shown(alerts)).toEqual(['a 1001 1']);
});

it('stay if the patient changed to High again after the one that was dismissed', () => {
  const alerts = new Alerts();
  alerts.raise([toHigh('a', 1_000), toHigh('a', 9_000), toHigh('b', 2_000)]);
  alerts.dismiss([{ id: 'a', atMs: 1_000 }, { id: 'b', atMs: 2_000 }]);
  expect(shown(alerts)).toEqual(['a 9000 2']);
});
