// The bindings are written by each build.
#[path = "../build/bindings/bindings.rs"]
mod bindings;
mod blocks;
mod inline;
mod line;

use bindings::exports::pages::{Error, Guest, Heading};
use blocks::Writer;

const MAX_TEXT: usize = 1 << 20;

struct Component;

impl Guest for Component {
    fn render(markdown: String) -> Result<String, Error> {
        Ok(write(&markdown)?.html)
    }

    fn outline(markdown: String) -> Result<Vec<Heading>, Error> {
        let headings = write(&markdown)?.headings;
        Ok(headings.into_iter().map(|(level, text, line)| Heading { level, text, line }).collect())
    }
}

bindings::component!(Component);
bindings::small_allocator!();

fn write(markdown: &str) -> Result<Writer, Error> {
    if markdown.len() > MAX_TEXT {
        return Err(Error::TooLong(markdown.len() as u32));
    }
    // U+0000 is no character of HTML (CommonMark, section 2.3).
    let lines: Vec<String> = markdown.lines().map(|line| line::expand_tabs(&line.replace('\0', "\u{fffd}"))).collect();
    let numbered: Vec<(u32, &str)> = (1..).zip(lines.iter().map(String::as_str)).collect();
    let mut writer = Writer::default();
    writer.blocks(&numbered, false, 0).map_err(Error::TooDeep)?;
    Ok(writer)
}
