import { cssColor } from '../page/canvasTheme';
import type { TrendPoint } from '../wire/TrendPoint';

type SparkVital = 'heart_rate' | 'spo2' | 'respiratory_rate';

/** The lanes of a tile's sparkline, side by side below their values. */
const LANES: readonly { vital: SparkVital; color: string; minSpan: number }[] = [
  { vital: 'heart_rate', color: '--series-hr', minSpan: 24 },
  { vital: 'spo2', color: '--series-spo2', minSpan: 6 },
  { vital: 'respiratory_rate', color: '--series-rr', minSpan: 12 },
];

/** Minimum time window of a sparkline, so that a new patient's line grows from the right. */
const MIN_WINDOW_MS = 120_000;

/** Value range of a lane. A minimum span keeps noise from looking like a trend. */
export function extent(values: readonly number[], minSpan: number): { low: number; high: number } {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const slack = Math.max(0, minSpan - (high - low)) / 2;
  return { low: low - slack, high: high + slack };
}

/** The polylines of a lane in pixels, split at gaps in the measurements. */
export function polylines(
  points: readonly TrendPoint[],
  vital: SparkVital,
  box: { left: number; width: number; height: number },
  minSpan: number,
): [number, number][][] {
  const measured = points.flatMap((point) => {
    const value = point[vital] ?? (vital === 'heart_rate' ? point.pulse : null);
    return value === null ? [] : [{ time: point.time_ms, value }];
  });
  const first = measured[0];
  const newest = points.at(-1);
  if (!first || !newest) return [];
  const end = newest.time_ms;
  const start = Math.min(points[0]?.time_ms ?? end, end - MIN_WINDOW_MS);
  const { low, high } = extent(measured.map((point) => point.value), minSpan);
  const longest = Math.max(20_000, (end - start) / 6);
  const lines: [number, number][][] = [];
  let last = -Infinity;
  for (const { time, value } of measured) {
    const x = box.left + ((time - start) / (end - start)) * box.width;
    const y = box.height - ((value - low) / (high - low)) * box.height;
    if (time - last > longest) lines.push([]);
    lines.at(-1)?.push([x, y]);
    last = time;
  }
  return lines;
}

type Entry = { canvas: HTMLCanvasElement; points: () => readonly TrendPoint[]; width: number; height: number };

/** Interval at which the pixel ratio of the screen is compared with that of the sparklines. */
const RATIO_INTERVAL_MS = 500;

/** Pixels of a length in CSS pixels on the current screen. */
const pixels = (length: number): number => Math.round(length * devicePixelRatio);

/** Paints the changed sparklines of the page in one animation frame. */
class Painter {
  readonly #entries = new Map<Element, Entry>();
  readonly #dirty = new Set<Entry>();
  #frame = 0;
  #ratio = devicePixelRatio;
  readonly #sizes = new ResizeObserver((changes) => {
    for (const { target, contentRect } of changes) this.#resize(target, contentRect.width, contentRect.height);
  });

  constructor() {
    setInterval(() => this.#followRatio(), RATIO_INTERVAL_MS);
  }

  add(canvas: HTMLCanvasElement, points: () => readonly TrendPoint[]): { paint: () => void; remove: () => void } {
    const entry: Entry = { canvas, points, width: 0, height: 0 };
    this.#entries.set(canvas, entry);
    this.#sizes.observe(canvas);
    return {
      paint: () => this.#schedule(entry),
      remove: () => {
        this.#sizes.unobserve(canvas);
        this.#entries.delete(canvas);
        this.#dirty.delete(entry);
      },
    };
  }

  #resize(target: Element, width: number, height: number): void {
    const entry = this.#entries.get(target);
    if (!entry || (entry.width === width && entry.height === height)) return;
    entry.width = width;
    entry.height = height;
    this.#schedule(entry);
  }

  /** Repaints everything once the page is on a screen of another pixel ratio, of which no event tells reliably. */
  #followRatio(): void {
    if (devicePixelRatio === this.#ratio) return;
    this.#ratio = devicePixelRatio;
    for (const entry of this.#entries.values()) this.#schedule(entry);
  }

  #schedule(entry: Entry): void {
    this.#dirty.add(entry);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const colors = LANES.map((lane) => cssColor(lane.color));
      for (const dirty of this.#dirty) paint(dirty, colors);
      this.#dirty.clear();
    });
  }
}

function paint({ canvas, points, width, height }: Entry, colors: readonly string[]): void {
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  // Setting the size clears the canvas, so it is set only if the tile or the pixel ratio changed.
  if (canvas.width !== pixels(width)) canvas.width = pixels(width);
  if (canvas.height !== pixels(height)) canvas.height = pixels(height);
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.translate(0, 2);
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  const lane = width / LANES.length;
  const all = points();
  LANES.forEach(({ vital, minSpan }, index) => {
    const box = { left: index * lane, width: lane - 12, height: height - 4 };
    const color = colors[index] ?? '';
    context.strokeStyle = color;
    context.fillStyle = color;
    const lines = polylines(all, vital, box, minSpan);
    for (const line of lines) stroke(context, line);
    const end = lines.at(-1)?.at(-1);
    if (end) dot(context, end);
  });
}

function stroke(context: CanvasRenderingContext2D, line: readonly [number, number][]): void {
  context.beginPath();
  for (const [x, y] of line) context.lineTo(x, y);
  context.stroke();
}

function dot(context: CanvasRenderingContext2D, [x, y]: [number, number]): void {
  context.beginPath();
  context.arc(x, y, 2, 0, 2 * Math.PI);
  context.fill();
}

let shared: Painter | undefined;

/** The page's only painter, created with the first sparkline. */
export function painter(): Painter {
  return (shared ??= new Painter());
}
