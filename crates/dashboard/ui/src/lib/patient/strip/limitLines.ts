import type uPlot from 'uplot';
import { canvasFont, cssColor } from '../../page/canvasTheme';
import { limitsOf, VITAL_NAMES, VITALS, type LimitsByVital } from '../../vitals/catalog';
import type { Limits } from '../../wire/Limits';
import type { PatientState } from '../../wire/PatientState';

type Line = { value: number; side: 'low' | 'high'; text: string };

/**
 * The limits that the strips of a patient draw: the patient's own, else those of every adult. None for a
 * patient whose state is not known, who may be a child.
 */
export function drawnLimits(patient: Pick<PatientState, 'limits'> | undefined, limits: LimitsByVital): LimitsByVital {
  return Object.fromEntries(
    VITAL_NAMES.flatMap((vital) => {
      const common = limits[vital];
      if (!common) return [];
      return [[vital, patient ? limitsOf(patient, vital, limits) : { ...common, low: null, high: null }]];
    }),
  );
}

/** Draws each limit as a dashed line with its value, and tints the area beyond it. */
export function drawLimits(plot: uPlot, limits: readonly Limits[]): void {
  const { ctx, bbox } = plot;
  const { top, height } = bbox;
  const lines = limits
    .flatMap((limit) => linesOf(limit, limits.length > 1))
    .map((line) => ({ ...line, y: Math.round(plot.valToPos(line.value, 'y', true)) + 0.5 }))
    .filter(({ y }) => y >= top && y <= top + height);
  ctx.save();
  for (const line of lines) draw(plot, line, line.y, limits.length === 1);
  ctx.font = canvasFont(12 * devicePixelRatio);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = cssColor('--limit-text');
  const positions = spread(lines.map((line) => line.y), 13 * devicePixelRatio);
  lines.forEach((line, index) => ctx.fillText(line.text, bbox.left + bbox.width + 6 * devicePixelRatio, positions[index] ?? line.y));
  ctx.restore();
}

/** Draws the time from which on values are live ones of a single device, as a dotted line. */
export function drawEdge(plot: uPlot, edgeMs: number | undefined): void {
  if (edgeMs === undefined) return;
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(edgeMs, 'x', true)) + 0.5;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = cssColor('--text-muted');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** The lines of a vital's limits, with the vital's name if the strip has several. */
export function linesOf(limit: Limits, named: boolean): Line[] {
  const name = named ? `${VITALS[limit.vital].short} ` : '';
  const lines: Line[] = [];
  if (limit.high !== null) lines.push({ value: limit.high, side: 'high', text: `${name}> ${limit.high.toFixed(limit.decimals)}` });
  if (limit.low !== null) lines.push({ value: limit.low, side: 'low', text: `${name}< ${limit.low.toFixed(limit.decimals)}` });
  return lines;
}

function draw(plot: uPlot, { side }: Line, y: number, tint: boolean): void {
  const { ctx, bbox } = plot;
  if (tint) {
    ctx.fillStyle = cssColor('--limit-tint');
    if (side === 'high') ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top);
    else ctx.fillRect(bbox.left, y, bbox.width, bbox.top + bbox.height - y);
  }
  ctx.strokeStyle = cssColor('--limit-line');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** Label positions, in the given order: each at its line, or just below the label above. */
export function spread(positions: readonly number[], distance: number): number[] {
  const spaced = [...positions];
  const order = positions.map((_, index) => index).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  let last = -Infinity;
  for (const index of order) {
    last = Math.max(positions[index] ?? 0, last + distance);
    spaced[index] = last;
  }
  return spaced;
}
