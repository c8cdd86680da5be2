// The guest of the coverage world: each function of `echo` asks the host's function of the same name.
import type { Guest } from './bindings/guest.js';
import type * as types from './bindings/exports/made.js';
import * as hostEcho from './bindings/imports/echo.js';
import { Counter, first, pass } from './bindings/imports/hosted.js';
import { plain } from './bindings/imports/world.js';

export const echo: Guest['echo'] = { ...hostEcho };

// The host's last handle gone, nothing but these knows a note.
const notes: WeakRef<Note>[] = [];

class Note implements types.Note {
  private content: string;

  constructor(text: string) {
    this.content = text;
    notes.push(new WeakRef(this));
  }

  text(): string {
    return this.content;
  }

  append(text: string): void {
    this.content += text;
  }

  static merge(left: Note, right: Note): Note {
    return new Note(left.text() + right.text());
  }
}

export const made: Guest['made'] = {
  Note,
  notes: (texts) => texts.map((text) => new Note(text)),
  join: (all) => all.map((note) => note.text()).join(''),
  take: (note) => {
    if (note.text() === '') throw undefined;
    return note.text();
  },
  alive: () => notes.filter((note) => note.deref() !== undefined).length,
  count: (start, steps) => {
    const counter = new Counter(start);
    const sums = steps.map((step) => counter.add(step));
    const merged = Counter.merge(counter, new Counter(100));
    sums.push(merged.add(1));
    counter[Symbol.dispose]();
    merged[Symbol.dispose]();
    return sums;
  },
  relay: (counter) => pass(counter),
  add: (counter, by) => counter.add(by),
  firstOf: (starts) => {
    const counter = first(starts.map((start) => new Counter(start)));
    if (counter === null) return null;
    const value = counter.add(0);
    counter[Symbol.dispose]();
    return value;
  },
};

export const plainToo: Guest['plainToo'] = (text) => plain(text);
