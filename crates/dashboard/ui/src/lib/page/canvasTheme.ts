const cache = new Map<string, string>();
let probe: HTMLElement | undefined;

/**
 * The colour that a custom property stands for now, as `rgb(...)`.
 *
 * A canvas can't read properties, and the property's own text is still `light-dark(...)`;
 * only a real element's computed colour is one colour.
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

/** The page's own font for a canvas, in CSS pixels. */
export function canvasFont(size: number): string {
  return `${size}px ${getComputedStyle(document.body).fontFamily}`;
}

/** Forgets all colours; called when the theme changes. */
export function forgetColors(): void {
  cache.clear();
}

/** An `rgb(...)` colour with an opacity. */
export function faded(color: string, opacity: number): string {
  const parts = /^rgb\(([^)]+)\)$/.exec(color);
  return parts?.[1] === undefined ? color : `rgba(${parts[1]}, ${opacity})`;
}
