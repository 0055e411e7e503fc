import { describe, expect, it } from 'vitest';
import { bucketFor, bucketSamples, doubtedText, hasDoubts, mergeChart, pushSample, SAMPLES, vitalsIn, withGaps, type LiveSamples, type Sample } from './chart';
import { chartCsv, csvName } from './chartCsv';
import { statistics } from './statistics';
import type { History } from '../wire/History';

const history: History = {
  patient_id: 'p',
  from_ms: 0,
  to_ms: 30_000,
  bucket_ms: 10_000,
  time_ms: [0, 10_000],
  series: {
    heart_rate: { min: [60, 70], avg: [65, 75], max: [70, 80], count: [10, 2], doubted: null },
    spo2: { min: [null, 95], avg: [null, 96], max: [null, 97], count: [0, 3], doubted: { min: [0.97, null], max: [28, null], count: [2, 0] } },
  },
  rows: 13,
  archived_up_to: { time_ms: 0, complete: true },
  device: null,
  devices: [],
};
const sample = (time: number, value: number, doubted = false): Sample => ({ time, value, doubted });
const live: LiveSamples = { heart_rate: [12, 15, 18, 25].map((second) => sample(second * 1_000, second)) };

describe('merged chart', () => {
  const chart = mergeChart(history, live, 0, 30_000, 600);

  it('continues with live samples after the history', () => {
    expect(chart.times).toEqual([0, 10_000, 20_000]);
    expect(chart.rows[2]).toEqual({ heart_rate: { accepted: { min: 25, avg: 25, max: 25, count: 1 }, doubted: null } });
  });

  it('prefers the source with more readings in a bucket', () => {
    expect(chart.rows[0]?.heart_rate?.accepted).toEqual({ min: 60, avg: 65, max: 70, count: 10 });
    expect(chart.rows[1]?.heart_rate?.accepted).toEqual({ min: 12, avg: 15, max: 18, count: 3 });
    expect(chart.rows[0]?.temperature).toBeUndefined();
    expect(chart.rows[1]?.spo2?.accepted?.avg).toBe(96);
    const doubted = { heart_rate: [sample(1_000, 8, true), sample(11_000, 8, true), sample(11_500, 9), sample(11_700, 6, true)] };
    expect(mergeChart(history, doubted, 0, 30_000, 600).rows.map((row) => row.heart_rate?.doubted)).toEqual([null, { min: 6, max: 8, count: 2 }]);
  });

  it('draws no archived value at a second time', () => {
    // The first live value came before the error of its clock was known.
    const misplaced = { temperature: [sample(2_000, 37), sample(12_000, 37)] };
    expect(mergeChart(history, misplaced, 0, 30_000, 600).rows.map((row) => row.temperature?.accepted?.count)).toEqual([undefined, 1]);
  });

  it('has only live values of a chosen device', () => {
    const samples = { pulse: [sample(21_000, 70), { ...sample(22_000, 80), device: 'oxi-2' }, { ...sample(23_000, 90), device: null }] };
    const counts = (device: string) => mergeChart(null, samples, 0, 30_000, 3, device).rows.map((row) => row.pulse?.accepted);
    expect(counts('oxi-2')).toEqual([{ min: 80, avg: 80, max: 80, count: 1 }]);
    expect(counts('').map((one) => one?.count)).toEqual([3]);
    expect(counts('mon-1')).toEqual([]);
  });

  it('has the doubted values beside the others', () => {
    expect(chart.rows.map((row) => row.spo2)).toEqual([
      { accepted: null, doubted: { min: 0.97, max: 28, count: 2 } },
      { accepted: { min: 95, avg: 96, max: 97, count: 3 }, doubted: null },
      undefined,
    ]);
    expect([hasDoubts(chart), hasDoubts(mergeChart(null, live, 0, 30_000, 3))]).toEqual([true, false]);
    expect([chart.rows[0]?.spo2?.doubted, { min: 8, max: 8, count: 5 }].map((one) => one && doubtedText(one))).toEqual(['check 0.97–28', 'check 8']);
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
    expect(statistics(chart, 'heart_rate')).toEqual({ count: 14, doubted: 0, min: 12, max: 70, mean: (650 + 45 + 25) / 14 });
    expect(statistics(chart, 'spo2')).toEqual({ count: 3, doubted: 2, min: 95, max: 97, mean: 96 });
    const alone = mergeChart(null, { pulse: [sample(1_000, 8, true)] }, 0, 30_000, 3);
    expect(statistics(alone, 'pulse')).toEqual({ count: 0, doubted: 1, min: null, max: null, mean: null });
    expect(statistics(chart, 'temperature')).toBeNull();
    expect(vitalsIn(chart)).toEqual(['heart_rate', 'spo2']);
  });

  it('exports one CSV line per bucket', () => {
    const lines = chartCsv('p 患者', chart, {}, ['mon-1', null]).split('\r\n');
    expect(lines[0]).toBe(
      'patient_id,devices,bucket_start,bucket_start_ms,bucket_ms,' +
        'heart_rate_min,heart_rate_avg,heart_rate_max,heart_rate_count,heart_rate_doubted_min,heart_rate_doubted_max,heart_rate_doubted_count,' +
        'spo2_min,spo2_avg,spo2_max,spo2_count,spo2_doubted_min,spo2_doubted_max,spo2_doubted_count',
    );
    expect(lines[1]).toBe('p 患者,mon-1; a device without an id,1970-01-01T00:00:00.000Z,0,10000,60,65,70,10,,,0,,,,0,0.97,28,2');
    expect(lines).toHaveLength(5);
    expect(csvName('a/b c', 0, 60_000)).toBe('a_b_c_19700101T000000Z_19700101T000100Z.csv');
    expect(csvName('患者甲', 0, 60_000)).not.toBe(csvName('患者乙', 0, 60_000));
  });
});

describe('live samples', () => {
  it('are ordered, unique and bounded', () => {
    const samples: LiveSamples = {};
    expect(pushSample(samples, 'spo2', sample(5, 97))).toBe(true);
    expect(pushSample(samples, 'spo2', sample(5, 96))).toBe(false);
    for (let time = 6; time < 20_000; time += 1) pushSample(samples, 'spo2', sample(time, 97));
    expect(samples.spo2?.length).toBeLessThanOrEqual(SAMPLES + 200);
    expect(samples.spo2?.at(-1)?.time).toBe(19_999);
  });

  it('are aligned to the buckets of the history', () => {
    expect([...bucketSamples([sample(17, 1)], 10, 3).keys()]).toEqual([13]);
    expect([...bucketSamples([sample(1, 1)], 10, 3).keys()]).toEqual([-7]);
  });
});

it('rounds bucket lengths to whole seconds', () => expect([bucketFor(900_000, 600), bucketFor(60_000, 600)]).toEqual([2_000, 1_000]));

it('breaks lines at missing buckets', () => {
  const gapped = withGaps({ bucketMs: 10, times: [0, 10, 50], rows: [{}, {}, {}] });
  expect(gapped.times).toEqual([0, 10, 20, 50]);
});
