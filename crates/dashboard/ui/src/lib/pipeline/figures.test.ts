import { describe, expect, it } from 'vitest';
import { bytes, current, extentText, FIGURES, healthOf, sparkSegments, usedShare } from './figures';
import type { ServiceReport } from '../wire/ServiceReport';

const service = (health: 'up' | 'down', ready: boolean): ServiceReport => ({ service: 'consumer', url: '', health, ready, reasons: [], checked_ms: 0, responded_ms: null });

describe('pipeline figures', () => {
  it('shows no value that the last point lacks', () => {
    expect(current({ figure: 'lag', values: [3, 7] })).toBe(7);
    expect(current({ figure: 'lag', values: [3, null] })).toBeNull();
    expect(current(undefined)).toBeNull();
  });

  it('names the extent of the known values', () => {
    expect(extentText({ figure: 'lag', values: [3, null, 7] })).toBe('3 to 7');
    expect(extentText({ figure: 'lake_delay', values: [900] })).toBe('900 ms to 900 ms');
    expect(['lag', 'produced', 'lake_delay'].map((figure) => extentText({ figure: figure as 'lag', values: [null] }))).toEqual(Array(3).fill('no values'));
    expect(extentText({ figure: 'lag', values: [] })).toBe('no values');
  });

  it('breaks a line where values are unknown', () => {
    expect(sparkSegments([0, 10, 20, 30], [0, 10, null, 5], 60, 20)).toEqual(['0.0,20.0 20.0,0.0', '60.0,10.0 60.0,10.0']);
    expect(sparkSegments([], [], 60, 20)).toEqual([]);
    expect(sparkSegments([5], [0], 60, 20)).toEqual(['0.0,20.0 0.0,20.0']);
  });

  it('tells a service that is down from one that is not ready', () => {
    expect([service('up', true), service('up', false), service('down', false)].map(healthOf)).toEqual(['ready', 'unready', 'down']);
  });

  it('has units', () => {
    expect([bytes(null), bytes(0), bytes(1_536), bytes(5 * 2 ** 30), bytes(200 * 2 ** 20)]).toEqual(['–', '0 B', '1.5 KiB', '5.0 GiB', '200 MiB']);
    expect([FIGURES.predictions.text(0), FIGURES.predictions.text(1 / 30)]).toEqual(['0.0 /s', '< 0.1 /s']);
    expect([FIGURES.produced.text(3.25), FIGURES.lag.text(12_000), FIGURES.lake_delay.text(5_179)]).toEqual(['3.3 /s', '12\u202f000', '5.2 s']);
  });
});

it('counts the storage as used to which nothing can be written', () => {
  // A file system that reserves 5 of 100 blocks is full once 95 are used.
  expect(usedShare({ capacity_bytes: 100, remaining_bytes: 0 })).toBe(1);
  expect(usedShare({ capacity_bytes: 100, remaining_bytes: 75 })).toBe(0.25);
  expect([usedShare({ capacity_bytes: null, remaining_bytes: null }), usedShare({ capacity_bytes: 100, remaining_bytes: null })]).toEqual([null, null]);
});
