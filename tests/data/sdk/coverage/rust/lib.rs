//! The guest of the coverage world: each function of `echo` asks the host's function of the same name.
#![deny(warnings)]
mod bindings;
use bindings::exports::{echo, made};
use bindings::{hosted, types};
use std::cell::{Cell, RefCell};

struct Component;

macro_rules! same {
    ($($name:ident: $type:ty;)*) => { $(
        fn $name(x: $type) -> $type { bindings::echo::$name(x) }
    )* };
}
macro_rules! same_by_reference {
    ($($name:ident: $type:ty;)*) => { $(
        fn $name(x: $type) -> $type { bindings::echo::$name(&x) }
    )* };
}
type Deep = (Vec<(u8, String)>, Option<(i64, types::Color)>);
type Nested = Result<Option<types::Shape>, Result<u8, Vec<String>>>;

impl echo::Guest for Component {
    fn nothing() { bindings::echo::nothing() }
    same! {
        a_bool: bool; a_s8: i8; a_u8: u8; a_s16: i16; a_u16: u16; a_s32: i32; a_u32: u32; a_s64: i64; a_u64: u64;
        an_f32: f32; an_f64: f64; a_char: char;
        a_point: types::AliasOfPoint; a_color: types::Color; an_access: types::Access;
        a_bits9: types::Bits9; a_bits17: types::Bits17; a_bits32: types::Bits32;
        maybe: Option<u8>; maybe_maybe: Option<Option<u32>>; only_ok: Result<u32, ()>; neither: Result<(), ()>;
        one: (u16,);
    }
    same_by_reference! {
        a_string: String; bytes: Vec<u8>; bools: Vec<bool>; shorts: Vec<i16>; longs: Vec<u64>; doubles: Vec<f64>; chars: Vec<char>;
        strings: types::Names; string_lists: Vec<Vec<String>>; points: Vec<types::Point>; people: Vec<types::Person>;
        shapes: Vec<types::Shape>; a_person: types::Person; a_wide: types::Wide; a_shape: types::Shape;
        pair: (String, f32); deep: Deep;
    }
    fn maybe_string(x: Option<String>) -> Option<String> { bindings::echo::maybe_string(x.as_deref()) }
    fn maybe_list(x: Option<Vec<Option<String>>>) -> Option<Vec<Option<String>>> { bindings::echo::maybe_list(x.as_deref()) }
    fn both(x: Result<String, u64>) -> Result<String, u64> { bindings::echo::both(x.as_deref().map_err(|e| *e)) }
    fn only_error(x: Result<(), String>) -> Result<(), String> { bindings::echo::only_error(x.as_ref().map(|_| ()).map_err(|e| e.as_str())) }
    fn nested(x: Nested) -> Nested {
        let x = match &x {
            Ok(shape) => Ok(shape.as_ref()),
            Err(Ok(number)) => Err(Ok(*number)),
            Err(Err(texts)) => Err(Err(texts.as_slice())),
        };
        bindings::echo::nested(x)
    }
    fn words(int: i32, type_: String, return_: bool) -> (i32, String, bool) { bindings::echo::words(int, &type_, return_) }
    fn sixteen(
        a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, i: f32, j: f64, k: u8, l: i8, m: String, n: String,
    ) -> (u64, u64, u64, u64, u64, u64, u64, u64, f32, f64, u8, i8, String, String) {
        bindings::echo::sixteen(a, b, c, d, e, f, g, h, i, j, k, l, &m, &n)
    }
    fn seventeen(
        a: u8, b: u64, c: u8, d: u64, e: u8, f: u64, g: u8, h: u64, i: f32, j: f64, k: u8, l: i8, m: String, n: String, o: bool,
    ) -> (u8, u64, u8, u64, u8, u64, u8, u64, f32, f64, u8, i8, String, String, bool) {
        bindings::echo::seventeen(a, b, c, d, e, f, g, h, i, j, k, l, &m, &n, o)
    }
}

struct Note {
    text: RefCell<String>,
}

struct Alive(Cell<u32>);
// The module has one thread.
unsafe impl Sync for Alive {}
static ALIVE: Alive = Alive(Cell::new(0));

impl Drop for Note {
    fn drop(&mut self) { ALIVE.0.set(ALIVE.0.get() - 1); }
}

impl made::GuestNote for Note {
    fn new(text: String) -> Self {
        ALIVE.0.set(ALIVE.0.get() + 1);
        Note { text: RefCell::new(text) }
    }
    fn text(&self) -> String { self.text.borrow().clone() }
    fn append(&self, text: String) { self.text.borrow_mut().push_str(&text); }
    fn merge(left: made::NoteBorrow<'_>, right: made::Note) -> made::Note {
        let text = left.get::<Note>().text() + &right.get::<Note>().text();
        made::Note::new(Note::new(text))
    }
}

impl made::Guest for Component {
    type Note = Note;
    fn notes(texts: Vec<String>) -> Vec<made::Note> {
        texts.into_iter().map(|text| made::Note::new(<Note as made::GuestNote>::new(text))).collect()
    }
    fn join(notes: Vec<made::NoteBorrow<'_>>) -> String {
        use made::GuestNote;
        notes.iter().map(|note| note.get::<Note>().text()).collect()
    }
    fn take(note: made::Note) -> Result<String, ()> {
        use made::GuestNote;
        let text = note.get::<Note>().text();
        if text.is_empty() { Err(()) } else { Ok(text) }
    }
    fn alive() -> u32 { ALIVE.0.get() }
    fn count(start: u32, steps: Vec<u32>) -> Vec<u32> {
        let counter = hosted::Counter::new(start);
        let mut sums: Vec<u32> = steps.into_iter().map(|step| counter.add(step)).collect();
        let merged = hosted::Counter::merge(&counter, hosted::Counter::new(100));
        sums.push(merged.add(1));
        sums
    }
    fn relay(c: hosted::Counter) -> hosted::Counter { hosted::pass(c) }
    fn add(c: &hosted::Counter, by: u32) -> u32 { c.add(by) }
    fn first_of(starts: Vec<u32>) -> Option<u32> {
        hosted::first(starts.into_iter().map(hosted::Counter::new).collect()).map(|counter| counter.add(0))
    }
}

impl bindings::Guest for Component {
    fn plain_too(x: String) -> String { bindings::plain(&x) }
}

bindings::component!(Component);
