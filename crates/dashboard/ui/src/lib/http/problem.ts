import type { FieldError } from '../wire/problem/FieldError';
import type { Problem } from '../wire/problem/Problem';

/** A document that may lack any field: a proxy's error page, for example, has none. */
type Unchecked<T> = { [Key in keyof T]?: unknown };

/** A failed request: the server's problem document (RFC 9457), or a failure without a response. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly title: string,
    readonly detail: string,
    /** HTTP status; 0 without a response. */
    readonly status: number,
    readonly fields: FieldError[] = [],
  ) {
    super(detail || title);
  }
}

/** True if another attempt may succeed: the server or the network failed, and nothing is wrong with the request. */
export const isTransient = ({ status }: ProblemError): boolean => status === 0 || status >= 500;

/** A problem as a sentence. */
export function problemText({ title, detail }: ProblemError): string {
  return detail ? `${title}: ${detail.replace(/\.$/, '')}.` : `${title}.`;
}

/** Reads a problem document. For any other body, the error carries only the status. */
export function problemError(status: number, body: unknown): ProblemError {
  const problem: Unchecked<Problem> = isRecord(body) ? body : {};
  const title = text(problem.title) || `The server responded with status ${status}`;
  return new ProblemError(title, text(problem.detail), status, fieldErrors(problem.errors));
}

function fieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((error: Unchecked<FieldError>) => ({ field: text(error.field), message: text(error.message) }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Assigns errors to known fields, the first of each; the others belong to the form as a whole. */
export function splitErrors(fields: FieldError[], known: readonly string[]): { byField: Record<string, string>; rest: string[] } {
  const byField: Record<string, string> = {};
  const rest: string[] = [];
  for (const { field, message } of fields) {
    if (known.includes(field)) byField[field] ??= message;
    else rest.push(field ? `${field}: ${message}` : message);
  }
  return { byField, rest };
}
