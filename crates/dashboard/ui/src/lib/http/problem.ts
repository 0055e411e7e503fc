export type FieldError = { field: string; message: string };

/** An answer that is not the one that was asked for, in words for whoever asked (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly title: string,
    readonly detail: string,
    /** HTTP status; 0 when there was no answer at all. */
    readonly status: number,
    readonly fields: FieldError[] = [],
  ) {
    super(detail || title);
  }
}

/** Reads a problem document; a body of any other kind gives the status and nothing invented. */
export function problemOf(status: number, body: unknown): Problem {
  const record = isRecord(body) ? body : {};
  const title = text(record['title']) || `The server answered with status ${status}`;
  return new Problem(title, text(record['detail']), status, fieldErrors(record['errors']));
}

function fieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((entry) => ({ field: text(entry['field']), message: text(entry['message']) }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Errors by field, the first of each; what names no known field is for the form as a whole. */
export function splitErrors(fields: FieldError[], known: readonly string[]): { byField: Record<string, string>; rest: string[] } {
  const byField: Record<string, string> = {};
  const rest: string[] = [];
  for (const { field, message } of fields) {
    if (known.includes(field)) byField[field] ??= message;
    else rest.push(field ? `${field}: ${message}` : message);
  }
  return { byField, rest };
}
