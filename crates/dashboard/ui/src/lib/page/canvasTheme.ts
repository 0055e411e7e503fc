const cache = new Map<string, string>();
let probe: HTMLElement | undefined;

/**
 * The current colour of a custom property, as `rgb(...)`.
 *
 * A canvas cannot read custom properties, and the value of the property itself is still
 * `light-dark(...)`. Only the computed colour of an element is a single colour.
 */
export function cssColor(property: string): string {
  let color = cache.get(property);
  if (color === undefined) {
    probe ??= makeProbe();
    probe.style.color = `var(${property})`;
    color = getComputedStyle(probe).color;
    cache.set(property, color);
  }
  return color;
}

function makeProbe(): HTMLElement {
  const element = document.createElement('span');
  element.hidden = true;
  document.body.append(element);
  return element;
}

/** The page's font for a canvas; `size` in CSS pixels. */
export function canvasFont(size: number): string {
  return `${size}px ${getComputedStyle(document.body).fontFamily}`;
}

/** Clears the cached colours after a change of theme. */
export function clearColorCache(): void {
  cache.clear();
}

/** An `rgb(...)` colour with opacity. */
export function faded(color: string, opacity: number): string {
  const parts = /^rgb\(([^)]+)\)$/.exec(color);
  return parts?.[1] === undefined ? color : `rgba(${parts[1]}, ${opacity})`;
}
