import { describe, expect, it } from 'vitest';
import { idPieces, idText } from './patientId';

describe('patient id', () => {
  it('is shown as it is if it is plain', () => {
    for (const id of ['p-1', '..', '.', 'Bett 3', 'Jürgen', '患者-7', 'Иван-3', 'a/b', '<b>']) expect(idPieces(id)).toEqual([{ text: id, escaped: false }]);
  });

  it('never looks like another one', () => {
    const alike = ['p1', ' p1', 'p1 ', '  p1', 'p1\u00a0', '\u200bp1', 'p\u200d1', '\u202ep1', 'p1\n', '\tp1', 'р1', 'ｐ1', 'p１', 'p1\u0301', 'p1\u3000', 'p\u00ad1', '\ufeffp1', 'p1\u2028', 'ρ1'];
    expect(new Set(alike.map(idText)).size).toBe(alike.length);
    const spaced = ['a b', 'a  b', 'a\u2009b', 'a\u00a0b', 'ab'];
    expect(new Set(spaced.map(idText)).size).toBe(spaced.length);
    expect(idText('\u00e9')).not.toBe(idText('e\u0301'));
    expect(idText('\\u{a0}')).not.toBe(idText('\u00a0'));
    expect(idText(' ')).toBe('␣');
    expect(idText('␣')).not.toBe(idText(' '));
  });

  it('marks the escapes', () => {
    expect(idPieces(' p1')).toEqual([
      { text: '␣', escaped: true },
      { text: 'p1', escaped: false },
    ]);
    expect(idText('p\u00a01')).toBe('p\\u{a0}1');
  });
});
