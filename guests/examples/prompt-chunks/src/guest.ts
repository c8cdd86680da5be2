import { characters, count, take } from './tokens.ts';

interface Part {
  text: string;
  priority: number;
}

interface Chunk {
  text: string;
  start: number;
  tokens: number;
}

const MAX_CHARACTERS = 2_000_000;
const MIN_TOKENS = 16;
const MAX_TOKENS = 100_000;

/** Where texts are cut, from the best places to the worst: each pattern finds a unit with what ends it. */
const UNITS = [/[\s\S]*?(?:\n\s*\n|$)/gu, /[^\n]*(?:\n|$)/gu, /[\s\S]*?(?:[.!?…。！？]+["')\]]*\s+|$)/gu, /\S*(?:\s+|$)/gu];

/** What is thrown is the error of the result. */
function fail(tag: 'too-long' | 'over-budget' | 'invalid', val: number | string): never {
  throw { tag, val };
}

function check(text: string): void {
  if (text.length > MAX_CHARACTERS) fail('too-long', text.length);
}

/** Cuts a text into units of at most `most` tokens, as large as the places to cut allow. */
function* cut(text: string, most: number, kind = 0): Generator<string> {
  if (count(text) <= most) {
    if (text !== '') yield text;
    return;
  }
  if (kind === UNITS.length) {
    for (let rest = text; rest !== ''; ) {
      const piece = take(rest, most);
      yield piece;
      rest = rest.slice(piece.length);
    }
    return;
  }
  for (const [unit] of text.matchAll(UNITS[kind])) yield* cut(unit, most, kind + 1);
}

/** The end of a text that has at most `most` tokens and begins with a word. */
function tail(text: string, most: number): string {
  const words = text.match(/\S+\s*/gu) ?? [];
  let kept = '';
  for (let i = words.length - 1; i >= 0 && count(words[i] + kept) <= most; i--) kept = words[i] + kept;
  return kept.length < text.length ? kept : '';
}

export const prompts = {
  count(text: string) {
    check(text);
    return {
      tokens: count(text),
      characters: characters(text),
      words: text.match(/\S+/gu)?.length ?? 0,
      lines: text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    };
  },

  split(text: string, maxTokens: number, overlap: number): Chunk[] {
    check(text);
    if (maxTokens < MIN_TOKENS || maxTokens > MAX_TOKENS) fail('invalid', `max-tokens is ${maxTokens}; it is ${MIN_TOKENS} to ${MAX_TOKENS}`);
    if (overlap > maxTokens / 2) fail('invalid', `overlap is ${overlap}; it is at most half of max-tokens`);
    const chunks: Chunk[] = [];
    // Units leave room for the overlap, so that a piece always has one unit at least.
    const units = [...cut(text, maxTokens - overlap)];
    let position = 0;
    for (let next = 0; next < units.length; ) {
      const previous = chunks.length === 0 || overlap === 0 ? '' : tail(chunks[chunks.length - 1].text, overlap);
      let piece = previous;
      // The tokens of a text are not the sum of its parts: what grows is counted anew, a unit at a time.
      let tokens = count(piece + units[next]);
      let added = '';
      do {
        added += units[next];
        piece = previous + added;
        next++;
        if (next < units.length) tokens = count(piece) + count(units[next]);
      } while (next < units.length && tokens <= maxTokens);
      chunks.push({ text: piece, start: position - characters(previous), tokens: count(piece) });
      position += characters(added);
    }
    return chunks;
  },

  fit(parts: Part[], budget: number) {
    const weights = parts.map(({ text }) => {
      check(text);
      return count(text);
    });
    // Equal priorities keep the order of the list.
    const order = parts.map((_, i) => i).sort((left, right) => parts[left].priority - parts[right].priority || left - right);
    const chosen: number[] = [];
    let tokens = 0;
    for (const i of order) {
      if (tokens + weights[i] <= budget) {
        tokens += weights[i];
        chosen.push(i);
      } else if (parts[i].priority === 0) {
        fail('over-budget', weights.reduce((sum, weight, j) => (parts[j].priority === 0 ? sum + weight : sum), 0));
      }
    }
    return { parts: chosen.sort((left, right) => left - right), tokens };
  },
};
