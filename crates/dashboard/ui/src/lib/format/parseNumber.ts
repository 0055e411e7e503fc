/** A number as typed, or the reason that it is not understood. */
export type ParsedNumber = { value: number } | { error: string };

/** Thousands in groups of three: by spaces or apostrophes, or by two or more commas or points. */
const GROUPED = /^[+-]?\d{1,3}(?:([ '])\d{3}(?:\1\d{3})*|(?:,\d{3}){2,}|(?:\.\d{3}){2,})(?:[.,]\d+)?$/;

/** Thousands in groups of three and decimals, by different separators: which is which is plain. */
const BOTH = /^[+-]?\d{1,3}(?:(?:,\d{3})+\.\d+|(?:\.\d{3})+,\d+)$/;

/** One comma or point and three digits: a group of thousands to some, decimals to others. */
const AMBIGUOUS = /^([+-]?[1-9]\d{0,2})([.,])(\d{3})$/;

const PLAIN = /^[+-]?(?:\d+[.,]?\d*|[.,]\d+)$/;

type Bounds = { min: number; max: number };

/**
 * Reads a number as people type it. Text that has two meanings is asked about, not guessed. A point is one
 * of decimals, unless `bounds` allow the thousands too.
 */
export function parseNumber(typed: string, bounds?: Bounds): ParsedNumber {
  const text = normalized(typed);
  if (text === '') return { error: 'is required: enter a number' };
  const ambiguous = AMBIGUOUS.exec(text);
  if (ambiguous) {
    const [, whole = '', sign, rest = ''] = ambiguous;
    const meanings = [`${whole}${rest}`, `${whole}.${rest.replace(/0+$/, '') || '0'}`];
    if (sign === ',' || meanings.every((meaning) => isWithin(Number(meaning), bounds))) return { error: `is unclear: enter ${meanings.join(' or ')}` };
  }
  if (BOTH.test(text)) return { value: Number(withoutGroups(text)) };
  const grouped = GROUPED.exec(text);
  if (grouped) {
    const separator = grouped[1] ?? (text.includes(',') ? firstOf(text) : '.');
    return { value: Number(text.replaceAll(separator, '').replace(',', '.')) };
  }
  if (PLAIN.test(text)) return { value: Number(text.replace(',', '.')) };
  return { error: `must be a number in digits, not "${typed.trim().slice(0, 20)}"` };
}

/** The value of a field for controls that show it too; null while the text is not a number. */
export function numberOrNull(typed: string, bounds?: Bounds): number | null {
  const parsed = parseNumber(typed, bounds);
  return 'value' in parsed ? parsed.value : null;
}

const isWithin = (value: number, bounds: Bounds | undefined): boolean => bounds !== undefined && value >= bounds.min && value <= bounds.max;

/** Wide digits, typographic minus signs, spaces and apostrophes in their plain form, without the invisible marks of copied text. */
function normalized(typed: string): string {
  return typed
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\u2212\u2012\u2013]/g, '-')
    .replaceAll(/[\u2019\u02bc]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The first of the two separators, which groups. */
function firstOf(text: string): string {
  return text.includes('.') && text.indexOf('.') < text.indexOf(',') ? '.' : ',';
}

function withoutGroups(text: string): string {
  return text.replaceAll(firstOf(text), '').replace(',', '.');
}
