import { expect, it } from 'vitest';
import { isTransient, problemError, problemText, splitErrors } from './problem';

it('reads a problem document with its fields', () => {
  const problem = problemError(422, { title: 'Invalid', detail: 'two fields', errors: [{ field: 'glucose', message: 'must be from 30' }, 'junk'] });
  expect(problem).toMatchObject({ status: 422, title: 'Invalid', detail: 'two fields', fields: [{ field: 'glucose', message: 'must be from 30' }] });
});

it.each([null, 'text', [], { title: 5, errors: 'no' }])('falls back to the status for the body %j', (body) => {
  expect(problemError(502, body)).toMatchObject({ title: 'The server responded with status 502', detail: '', fields: [] });
});

it.each([
  ['the model server did not respond in time', 'Gateway Timeout: the model server did not respond in time.'],
  ['Reload the page.', 'Gateway Timeout: Reload the page.'],
  ['', 'Gateway Timeout.'],
])('is a sentence with the detail "%s"', (detail, text) => {
  expect(problemText(problemError(504, { title: 'Gateway Timeout', detail }))).toBe(text);
});

it('assigns errors to fields and keeps the others', () => {
  const errors = [
    { field: 'bmi', message: 'first' },
    { field: 'bmi', message: 'second' },
    { field: 'shoe_size', message: 'is not a feature' },
  ];
  expect(splitErrors(errors, ['bmi'])).toEqual({ byField: { bmi: 'first' }, rest: ['shoe_size: is not a feature'] });
});

it.each([
  [0, true],
  [401, false],
  [422, false],
  [503, true],
  [504, true],
])('another attempt after status %d may succeed: %s', (status, expected) => {
  expect(isTransient(problemError(status, null))).toBe(expected);
});
