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

  it('never looks like another one in any script', () => {
    const alike = [
      ['患者o', '患者о', '患者ο'],
      ['Ж-o1', 'Ж-о1', 'Ж-ο1'],
      ['Ω-B', 'Ω-В', 'Ω-Β'],
      ['ЖΩ-o', 'ЖΩ-о', 'ЖΩ-ο'],
      ['p-1', 'p\u20101', 'p\u20111', 'p\u20121', 'p\u20131', 'p\u22121', 'p\u02d71', 'p\ufe631'],
      ['1/2', '1\u20442', '1\u22152', '\u00bd'],
      ['p0', 'p\u09e6', 'p\u0966', 'p\u0b66'],
      ['p1', 'p\u0661', 'p\u06f1'],
      ['bi', 'bі'],
    ];
    for (const ids of alike) {
      // The escapes and marks are taken away: what is left has to differ where it is not escaped.
      const plain = ids.map((id) => JSON.stringify(idPieces(id)));
      expect(new Set(plain).size).toBe(ids.length);
      const unmarked = ids.filter((id) => idPieces(id).every((piece) => !piece.escaped));
      expect(unmarked.length, ids.join(' ')).toBeLessThanOrEqual(1);
    }
  });

  it('is shown as it is in one other script', () => {
    for (const id of ['Палата-7', 'ИВАНОВ-12', 'Αθήνα-3', '٣٤٥', 'Işık', '患者7号', 'A-7_b.2']) expect(idText(id)).toBe(id);
  });

  it('marks the escapes', () => {
    expect(idPieces(' p1')).toEqual([
      { text: '␣', escaped: true },
      { text: 'p1', escaped: false },
    ]);
    expect(idText('p\u00a01')).toBe('p\\u{a0}1');
  });
});
