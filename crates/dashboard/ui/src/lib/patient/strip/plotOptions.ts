import uPlot from 'uplot';
import { axisLabels, type Zone } from '../../format/time';
import { canvasFont, cssColor, faded } from '../../page/canvasTheme';
import { decimalsOf, VITALS, type LimitsByVital } from '../../vitals/catalog';
import type { Limits } from '../../wire/Limits';
import type { Channel } from './channels';
import { COLUMNS, valueRange } from './plotData';
import { drawEdge, drawLimits } from './limitLines';

export type StripInput = {
  channel: Channel;
  /** From `drawnLimits`: those of the patient. */
  limits: LimitsByVital;
  zone: Zone;
  /** True for the lowest strip, which carries the labels of the shared time axis. */
  timeLabels: boolean;
  size: { width: number; height: number };
  /** Start of the live values of a vital that several devices measured. */
  edge: () => number | undefined;
  bounds: () => { from: number; to: number };
  onSelect: (from: number, to: number) => void;
  onCursor: (index: number | null) => void;
};

/** Widths of the value axis and of the labels of the limits, beside the plot, in CSS pixels. */
export const MARGINS = { left: 44, right: 72 };

/** All strips of the page share one cursor. */
export const SYNC_KEY = 'patient';

export function stripOptions(input: StripInput): uPlot.Options {
  const { channel, limits } = input;
  const own = channel.vitals.map(({ vital }) => limits[vital]).filter((limit): limit is Limits => limit !== undefined);
  return {
    ...input.size,
    ms: 1,
    tzDate: (ms) => (input.zone === 'utc' ? uPlot.tzDate(new Date(ms), 'Etc/UTC') : new Date(ms)),
    legend: { show: false },
    // Limit values are drawn to the right of the lines, where no reading covers them.
    padding: [8, MARGINS.right, input.timeLabels ? 0 : 8, 0],
    cursor: {
      sync: { key: SYNC_KEY },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      y: false,
    },
    scales: {
      x: { time: true, range: () => [input.bounds().from, input.bounds().to] },
      y: { range: (_, low, high) => valueRange(low, high, own, channel.minSpan) },
    },
    axes: axes(input),
    series: [{}, ...channel.vitals.flatMap((line) => seriesOf(line, limits))],
    bands: channel.vitals.flatMap(({ vital, color }, index) =>
      // No fill between two cuff readings: the values between them are unknown.
      VITALS[vital].intermittent
        ? []
        : [{ series: [index * COLUMNS + 3, index * COLUMNS + 1] as uPlot.Band.Bounds, fill: faded(cssColor(color), 0.22) }],
    ),
    hooks: {
      drawAxes: [(plot) => drawLimits(plot, own), (plot) => drawEdge(plot, input.edge())],
      setSelect: [(plot) => selectRange(plot, input.onSelect)],
      setCursor: [(plot) => input.onCursor(plot.cursor.idx ?? null)],
    },
  };
}

function axes({ channel, zone, timeLabels }: StripInput): uPlot.Axis[] {
  const stroke = cssColor('--text-muted');
  const grid = { stroke: cssColor('--grid'), width: 1 };
  const decimals = channel.minSpan < 8 ? 1 : 0;
  return [
    {
      stroke,
      grid,
      font: canvasFont(12),
      ticks: { show: timeLabels, stroke: cssColor('--grid'), size: 4 },
      size: timeLabels ? 40 : 0,
      space: 90,
      values: (_, splits, __, ___, step) =>
        timeLabels ? axisLabels(splits, step, zone) : splits.map(() => ''),
    },
    {
      stroke,
      grid,
      font: canvasFont(12),
      ticks: { show: false },
      size: MARGINS.left,
      space: 30,
      values: (_, splits) => splits.map((value) => value.toFixed(decimals)),
    },
  ];
}

function seriesOf({ vital, color }: Channel['vitals'][number], limits: LimitsByVital): uPlot.Series[] {
  const { bridgeMs, intermittent, label } = VITALS[vital];
  const stroke = cssColor(color);
  const gaps = (plot: uPlot, _: number, __: number, ___: number, empty: uPlot.Series.Gaps): uPlot.Series.Gaps =>
    empty.filter(([from, to]) => plot.posToVal(to, 'x', true) - plot.posToVal(from, 'x', true) > bridgeMs);
  const edge: uPlot.Series = { scale: 'y', gaps, stroke: 'transparent', width: 0, points: { show: false } };
  const mean: uPlot.Series = {
    label,
    scale: 'y',
    gaps,
    stroke,
    width: 1.75,
    dash: intermittent ? [3, 3] : [],
    points: intermittent ? { show: true, size: 5, fill: stroke, stroke, width: 0 } : { show: sparse, size: 3.5, fill: stroke, width: 0 },
    value: (_, value) => (value === null ? '–' : value.toFixed(decimalsOf(vital, limits))),
  };
  // A ring without a line: what lies between a doubted value and the next is not known.
  const doubted: uPlot.Series = {
    scale: 'y',
    paths: () => null,
    stroke: cssColor('--ink-notable'),
    points: { show: true, size: 8, width: 2, stroke: cssColor('--ink-notable'), fill: cssColor('--surface') },
  };
  return [{ ...edge }, mean, { ...edge }, { ...doubted }, { ...doubted }];
}

/** Draws a dot per value while there are few: a single value between gaps has no line. */
function sparse(plot: uPlot, _: number, from: number, to: number): boolean {
  return to - from <= plot.bbox.width / devicePixelRatio / 14;
}

/** Reports the selected range, and removes the selection. A range of a few pixels is a click. */
export function selectRange(plot: uPlot, onSelect: StripInput['onSelect']): void {
  const { left, width } = plot.select;
  if (width < 4) return;
  const from = plot.posToVal(left, 'x');
  const to = plot.posToVal(left + width, 'x');
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onSelect(from, to);
}
