import type { Json, JsonObject } from '../host/messages';
import { isObject } from '../host/messages';

export type FieldKind = 'text' | 'path' | 'integer' | 'number' | 'boolean' | 'choice' | 'json';

/** One member of a tool's input, as a person fills it in. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly description: string;
  readonly choices: readonly Json[];
  readonly default?: Json;
  readonly schema: JsonObject;
}

/** The fields of an input schema: those that must be given first, each group in the schema's order. */
export function fieldsOf(schema: JsonObject): readonly Field[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const fields = Object.entries(properties).map(([name, value]): Field => {
    const member = isObject(value) ? value : {};
    const field = {
      name,
      kind: kindOf(member),
      required: required.has(name),
      description: typeof member['description'] === 'string' ? member['description'] : '',
      choices: choicesOf(member),
      schema: member,
    };
    return member['default'] === undefined ? field : { ...field, default: member['default'] };
  });
  return [...fields.filter((field) => field.required), ...fields.filter((field) => !field.required)];
}

function kindOf(schema: JsonObject): FieldKind {
  if (Array.isArray(schema['enum'])) {
    return 'choice';
  }
  switch (schema['type']) {
    case 'string':
      return schema['format'] === 'path' ? 'path' : 'text';
    case 'integer':
      return 'integer';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'json';
  }
}

function choicesOf(schema: JsonObject): readonly Json[] {
  if (Array.isArray(schema['enum'])) {
    return schema['enum'];
  }
  return schema['type'] === 'boolean' ? [true, false] : [];
}

/** How a value is shown where it can be edited. */
export function toText(value: Json | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** Reads what was typed. The server checks everything again; this only helps while typing. */
export function parseField(field: Field, text: string): { readonly value: Json } | { readonly error: string } {
  switch (field.kind) {
    case 'text':
    case 'path':
      return checkText(field, text);
    case 'integer':
    case 'number':
      return checkNumber(field, text);
    case 'choice':
    case 'boolean': {
      const choice = field.choices.find((candidate) => toText(candidate) === text);
      return choice === undefined ? { error: `Give one of: ${field.choices.map(toText).join(', ')}.` } : { value: choice };
    }
    default:
      try {
        return { value: JSON.parse(text) as Json };
      } catch {
        return { error: 'Give a JSON value, for example [1, 2] or {"a": true}.' };
      }
  }
}

function checkText(field: Field, text: string): { readonly value: Json } | { readonly error: string } {
  const { minLength, maxLength, pattern } = field.schema;
  const length = [...text].length;
  if (typeof minLength === 'number' && length < minLength) {
    return { error: minLength === 1 ? 'This must not be empty.' : `At least ${minLength} characters are needed.` };
  }
  if (typeof maxLength === 'number' && length > maxLength) {
    return { error: `At most ${maxLength} characters are accepted.` };
  }
  if (typeof pattern === 'string' && !matches(pattern, text)) {
    return { error: `It must match ${pattern}.` };
  }
  return { value: text };
}

// The server's regular expressions are .NET's: what this language cannot read is left to it.
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

function checkNumber(field: Field, text: string): { readonly value: Json } | { readonly error: string } {
  const trimmed = text.trim();
  const value = Number(trimmed);
  if (trimmed === '' || !Number.isFinite(value) || (field.kind === 'integer' && !Number.isInteger(value))) {
    return { error: field.kind === 'integer' ? 'Give a whole number.' : 'Give a number.' };
  }
  const { minimum, maximum } = field.schema;
  if (typeof minimum === 'number' && value < minimum) {
    return { error: `The least is ${minimum}.` };
  }
  if (typeof maximum === 'number' && value > maximum) {
    return { error: `The most is ${maximum}.` };
  }
  return { value };
}

/** An input in one line, for lists. */
export function summarize(input: JsonObject, max = 80): string {
  const text = Object.entries(input)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value.replace(/\s+/g, ' ') : JSON.stringify(value)}`)
    .join(', ');
  return text === '' ? '(no arguments)' : text.length > max ? text.slice(0, max - 1) + '…' : text;
}
