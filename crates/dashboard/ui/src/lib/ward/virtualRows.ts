/** Dimensions of the ward's grid in CSS pixels. The tile's stylesheet repeats the height. */
export const TILE = { minWidth: 224, height: 184, gap: 8 } as const;

export type RowWindow = {
  columns: number;
  /** Index range of the rendered tiles; `end` is exclusive. */
  first: number;
  end: number;
  /** Height of the rows above and below the rendered ones. */
  before: number;
  after: number;
};

/**
 * The tiles on the screen or within half a screen of it, so that a thousand patients cost as much
 * as those in view.
 *
 * `scrolled` is the distance from the top of the screen up to the top of the grid, negative while
 * the grid starts below it.
 */
export function rowWindow(count: number, width: number, scrolled: number, screen: number): RowWindow {
  const columns = Math.max(1, Math.floor((width + TILE.gap) / (TILE.minWidth + TILE.gap)));
  const pitch = TILE.height + TILE.gap;
  const rows = Math.ceil(count / columns);
  const near = screen / 2;
  const firstRow = clamp(Math.floor((scrolled - near) / pitch), 0, Math.max(0, rows - 1));
  const endRow = clamp(Math.ceil((scrolled + screen + near) / pitch), firstRow + 1, rows);
  return {
    columns,
    first: firstRow * columns,
    end: Math.min(count, endRow * columns),
    before: firstRow * pitch,
    after: Math.max(0, rows - endRow) * pitch,
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
