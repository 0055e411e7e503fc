import type uPlot from 'uplot';
import { canvasFont, cssColor } from '../../page/canvasTheme';
import { VITALS } from '../../vitals/catalog';
import type { Limits } from '../../wire/Limits';

type Line = { value: number; side: 'low' | 'high'; text: string };

/** Draws each limit as a dashed line with its value beside it, and tints what lies beyond. */
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
  const places = spread(lines.map((line) => line.y), 13 * devicePixelRatio);
  lines.forEach((line, index) => ctx.fillText(line.text, bbox.left + bbox.width + 6 * devicePixelRatio, places[index] ?? line.y));
  ctx.restore();
}

function linesOf(limit: Limits, named: boolean): Line[] {
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

/** Places for labels, in the order given: where they belong, or just below the one above. */
export function spread(places: readonly number[], apart: number): number[] {
  const spaced = [...places];
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  let last = -Infinity;
  for (const index of order) {
    last = Math.max(places[index] ?? 0, last + apart);
    spaced[index] = last;
  }
  return spaced;
}
