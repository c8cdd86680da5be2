import type { Problem } from '../host/messages';

export interface Place {
  readonly line: number;
  readonly character: number;
}

/** Where a problem lies in a text, counted from 0 in UTF-16 units; the host counts bytes of UTF-8 from 1. */
export function placeOf(problem: Problem, lines: readonly string[]): { readonly start: Place; readonly end: Place } {
  if (problem.line === 0) {
    return { start: { line: 0, character: 0 }, end: { line: 0, character: (lines[0] ?? '').length } };
  }
  const start = place(problem.line, problem.column, lines);
  if (problem.endLine >= problem.line && problem.endLine > 0) {
    const end = place(problem.endLine, problem.endColumn, lines);
    // An object that misses something is marked where it begins, not from one end to the other.
    return end.line === start.line ? { start, end } : { start, end: { line: start.line, character: (lines[start.line] ?? '').length } };
  }
  return { start, end: { line: start.line, character: Math.max(start.character + 1, (lines[start.line] ?? '').length) } };
}

function place(line: number, column: number, lines: readonly string[]): Place {
  const index = Math.min(line, lines.length) - 1;
  const text = lines[index] ?? '';
  const bytes = Buffer.from(text, 'utf8').subarray(0, Math.max(0, column - 1));
  return { line: Math.max(0, index), character: Math.min(bytes.toString('utf8').length, text.length) };
}
