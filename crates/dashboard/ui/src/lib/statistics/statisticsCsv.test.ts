import { expect, it } from 'vitest';
import { statisticsCsv } from './statisticsCsv';
import type { Statistics } from '../wire/Statistics';

const statistics: Statistics = {
  source: 'lake', server_time_ms: 60_000, from_ms: 0, to_ms: 60_000, ward: 'A, "B"',
  patients: 1, readings: 3, readings_per_minute: 3, bucket_ms: 60_000, monitored_ms: 50_000,
  rate: [{ time_ms: 0, readings: 3, per_minute: 3 }],
  bands: [{ band: 'low', duration_ms: 50_000 }],
  vitals: [
    { vital: 'temperature', completeness: 0.5, doubted: 1, distribution: { count: 3, mean: 37.1, min: 37, p5: 37, p25: 37, median: 37, p75: 37.3, p95: 37.3, max: 37.3, step: 0.1, first: 37, counts: [2, 0, 0, 1] } },
    { vital: 'pulse', completeness: null, doubted: 0, distribution: null },
  ],
  refused: [{ field: 'spo2', reason: 'out_of_range', device_id: '=cmd()', count: 2 }],
  refused_total: 2,
  rejected: [{ reason: 'not_json', device_id: null, count: 4 }],
  rejected_total: 4,
  archived_up_to: { time_ms: 59_000, complete: true },
};

it('has a line per figure, and no formula', () => {
  const lines = statisticsCsv(statistics).split('\r\n');
  expect(lines[0]).toBe('section,item,detail,device,figure,value');
  for (const line of [
    'summary,,,,ward,"A, ""B"""',
    'summary,,,,archived_up_to,1970-01-01T00:00:59.000Z',
    'summary,,,,to,1970-01-01T00:01:00.000Z',
    'rate,1970-01-01T00:00:00.000Z,,,readings,3',
    'band,low,,,duration_ms,50000',
    'vital,temperature,,,p75,37.3',
    'histogram,temperature,37.3,,count,1',
    'vital,pulse,,,completeness,',
    "refused,spo2,out_of_range,'=cmd(),count,2",
    'rejected,,not_json,,count,4',
  ]) {
    expect(lines, line).toContain(line);
  }
  expect(lines.filter((line) => line.startsWith('histogram'))).toHaveLength(2);
  expect(lines.at(-1)).toBe('');
});
