const cache = new Map<string, string>();

/** The colour that a custom property stands for now. Canvases can't read properties by themselves. */
export function cssColor(property: string): string {
  let color = cache.get(property);
  if (color === undefined) {
    color = getComputedStyle(document.documentElement).getPropertyValue(property).trim();
    cache.set(property, color);
  }
  return color;
}

/** Forgets all colours; called when the theme changes. */
export function forgetColors(): void {
  cache.clear();
}
