// An estimate of what tokenizers of byte pairs make of a text: frequent words are one token, long words several, and each sign of punctuation one.

/** Words with the blank before them, numbers, ends of lines, blanks, letters of scripts without blanks, and all other characters one by one. */
const PIECES = / ?[A-Za-z]+|\d+|\n+|[^\S\n]+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]| ?\p{L}[\p{L}\p{M}]*|[\s\S]/gu;

const LETTERS_OF_A_TOKEN = 7;
const DIGITS_OF_A_TOKEN = 3;
const OTHER_LETTERS_OF_A_TOKEN = 2;
const BLANKS_OF_A_TOKEN = 16;

function weigh(piece: string): number {
  const length = piece.startsWith(' ') && piece.length > 1 ? piece.length - 1 : piece.length;
  const last = piece.charCodeAt(piece.length - 1);
  if ((last >= 65 && last <= 90) || (last >= 97 && last <= 122)) return Math.ceil(length / LETTERS_OF_A_TOKEN);
  if (last >= 48 && last <= 57) return Math.ceil(length / DIGITS_OF_A_TOKEN);
  if (last === 10) return 1;
  if (/\s/u.test(piece)) return Math.ceil(length / BLANKS_OF_A_TOKEN);
  return last < 128 ? 1 : Math.ceil(length / OTHER_LETTERS_OF_A_TOKEN);
}

/** The tokens of a text, estimated. */
export function count(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += weigh(piece);
  return tokens;
}

/** The longest beginning of a text that has at most this many tokens, never within a character, and never empty. */
export function take(text: string, most: number): string {
  let tokens = 0;
  let end = 0;
  for (const [piece] of text.matchAll(PIECES)) {
    tokens += weigh(piece);
    if (tokens > most) {
      // One long word: as much of it as the estimate allows.
      if (end === 0) end = boundary(text, Math.min(piece.length, most * OTHER_LETTERS_OF_A_TOKEN));
      break;
    }
    end += piece.length;
  }
  return text.slice(0, end);
}

/** Where the characters of UTF-16 before `at` end with a whole one. */
function boundary(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return at > 1 && code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** Unicode characters. */
export function characters(text: string): number {
  let found = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // The second half of a pair belongs to the first.
    if (code < 0xdc00 || code > 0xdfff) found++;
  }
  return found;
}
