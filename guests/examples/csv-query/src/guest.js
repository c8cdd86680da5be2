import { fail, parse, write } from './csv.js';

const MAX_LIMIT = 10_000;
const DEFAULT_LIMIT = 100;

/** A number as JSON writes them, so that `1e3` is one and `0x10`, ` 1` and the empty field are none. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

export const tables = {
  select(csv, query) {
    const table = parse(csv);
    const conditions = query.where.map(({ column, operator, value }) => ({ at: indexOf(table, column), fits: comparison(operator, value) }));
    const picked = query.columns.length === 0 ? table.columns.map((_, i) => i) : query.columns.map((column) => indexOf(table, column));
    const rows = table.rows.filter((row) => conditions.every(({ at, fits }) => fits(row[at])));
    if (query.orderBy) {
      const at = indexOf(table, query.orderBy.column);
      const sign = query.orderBy.descending ? -1 : 1;
      rows.sort((left, right) => sign * compare(left[at], right[at]));
    }
    const limit = Math.min(query.limit ?? DEFAULT_LIMIT, MAX_LIMIT);
    return {
      columns: picked.map((at) => table.columns[at]),
      rows: rows.slice(0, limit).map((row) => picked.map((at) => row[at])),
      matched: rows.length,
    };
  },

  toJson(csv) {
    const { columns, rows } = parse(csv);
    // Object.fromEntries, unlike assignment, makes a plain member of `__proto__`.
    return JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, typed(row[i])]))));
  },

  fromJson(json) {
    const rows = readRows(json);
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    if (columns.length === 0) fail('not-rows', 'no object has a member');
    if (columns.length * rows.length > 1_000_000) fail('too-large', 'the table has more than 1000000 fields');
    return write([columns, ...rows.map((row) => columns.map((name) => text(Object.hasOwn(row, name) ? row[name] : null)))]);
  },
};

function indexOf(table, column) {
  const at = table.columns.indexOf(column);
  if (at < 0) fail('unknown-column', `there is no column "${column}"; there are ${table.columns.slice(0, 50).join(', ')}`);
  return at;
}

function compare(left, right) {
  if (NUMBER.test(left) && NUMBER.test(right)) return Number(left) - Number(right);
  return left < right ? -1 : left > right ? 1 : 0;
}

function comparison(operator, value) {
  const lower = value.toLowerCase();
  switch (operator) {
    case 'eq': return (field) => compare(field, value) === 0;
    case 'ne': return (field) => compare(field, value) !== 0;
    case 'lt': return (field) => compare(field, value) < 0;
    case 'le': return (field) => compare(field, value) <= 0;
    case 'gt': return (field) => compare(field, value) > 0;
    case 'ge': return (field) => compare(field, value) >= 0;
    default: return (field) => field.toLowerCase().includes(lower);
  }
}

/** A number only where nothing is lost: postal codes, long numbers and `1.50` stay text. */
function typed(field) {
  if (field === '') return null;
  return NUMBER.test(field) && String(Number(field)) === field ? Number(field) : field;
}

function readRows(json) {
  if (json.length > 2_000_000) fail('too-large', `the text has ${json.length} characters; at most 2000000 are read`);
  let rows;
  try {
    rows = JSON.parse(json);
  } catch (error) {
    fail('not-rows', error.message);
  }
  if (!Array.isArray(rows)) fail('not-rows', 'it is no array');
  const wrong = rows.findIndex((row) => typeof row !== 'object' || row === null || Array.isArray(row));
  if (wrong >= 0) fail('not-rows', `item ${wrong} is no object`);
  return rows;
}

function text(value) {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
