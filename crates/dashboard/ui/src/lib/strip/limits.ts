import type uPlot from 'uplot';
import { cssColor } from '../theme';
import type { Limits } from '../wire/Limits';

/** Draws each limit as a dashed line with its value, and tints what lies beyond. */
export function drawLimits(plot: uPlot, limits: readonly Limits[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const single = limits.length === 1;
  for (const limit of limits) {
    if (limit.high !== null) draw(plot, limit, limit.high, 'high', single);
    if (limit.low !== null) draw(plot, limit, limit.low, 'low', single);
  }
  ctx.restore();
}

function draw(plot: uPlot, limits: Limits, value: number, side: 'low' | 'high', tint: boolean): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  const ratio = devicePixelRatio;
  if (tint) {
    ctx.fillStyle = cssColor('--limit-tint');
    if (side === 'high') ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top);
    else ctx.fillRect(bbox.left, y, bbox.width, bbox.top + bbox.height - y);
  }
  ctx.strokeStyle = cssColor('--limit-line');
  ctx.lineWidth = ratio;
  ctx.setLineDash([5 * ratio, 4 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = cssColor('--limit-text');
  ctx.font = `${11 * ratio}px system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = side === 'high' ? 'bottom' : 'top';
  const text = `${side === 'high' ? '▲ >' : '▼ <'} ${value.toFixed(limits.decimals)}`;
  ctx.fillText(text, bbox.left + bbox.width - 4 * ratio, y + (side === 'high' ? -2 : 2) * ratio);
}
