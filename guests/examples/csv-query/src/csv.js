// CSV as RFC 4180 has it: fields in quotes may hold commas, quotes (twice) and ends of lines. Lines end with CRLF or LF.

const MAX_CHARACTERS = 2_000_000;
const MAX_ROWS = 100_000;
const MAX_COLUMNS = 1000;

/** Throws an error of the interface. */
export function fail(tag, val) {
  throw { tag, val };
}

/**
 * Reads a table.
 * @param {string} text
 * @returns {{ columns: string[], rows: string[][] }}
 */
export function parse(text) {
  if (text.length > MAX_CHARACTERS) fail('too-large', `the text has ${text.length} characters; at most ${MAX_CHARACTERS} are read`);
  const reader = new Reader(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  const columns = reader.row();
  if (columns === null) fail('malformed', { line: 1, problem: 'there is no line with the names of the columns' });
  if (columns.length > MAX_COLUMNS) fail('too-large', `the table has ${columns.length} columns; at most ${MAX_COLUMNS} are read`);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) fail('malformed', { line: 1, problem: `two columns have the name "${twice}"` });
  const rows = [];
  for (;;) {
    const line = reader.line;
    const row = reader.row();
    if (row === null) return { columns, rows };
    if (row.length !== columns.length) fail('malformed', { line, problem: `the row has ${row.length} fields and not ${columns.length}` });
    if (rows.length === MAX_ROWS) fail('too-large', `the table has more than ${MAX_ROWS} rows`);
    rows.push(row);
  }
}

class Reader {
  #text;
  #at = 0;
  line = 1;

  constructor(text) {
    this.#text = text;
  }

  /** The fields of the next row; null after the last one. */
  row() {
    if (this.#at === this.#text.length) return null;
    const fields = [];
    for (;;) {
      fields.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain());
      if (this.#text[this.#at] === ',') {
        this.#at++;
        continue;
      }
      if (this.#at < this.#text.length) this.#endLine();
      return fields;
    }
  }

  #plain() {
    const start = this.#at;
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character === ',' || this.#isEnd()) break;
      if (character === '"') fail('malformed', { line: this.line, problem: 'a quote stands within a field that does not begin with one' });
    }
    return this.#text.slice(start, this.#at);
  }

  #quoted() {
    const begin = this.line;
    let field = '';
    let start = ++this.#at;
    for (;;) {
      const end = this.#text.indexOf('"', start);
      if (end < 0) fail('malformed', { line: begin, problem: 'a quote is not closed' });
      const part = this.#text.slice(start, end);
      this.line += part.split('\n').length - 1;
      field += part;
      this.#at = end + 1;
      if (this.#text[this.#at] !== '"') break;
      field += '"';
      start = this.#at + 1;
    }
    if (this.#at < this.#text.length && this.#text[this.#at] !== ',' && !this.#isEnd()) {
      fail('malformed', { line: this.line, problem: 'something stands behind the closing quote' });
    }
    return field;
  }

  #isEnd() {
    return this.#text[this.#at] === '\n' || (this.#text[this.#at] === '\r' && this.#text[this.#at + 1] === '\n');
  }

  #endLine() {
    this.#at += this.#text[this.#at] === '\r' ? 2 : 1;
    this.line++;
  }
}

/**
 * Writes rows.
 * @param {string[][]} rows
 */
export function write(rows) {
  return rows.map((row) => row.map(quote).join(',') + '\r\n').join('');
}

function quote(field) {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
