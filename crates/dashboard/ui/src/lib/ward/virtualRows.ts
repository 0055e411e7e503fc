/** Smallest dimensions of a tile in CSS pixels at scale 1, and the gap between tiles. */
export const TILE = { minWidth: 224, height: 184, gap: 8 } as const;

/** Precision of the scroll position, CSS pixels: finer steps would recompute the same rows. */
export const SCROLL_STEP = 100;

/** Largest scale of the tiles, for a wall display of few patients. */
export const MAX_SCALE = 2.5;

/** Space that a tile needs at scale 1. Text spacing set by the reader widens it. */
export type TileSize = { width: number; height: number };

export type RowWindow = {
  columns: number;
  /** Index range of the rendered tiles; `end` is exclusive. */
  first: number;
  end: number;
  /** Height of the rows above the rendered ones, and of all rows. */
  before: number;
  height: number;
};

/** Number of tiles side by side. */
function columnsOf(width: number, tileWidth: number): number {
  return Math.max(1, Math.floor((width + TILE.gap) / (tileWidth + TILE.gap)));
}

/**
 * The largest scale at which all tiles fit into `width` and `height`; 1 if they do not fit at all. It
 * grows in steps, so that a patient more or less does not change every figure.
 */
export function fittingScale(count: number, width: number, height: number, tile: TileSize): number {
  for (let scale = MAX_SCALE; scale > 1.001; scale -= 0.05) {
    const columns = columnsOf(width, tile.width * scale);
    const rows = Math.ceil(count / columns);
    const narrow = columns === 1 && tile.width * scale > width;
    if (!narrow && rows * (tile.height * scale + TILE.gap) - TILE.gap <= height) return Math.round(scale * 100) / 100;
  }
  return 1;
}

/** Distance from the screen within which tiles are rendered: relative to its height, and at least, in CSS pixels. */
const NEAR = 1 / 8;
const MIN_NEAR = TILE.gap + SCROLL_STEP / 2 + 1;

/**
 * The tiles on the screen or near it, so that a thousand patients cost as much as those in view. The
 * row after the last whole one is always among them: the keyboard reaches it.
 *
 * `scrolled`, rounded to `SCROLL_STEP`, is the distance from the top of the screen up to the top of the grid, negative while
 * the grid starts below it.
 */
export function rowWindow(count: number, width: number, scrolled: number, screen: number, tile: TileSize): RowWindow {
  const columns = columnsOf(width, tile.width);
  const pitch = tile.height + TILE.gap;
  const rows = Math.ceil(count / columns);
  const near = Math.max(screen * NEAR, MIN_NEAR);
  const firstRow = clamp(Math.floor((scrolled - near) / pitch), 0, Math.max(0, rows - 1));
  const endRow = clamp(Math.ceil((scrolled + screen + near) / pitch), firstRow + 1, rows);
  return {
    columns,
    first: firstRow * columns,
    end: Math.min(count, endRow * columns),
    before: firstRow * pitch,
    height: Math.max(0, rows * pitch - TILE.gap),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
