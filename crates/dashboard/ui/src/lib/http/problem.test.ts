import { expect, it } from 'vitest';
import { problemOf, splitErrors } from './problem';

it('reads a problem with its fields', () => {
  const problem = problemOf(422, { title: 'Invalid', detail: 'two fields', errors: [{ field: 'glucose', message: 'must be from 30' }, 'junk'] });
  expect(problem).toMatchObject({ status: 422, title: 'Invalid', detail: 'two fields', fields: [{ field: 'glucose', message: 'must be from 30' }] });
});

it.each([null, 'text', [], { title: 5, errors: 'no' }])('says the status when the body is %j', (body) => {
  expect(problemOf(502, body)).toMatchObject({ title: 'The server answered with status 502', detail: '', fields: [] });
});

it('sorts errors to their fields and keeps the rest', () => {
  const errors = [
    { field: 'bmi', message: 'first' },
    { field: 'bmi', message: 'second' },
    { field: 'shoe_size', message: 'is not a feature' },
  ];
  expect(splitErrors(errors, ['bmi'])).toEqual({ byField: { bmi: 'first' }, rest: ['shoe_size: is not a feature'] });
});
