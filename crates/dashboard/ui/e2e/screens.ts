/** Sizes of a wall display or desktop, a tablet and a phone, CSS pixels. */
export const SCREENS = {
  wide: { width: 1920, height: 1080 },
  tablet: { width: 820, height: 1180 },
  narrow: { width: 390, height: 844 },
} as const;
