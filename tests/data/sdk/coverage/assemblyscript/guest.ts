// The guest of atoll:coverage in AssemblyScript.
import { coverage, echo as host, exportsMade, hosted, types, Exported, Nothing, Option, Result, Tuple1, Tuple2, Tuple3, Tuple14, Tuple15 } from "./coverage";

export namespace echo {
  export function nothing(): void { host.nothing(); }
  export function aBool(x: bool): bool { return host.aBool(x); }
  export function aS8(x: i8): i8 { return host.aS8(x); }
  export function aU8(x: u8): u8 { return host.aU8(x); }
  export function aS16(x: i16): i16 { return host.aS16(x); }
  export function aU16(x: u16): u16 { return host.aU16(x); }
  export function aS32(x: i32): i32 { return host.aS32(x); }
  export function aU32(x: u32): u32 { return host.aU32(x); }
  export function aS64(x: i64): i64 { return host.aS64(x); }
  export function aU64(x: u64): u64 { return host.aU64(x); }
  export function anF32(x: f32): f32 { return host.anF32(x); }
  export function anF64(x: f64): f64 { return host.anF64(x); }
  export function aChar(x: u32): u32 { return host.aChar(x); }
  export function aString(x: string): string { return host.aString(x); }
  export function bytes(x: Uint8Array): Uint8Array { return host.bytes(x); }
  export function bools(x: Array<bool>): Array<bool> { return host.bools(x); }
  export function shorts(x: Array<i16>): Array<i16> { return host.shorts(x); }
  export function longs(x: Array<u64>): Array<u64> { return host.longs(x); }
  export function doubles(x: Array<f64>): Array<f64> { return host.doubles(x); }
  export function chars(x: Array<u32>): Array<u32> { return host.chars(x); }
  export function strings(x: Array<string>): Array<string> { return host.strings(x); }
  export function stringLists(x: Array<Array<string>>): Array<Array<string>> { return host.stringLists(x); }
  export function points(x: Array<types.Point>): Array<types.Point> { return host.points(x); }
  export function people(x: Array<types.Person>): Array<types.Person> { return host.people(x); }
  export function shapes(x: Array<types.Shape>): Array<types.Shape> { return host.shapes(x); }
  export function aPoint(x: types.Point): types.Point { return host.aPoint(x); }
  export function aPerson(x: types.Person): types.Person { return host.aPerson(x); }
  export function aWide(x: types.Wide): types.Wide { return host.aWide(x); }
  export function aColor(x: types.Color): types.Color { return host.aColor(x); }
  export function anAccess(x: u8): u8 { return host.anAccess(x); }
  export function aBits9(x: u16): u16 { return host.aBits9(x); }
  export function aBits17(x: u32): u32 { return host.aBits17(x); }
  export function aBits32(x: u32): u32 { return host.aBits32(x); }
  export function aShape(x: types.Shape): types.Shape { return host.aShape(x); }
  export function maybe(x: Option<u8>): Option<u8> { return host.maybe(x); }
  export function maybeString(x: Option<string>): Option<string> { return host.maybeString(x); }
  export function maybeMaybe(x: Option<Option<u32>>): Option<Option<u32>> { return host.maybeMaybe(x); }
  export function maybeList(x: Option<Array<Option<string>>>): Option<Array<Option<string>>> { return host.maybeList(x); }
  export function both(x: Result<string, u64>): Result<string, u64> { return host.both(x); }
  export function onlyOk(x: Result<u32, Nothing>): Result<u32, Nothing> { return host.onlyOk(x); }
  export function onlyError(x: Result<Nothing, string>): Result<Nothing, string> { return host.onlyError(x); }
  export function neither(x: Result<Nothing, Nothing>): Result<Nothing, Nothing> { return host.neither(x); }
  export function nested(x: Result<Option<types.Shape>, Result<u8, Array<string>>>): Result<Option<types.Shape>, Result<u8, Array<string>>> { return host.nested(x); }
  export function one(x: Tuple1<u16>): Tuple1<u16> { return host.one(x); }
  export function pair(x: Tuple2<string, f32>): Tuple2<string, f32> { return host.pair(x); }
  export function deep(x: Tuple2<Array<Tuple2<u8, string>>, Option<Tuple2<i64, types.Color>>>): Tuple2<Array<Tuple2<u8, string>>, Option<Tuple2<i64, types.Color>>> { return host.deep(x); }
  export function words(int: i32, type_: string, return_: bool): Tuple3<i32, string, bool> { return host.words(int, type_, return_); }
  export function sixteen(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, i: f32, j: f64, k: u8, l: i8, m: string, n: string): Tuple14<u64, u64, u64, u64, u64, u64, u64, u64, f32, f64, u8, i8, string, string> { return host.sixteen(a, b, c, d, e, f, g, h, i, j, k, l, m, n); }
  export function seventeen(a: u8, b: u64, c: u8, d: u64, e: u8, f: u64, g: u8, h: u64, i: f32, j: f64, k: u8, l: i8, m: string, n: string, o: bool): Tuple15<u8, u64, u8, u64, u8, u64, u8, u64, f32, f64, u8, i8, string, string, bool> { return host.seventeen(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o); }
}

export function plainToo(x: string): string { return coverage.plain(x); }

let living: u32 = 0;

export namespace made {
  export class Note extends Exported {
    content: string;
    constructor(text: string) {
      super();
      this.content = text;
      living++;
    }
    text(): string { return this.content; }
    append(text: string): void { this.content += text; }
    static merge(left: Note, right: exportsMade.NoteHandle): exportsMade.NoteHandle {
      const all = left.content + right.value.content;
      right.drop();
      return exportsMade.NoteHandle.make(new Note(all));
    }
    dropped(): void { living--; }
  }

  export function notes(texts: Array<string>): Array<exportsMade.NoteHandle> {
    const all = new Array<exportsMade.NoteHandle>();
    for (let i = 0; i < texts.length; i++) all.push(exportsMade.NoteHandle.make(new Note(texts[i])));
    return all;
  }

  export function join(notes: Array<Note>): string {
    let all = "";
    for (let i = 0; i < notes.length; i++) all += notes[i].content;
    return all;
  }

  export function take(note: exportsMade.NoteHandle): Result<string, Nothing> {
    const text = note.value.content;
    note.drop();
    return text.length == 0 ? Result.err<string, Nothing>(0) : Result.ok<string, Nothing>(text);
  }

  export function alive(): u32 { return living; }

  export function count(start: u32, steps: Array<u32>): Array<u32> {
    const counter = hosted.Counter.create(start);
    const sums = new Array<u32>();
    for (let i = 0; i < steps.length; i++) sums.push(counter.add(steps[i]));
    const merged = hosted.Counter.merge(counter, hosted.Counter.create(100));
    sums.push(merged.add(1));
    merged.drop();
    counter.drop();
    return sums;
  }

  export function relay(c: hosted.Counter): hosted.Counter { return hosted.pass(c); }

  export function add(c: hosted.Counter, by: u32): u32 { return c.add(by); }

  export function firstOf(starts: Array<u32>): Option<u32> {
    const all = new Array<hosted.Counter>();
    for (let i = 0; i < starts.length; i++) all.push(hosted.Counter.create(starts[i]));
    const first = hosted.first(all);
    if (!first.isSome) return Option.none<u32>();
    const value = first.value.add(0);
    first.value.drop();
    return Option.some<u32>(value);
  }
}
