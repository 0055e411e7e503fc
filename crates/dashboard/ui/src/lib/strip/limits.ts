import type uPlot from 'uplot';
import { canvasFont, cssColor } from '../theme';
import { VITALS } from '../vitals';
import type { Limits } from '../wire/Limits';

/** Draws each limit as a dashed line with its value beside it, and tints what lies beyond. */
export function drawLimits(plot: uPlot, limits: readonly Limits[]): void {
  const { ctx } = plot;
  const alone = limits.length === 1;
  ctx.save();
  ctx.font = canvasFont(12 * devicePixelRatio);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const limit of limits) {
    const name = alone ? '' : `${VITALS[limit.vital].short} `;
    if (limit.high !== null) draw(plot, limit.high, 'high', alone, `${name}> ${limit.high.toFixed(limit.decimals)}`);
    if (limit.low !== null) draw(plot, limit.low, 'low', alone, `${name}< ${limit.low.toFixed(limit.decimals)}`);
  }
  ctx.restore();
}

function draw(plot: uPlot, value: number, side: 'low' | 'high', tint: boolean, text: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
  const right = bbox.left + bbox.width;
  if (y < bbox.top || y > bbox.top + bbox.height) return;
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
  ctx.lineTo(right, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = cssColor('--limit-text');
  ctx.fillText(text, right + 6 * devicePixelRatio, y);
}
