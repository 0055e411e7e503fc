import { expect, it } from 'vitest';
import { WorstDevice } from './worstDevice';

it('names the device with the slowest reading of the last 30 s', () => {
  const devices = new WorstDevice();
  expect(devices.worst(0)).toBeNull();
  devices.add('a', 40, 0);
  devices.add('b', 900, 1_000);
  devices.add('b', 50, 2_000);
  expect(devices.worst(2_000)).toEqual({ device: 'b', ms: 900 });
  devices.add('a', 60, 32_000);
  expect(devices.worst(32_000)).toEqual({ device: 'a', ms: 60 });
  expect(devices.worst(90_000)).toBeNull();
});
