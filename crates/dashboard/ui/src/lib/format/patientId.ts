/** A piece of an id: as it is, or a character that would be invisible or look like another one. */
export type Piece = { text: string; escaped: boolean };

/** Letters of other scripts that look like Latin ones. */
const LOOKALIKES = /[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\u03c1\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u051b\u051d]/;

/** Letters that look like no Latin one: an id with them is plainly of another script. */
const OTHER_SCRIPT = /(?=\p{L})[^\p{Script=Latin}\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\u03c1\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u051b\u051d]/u;

/** Controls, formats, separators other than a space, unassigned and private characters, and combining marks. */
const INVISIBLE = /[\p{C}\p{Z}\p{M}]/u;

/**
 * The pieces of an id, so that two ids never look alike: spaces at the ends or in a row, invisible
 * characters, compatibility forms and look-alike letters are written as escapes.
 */
export function idPieces(id: string): Piece[] {
  const foreign = OTHER_SCRIPT.test(id);
  const pieces: Piece[] = [];
  const characters = [...id];
  characters.forEach((character, index) => {
    const inner = index > 0 && index < characters.length - 1 && characters[index - 1] !== ' ';
    const escaped = character === ' ' ? !inner : isUnclear(character, foreign);
    const text = escaped ? escape(character) : character;
    const last = pieces.at(-1);
    if (last && last.escaped === escaped) last.text += text;
    else pieces.push({ text, escaped });
  });
  return pieces;
}

function isUnclear(character: string, foreign: boolean): boolean {
  // A backslash begins an escape, and the open box stands for a space.
  if (character === '\\' || character === '␣' || INVISIBLE.test(character)) return true;
  if (character.normalize('NFKC') !== character) return true;
  return !foreign && LOOKALIKES.test(character);
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
