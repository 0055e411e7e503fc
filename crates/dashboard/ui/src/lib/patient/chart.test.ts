import { describe, expect, it } from 'vitest';
import { bucketFor, bucketSamples, mergeChart, pushSample, SAMPLES, vitalsIn, withGaps, type LiveSamples } from './chart';
import { chartCsv, csvName } from './chartCsv';
import { statistics } from './statistics';
import type { History } from '../wire/History';

const history: History = {
  patient_id: 'p',
  from_ms: 0,
  to_ms: 30_000,
  bucket_ms: 10_000,
  time_ms: [0, 10_000],
  series: { heart_rate: { min: [60, 70], avg: [65, 75], max: [70, 80], count: [10, 2] }, spo2: { min: [null, 95], avg: [null, 96], max: [null, 97], count: [0, 3] } },
  rows: 13,
  archived_up_to: { time_ms: 0, complete: true },
};
const live: LiveSamples = { heart_rate: [12, 15, 18, 25].map((second) => ({ time: second * 1_000, value: second })) };

describe('merged chart', () => {
  const chart = mergeChart(history, live, 0, 30_000, 600);

  it('continues with live samples after the history', () => {
    expect(chart.times).toEqual([0, 10_000, 20_000]);
    expect(chart.rows[2]).toEqual({ heart_rate: { min: 25, avg: 25, max: 25, count: 1 } });
  });

  it('prefers the source with more readings in a bucket', () => {
    expect(chart.rows[0]?.heart_rate).toEqual({ min: 60, avg: 65, max: 70, count: 10 });
    expect(chart.rows[1]?.heart_rate).toEqual({ min: 12, avg: 15, max: 18, count: 3 });
    expect(chart.rows[0]?.spo2).toBeUndefined();
    expect(chart.rows[1]?.spo2?.avg).toBe(96);
  });

  it('excludes buckets outside the range', () => {
    expect(mergeChart(history, live, 10_000, 19_000, 600).times).toEqual([10_000]);
  });

  it('works without a history', () => {
    const alone = mergeChart(null, live, 0, 30_000, 3);
    expect([alone.bucketMs, alone.times]).toEqual([10_000, [10_000, 20_000]]);
    expect(mergeChart(null, {}, 0, 1, 600)).toEqual({ bucketMs: 1_000, times: [], rows: [] });
  });

  it('has statistics over readings, not over buckets', () => {
    expect(statistics(chart, 'heart_rate')).toEqual({ count: 14, min: 12, max: 70, mean: (650 + 45 + 25) / 14 });
    expect(statistics(chart, 'temperature')).toBeNull();
    expect(vitalsIn(chart)).toEqual(['heart_rate', 'spo2']);
  });

  it('exports one CSV line per bucket', () => {
    const lines = chartCsv('p 患者', chart, {}).split('\r\n');
    expect(lines[0]).toBe(
      'patient_id,bucket_start,bucket_start_ms,bucket_ms,heart_rate_min,heart_rate_avg,heart_rate_max,heart_rate_count,spo2_min,spo2_avg,spo2_max,spo2_count',
    );
    expect(lines[1]).toBe('p 患者,1970-01-01T00:00:00.000Z,0,10000,60,65,70,10,,,,0');
    expect(lines).toHaveLength(5);
    expect(csvName('a/b c', 0, 60_000)).toBe('a_b_c_19700101T000000Z_19700101T000100Z.csv');
    expect(csvName('患者甲', 0, 60_000)).not.toBe(csvName('患者乙', 0, 60_000));
  });
});

describe('live samples', () => {
  it('are ordered, unique and bounded', () => {
    const samples: LiveSamples = {};
    expect(pushSample(samples, 'spo2', { time: 5, value: 97 })).toBe(true);
    expect(pushSample(samples, 'spo2', { time: 5, value: 96 })).toBe(false);
    for (let time = 6; time < 20_000; time += 1) pushSample(samples, 'spo2', { time, value: 97 });
    expect(samples.spo2?.length).toBeLessThanOrEqual(SAMPLES + 200);
    expect(samples.spo2?.at(-1)?.time).toBe(19_999);
  });

  it('are aligned to the buckets of the history', () => {
    expect([...bucketSamples([{ time: 17, value: 1 }], 10, 3).keys()]).toEqual([13]);
    expect([...bucketSamples([{ time: 1, value: 1 }], 10, 3).keys()]).toEqual([-7]);
  });
});

it('rounds bucket lengths to whole seconds', () => expect([bucketFor(900_000, 600), bucketFor(60_000, 600)]).toEqual([2_000, 1_000]));

it('breaks lines at missing buckets', () => {
  const gapped = withGaps({ bucketMs: 10, times: [0, 10, 50], rows: [{}, {}, {}] });
  expect(gapped.times).toEqual([0, 10, 20, 50]);
});
