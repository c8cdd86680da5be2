import { type CallResult, errorOf, type Json, type JsonObject, isObject, traceOf } from './host/messages';

const longText = 80;

/** A result as a document: how it ended, what went in, what came out. Long texts stand for themselves, below the JSON. */
export function describeResult(outcome: {
  readonly tool: string;
  readonly input: JsonObject;
  readonly result: CallResult;
  readonly milliseconds: number;
  readonly at: Date;
}): string {
  const { tool, input, result, milliseconds, at } = outcome;
  const error = errorOf(result);
  const trace = traceOf(result);
  const lines = [
    `# ${tool}: ${error ? error.code : 'ok'}`,
    '',
    `${milliseconds} ms, ${at.toISOString().slice(11, 19)} UTC${trace === undefined ? '' : `, trace ${trace}`}`,
    '',
    '## Input',
    '',
    ...fence(JSON.stringify(input, null, 2), 'json'),
    '',
    '## Result',
    '',
  ];
  if (error) {
    return [...lines, error.message, ''].join('\n');
  }
  const texts: { name: string; text: string }[] = [];
  const data = result.structuredContent === undefined ? fromContent(result) : takeTexts(result.structuredContent, '', texts);
  lines.push(...fence(typeof data === 'string' ? data : JSON.stringify(data, null, 2), typeof data === 'string' ? '' : 'json'));
  for (const { name, text } of texts) {
    lines.push('', `### ${name}`, '', ...fence(text, ''));
  }
  return [...lines, ''].join('\n');
}

function fromContent(result: CallResult): Json {
  return (result.content ?? []).map((item) => item.text ?? `(${item.type})`).join('\n');
}

function takeTexts(value: Json, name: string, texts: { name: string; text: string }[]): Json {
  if (typeof value === 'string' && value.length > longText && value.includes('\n')) {
    texts.push({ name: name === '' ? 'text' : name, text: value });
    return `(${value.length} characters, below)`;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => takeTexts(item as Json, `${name}[${index}]`, texts));
  }
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, takeTexts(item, name === '' ? key : `${name}.${key}`, texts)]),
    );
  }
  return value;
}

// A fence must be longer than any in the text, or the text could end it.
function fence(text: string, language: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const mark = '`'.repeat(longest + 1);
  return [mark + language, text.replace(/\n$/, ''), mark];
}
