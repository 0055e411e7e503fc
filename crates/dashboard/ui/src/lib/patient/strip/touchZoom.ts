import type uPlot from 'uplot';

/** Shortest drag in CSS pixels that selects a range. */
const MIN_DRAG = 12;

/**
 * Selects a range by dragging a finger across a plot, as a mouse does: uPlot itself follows mice only. A
 * vertical movement scrolls the page. Returns the function that removes it.
 */
export function touchZoom(plot: uPlot, select: () => void): () => void {
  const { over } = plot;
  let start: number | null = null;
  const at = (event: PointerEvent): number => {
    const { left, width } = over.getBoundingClientRect();
    return Math.min(Math.max(event.clientX - left, 0), width);
  };
  const show = (from: number, to: number): void =>
    plot.setSelect({ left: Math.min(from, to), width: Math.abs(to - from), top: 0, height: over.clientHeight }, false);
  const down = (event: PointerEvent): void => {
    if (event.pointerType !== 'touch' || !event.isPrimary) return;
    over.setPointerCapture(event.pointerId);
    start = at(event);
  };
  const move = (event: PointerEvent): void => {
    if (start !== null && event.isPrimary) show(start, at(event));
  };
  const end = (event: PointerEvent): void => {
    if (start === null || !event.isPrimary) return;
    const dragged = Math.abs(at(event) - start) >= MIN_DRAG;
    start = null;
    if (event.type === 'pointerup' && dragged) select();
    else show(0, 0);
  };
  over.addEventListener('pointerdown', down);
  over.addEventListener('pointermove', move);
  over.addEventListener('pointerup', end);
  over.addEventListener('pointercancel', end);
  return () => {
    over.removeEventListener('pointerdown', down);
    over.removeEventListener('pointermove', move);
    over.removeEventListener('pointerup', end);
    over.removeEventListener('pointercancel', end);
  };
}
