/** A piece of an id: as it is, or a character that would be invisible or look like another one. */
export type Piece = { text: string; escaped: boolean };

/** Cyrillic and Greek letters that look like Latin ones, and the Latin ones that they look like. */
const CYRILLIC = /[\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u051b\u051d]/;
const GREEK = /[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\u03c1]/;
const LATIN = /[ABCEHIJKMNOPSTXYZacehijopqsvwxy]/;

/** Signs and letters that look like a hyphen, a slash, a colon, an exclamation mark, an a or a g. */
const SIGNS = /(?!-)\p{Pd}|[\u2212\u02d7\u2044\u2215\u29f8\u2236\u02d0\ua789\u01c3\u0251\u0261]/u;

/** Digits of other scripts, of which some look like other ones of ours. */
const DIGITS = /(?![0-9])\p{Nd}/u;

/** Controls, formats, separators other than a space, unassigned and private characters, and combining marks. */
const INVISIBLE = /[\p{C}\p{Z}\p{M}]/u;

/** The parts of an id that decide which of its letters are unclear. */
type Writing = { cyrillic: boolean; greek: boolean; ascii: boolean };

/** A script counts if the id has a letter of it that looks like no Latin one: the id is plainly written in it. */
function writingOf(id: string): Writing {
  const letters = [...id];
  const cyrillic = letters.some((letter) => /\p{Script=Cyrillic}/u.test(letter) && !CYRILLIC.test(letter));
  const greek = letters.some((letter) => /\p{Script=Greek}/u.test(letter) && !GREEK.test(letter));
  // With letters of both, neither is plain.
  return { cyrillic: cyrillic && !greek, greek: greek && !cyrillic, ascii: /[0-9A-Za-z]/.test(id) };
}

/**
 * The pieces of an id, so that two ids never look alike: spaces at the ends or in a row, invisible
 * characters, compatibility forms and look-alike letters are written as escapes. In an id of another
 * script it is the Latin letters among them that are escaped.
 */
export function idPieces(id: string): Piece[] {
  const writing = writingOf(id);
  const pieces: Piece[] = [];
  const characters = [...id];
  characters.forEach((character, index) => {
    const inner = index > 0 && index < characters.length - 1 && characters[index - 1] !== ' ';
    const escaped = character === ' ' ? !inner : isUnclear(character, writing);
    const text = escaped ? escape(character) : character;
    const last = pieces.at(-1);
    if (last && last.escaped === escaped) last.text += text;
    else pieces.push({ text, escaped });
  });
  return pieces;
}

function isUnclear(character: string, { cyrillic, greek, ascii }: Writing): boolean {
  // A backslash begins an escape, and the open box stands for a space.
  if (character === '\\' || character === '␣' || INVISIBLE.test(character)) return true;
  if (character.normalize('NFKC') !== character || SIGNS.test(character)) return true;
  if (DIGITS.test(character)) return ascii;
  if (LATIN.test(character)) return cyrillic || greek;
  return (!cyrillic && CYRILLIC.test(character)) || (!greek && GREEK.test(character));
}

function escape(character: string): string {
  if (character === ' ') return '␣';
  return character === '\\' ? '\\\\' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The id as text, for titles and announcements. */
export function idText(id: string): string {
  return idPieces(id)
    .map((piece) => piece.text)
    .join('');
}
