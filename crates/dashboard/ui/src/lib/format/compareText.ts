let collator: Intl.Collator | undefined;

/**
 * Compares text with numbers by value; texts that only look alike have a fixed order too. The first
 * call loads the rules of the language, which takes longer than to sort a ward.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b) || (a < b ? -1 : 1);
}
