/** Sizes of the ward's grid in CSS pixels; the tile's height is also in its style. */
export const TILE = { minWidth: 224, height: 184, gap: 8 } as const;

export type RowWindow = {
  columns: number;
  /** Index of the first tile that is drawn, and of the first behind the last. */
  first: number;
  end: number;
  /** Space that the rows above and below would take. */
  before: number;
  after: number;
};

/**
 * The tiles that are on the screen or within a screen's half of it.
 *
 * `scrolled` is how far the grid's top lies above the top of the screen, negative while it is
 * still below. A thousand patients then cost what those in view cost.
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
