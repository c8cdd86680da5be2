// The guest of the coverage world: each function of `echo` asks the host's function of the same name.
import * as hostEcho from './bindings/imports/echo.js';
import { Counter, first, pass } from './bindings/imports/hosted.js';
import { plain } from './bindings/imports/world.js';

export const echo = { ...hostEcho };

// The host's last handle gone, nothing but these knows a note.
const notes = [];

class Note {
  constructor(text) {
    this.content = text;
    notes.push(new WeakRef(this));
  }
  text() {
    return this.content;
  }
  append(text) {
    this.content += text;
  }
  static merge(left, right) {
    return new Note(left.text() + right.text());
  }
}

export const made = {
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
    const sums = Array.from(steps, (step) => counter.add(step));
    const merged = Counter.merge(counter, new Counter(100));
    sums.push(merged.add(1));
    counter[Symbol.dispose]();
    merged[Symbol.dispose]();
    return sums;
  },
  relay: (counter) => pass(counter),
  add: (counter, by) => counter.add(by),
  firstOf: (starts) => {
    const counter = first(Array.from(starts, (start) => new Counter(start)));
    if (counter === null) return null;
    const value = counter.add(0);
    counter[Symbol.dispose]();
    return value;
  },
};

export const plainToo = (text) => plain(text);
