import { describe, expect, it } from 'vitest';
import { numberOrNull, parseNumber } from './parseNumber';

describe('number as typed', () => {
  it.each<[string, number]>([
    ['120', 120],
    [' 120 ', 120],
    ['30.5', 30.5],
    ['30,5', 30.5],
    ['2.288', 2.288],
    ['0,627', 0.627],
    ['.627', 0.627],
    [',5', 0.5],
    ['5.', 5],
    ['5,', 5],
    ['-3', -3],
    ['\u22123', -3],
    ['+4', 4],
    ['007', 7],
    ['1 200', 1_200],
    ['1\u00a0200', 1_200],
    ['1\u202f200,5', 1_200.5],
    ["1'200", 1_200],
    ['1\u2019200.5', 1_200.5],
    ['1,200.5', 1_200.5],
    ['1.200,5', 1_200.5],
    ['1,200,300', 1_200_300],
    ['1.200.300', 1_200_300],
    ['1,200,300.25', 1_200_300.25],
    ['1.200.300,25', 1_200_300.25],
    ['12,34', 12.34],
    ['1234,567', 1_234.567],
    ['\uff11\uff12', 12],
    ['\u200e120\u202c', 120],
    ['\ufeff30,5', 30.5],
  ])('%j is understood', (typed, value) => expect(parseNumber(typed)).toEqual({ value }));

  it.each([
    ['1,200', 'is unclear: enter 1200 or 1.2'],
    ['-12,500', 'is unclear: enter -12500 or -12.5'],
    ['1,000', 'is unclear: enter 1000 or 1.0'],
    ['', 'is required: enter a number'],
    ['0x1F', 'must be a number in digits, not "0x1F"'],
  ])('%j is asked about', (typed, error) => expect(parseNumber(typed)).toEqual({ error }));

  it.each(['0b11', '0o17', '1e3', '1E3', 'Infinity', 'NaN', 'abc', '12 mmHg', '1 2', '12 34', '1,2,3', '1.2.3', '1,20,300', '--5', '5-', '1..5', '1_200', '½', '٣٠', '.', ',', '-', '1,200 300', "1'20"])(
    '%j is refused',
    (typed) => expect(parseNumber(typed)).toHaveProperty('error'),
  );

  it('asks about a point that may be one of thousands', () => {
    const insulin = { min: 1, max: 2_000 };
    expect(parseNumber('1.200', insulin)).toEqual({ error: 'is unclear: enter 1200 or 1.2' });
    expect([parseNumber('1.2', insulin), parseNumber('1.20', insulin), parseNumber('168.000', insulin)]).toEqual([{ value: 1.2 }, { value: 1.2 }, { value: 168 }]);
    expect([parseNumber('2.288', { min: 0, max: 5 }), parseNumber('0.627', { min: 0, max: 5 })]).toEqual([{ value: 2.288 }, { value: 0.627 }]);
    expect(numberOrNull('1.200', insulin)).toBeNull();
  });

  it('leaves other controls without a value while the text is no number', () => {
    expect([numberOrNull('1,200'), numberOrNull('30,5'), numberOrNull('')]).toEqual([null, 30.5, null]);
  });
});
