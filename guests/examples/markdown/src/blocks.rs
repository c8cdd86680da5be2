//! Blocks (CommonMark, sections 4 and 5): containers hand the lines that are theirs to another round.

use crate::inline;
use crate::line::{self, Marker};

const MAX_DEPTH: u32 = 32;

type Line<'a> = (u32, &'a str);

#[derive(Default)]
pub struct Writer {
    pub html: String,
    /// Level, text and line of each heading outside of containers.
    pub headings: Vec<(u8, String, u32)>,
}

impl Writer {
    /// Writes the blocks that lines make; fails with the line where they are nested too deep. The paragraphs of tight lists have no tags.
    pub fn blocks(&mut self, lines: &[Line], is_tight: bool, depth: u32) -> Result<(), u32> {
        if depth > MAX_DEPTH {
            return Err(lines.first().map_or(0, |line| line.0));
        }
        let mut at = 0;
        while at < lines.len() {
            let (number, whole) = lines[at];
            let text = whole.trim_start_matches(' ');
            if line::is_blank(text) {
                at += 1;
            } else if line::indent(whole) >= 4 {
                at += self.indented_code(&lines[at..]);
            } else if let Some((level, title)) = line::heading(text) {
                self.heading(level, title, number, depth);
                at += 1;
            } else if line::fence(text).is_some() {
                at += self.fenced_code(&lines[at..]);
            } else if line::is_rule(text) {
                self.begin("<hr />\n");
                at += 1;
            } else if text.starts_with('>') {
                at += self.quote(&lines[at..], depth)?;
            } else if let Some(marker) = line::marker(text) {
                at += self.list(&lines[at..], marker, depth)?;
            } else {
                at += self.paragraph(&lines[at..], is_tight, depth);
            }
        }
        Ok(())
    }

    /// Blocks begin on a line of their own.
    fn begin(&mut self, tag: &str) {
        if !self.html.is_empty() && !self.html.ends_with('\n') {
            self.html.push('\n');
        }
        self.html.push_str(tag);
    }

    fn heading(&mut self, level: u8, title: &str, number: u32, depth: u32) {
        let tag = char::from(b'0' + level);
        self.begin("<h");
        self.html.extend([tag, '>']);
        inline::write(title, &mut self.html);
        self.html.extend(['<', '/', 'h', tag, '>', '\n']);
        if depth == 0 {
            self.headings.push((level, title.to_string(), number));
        }
    }

    fn paragraph(&mut self, lines: &[Line], is_tight: bool, depth: u32) -> usize {
        let mut text = String::from(lines[0].1.trim_start());
        let mut count = 1;
        let mut heading = None;
        while count < lines.len() && !line::is_blank(lines[count].1) {
            let next = lines[count].1;
            if line::indent(next) < 4 {
                heading = line::underline(next.trim_start());
            }
            if heading.is_some() || line::interrupts(next) {
                break;
            }
            text.push('\n');
            text.push_str(next.trim_start());
            count += 1;
        }
        if let Some(level) = heading {
            self.heading(level, text.trim_end(), lines[0].0, depth);
            return count + 1;
        }
        if is_tight {
            inline::write(text.trim_end(), &mut self.html);
        } else {
            self.begin("<p>");
            inline::write(text.trim_end(), &mut self.html);
            self.html.push_str("</p>\n");
        }
        count
    }

    fn indented_code(&mut self, lines: &[Line]) -> usize {
        let end = lines.iter().position(|line| !line::is_blank(line.1) && line::indent(line.1) < 4).unwrap_or(lines.len());
        let count = lines[..end].iter().rposition(|line| !line::is_blank(line.1)).map_or(end, |last| last + 1);
        self.begin("<pre><code>");
        for code in &lines[..count] {
            self.code_line(line::without_indent(code.1, 4));
        }
        self.html.push_str("</code></pre>\n");
        count
    }

    fn fenced_code(&mut self, lines: &[Line]) -> usize {
        let indent = line::indent(lines[0].1);
        let (mark, length, info) = line::fence(lines[0].1.trim_start()).unwrap_or((b'`', 3, ""));
        self.begin("<pre><code");
        if let Some(language) = info.split([' ', '\t']).next().filter(|language| !language.is_empty()) {
            self.html.push_str(" class=\"language-");
            inline::escape(&inline::unescape(language), &mut self.html);
            self.html.push('"');
        }
        self.html.push('>');
        let mut count = 1;
        for code in &lines[1..] {
            count += 1;
            let closes = line::indent(code.1) < 4
                && matches!(line::fence(code.1.trim_start()), Some((other, long, "")) if other == mark && long >= length);
            if closes {
                break;
            }
            self.code_line(line::without_indent(code.1, indent));
        }
        self.html.push_str("</code></pre>\n");
        count
    }

    fn code_line(&mut self, code: &str) {
        inline::escape(code, &mut self.html);
        self.html.push('\n');
    }

    fn quote(&mut self, lines: &[Line], depth: u32) -> Result<usize, u32> {
        let mut inner: Vec<Line> = Vec::new();
        let mut fences = Fences::default();
        let mut may_go_on = false;
        for &(number, whole) in lines {
            let text = whole.trim_start_matches(' ');
            if let Some(content) = text.strip_prefix('>').filter(|_| line::indent(whole) < 4) {
                let content = content.strip_prefix([' ', '\t']).unwrap_or(content);
                may_go_on = !fences.pass(content) && line::may_go_on(content);
                inner.push((number, content));
            } else if may_go_on && !line::is_blank(whole) && !line::interrupts(whole) {
                inner.push((number, lazy(whole)));
            } else {
                break;
            }
        }
        self.begin("<blockquote>\n");
        self.blocks(&inner, false, depth + 1)?;
        self.html.push_str("</blockquote>\n");
        Ok(inner.len())
    }

    fn list(&mut self, lines: &[Line], first: Marker, depth: u32) -> Result<usize, u32> {
        let is_ordered = matches!(first.kind, b'.' | b')');
        let mut items: Vec<Vec<Line>> = Vec::new();
        let (mut at, mut is_loose) = (0, false);
        while let Some(marker) = item_at(&lines[at..], first.kind) {
            let (item, count, has_gap) = take_item(&lines[at..], marker);
            at += count;
            let ends_blank = count > item.len();
            items.push(item);
            is_loose |= has_gap || (ends_blank && item_at(&lines[at..], first.kind).is_some());
        }
        match (is_ordered, first.number) {
            (false, _) => self.begin("<ul>\n"),
            (true, 1) => self.begin("<ol>\n"),
            (true, start) => self.begin(&format!("<ol start=\"{start}\">\n")),
        }
        for item in &items {
            self.html.push_str("<li>");
            self.blocks(item, !is_loose, depth + 1)?;
            self.html.push_str("</li>\n");
        }
        self.html.push_str(if is_ordered { "</ol>\n" } else { "</ul>\n" });
        Ok(at)
    }
}

/// Whether lines of a container are within a code fence.
#[derive(Default)]
struct Fences(Option<(u8, usize)>);

impl Fences {
    /// Whether the line is a fence or within one.
    fn pass(&mut self, content: &str) -> bool {
        let found = if line::indent(content) < 4 { line::fence(content.trim_start_matches(' ')) } else { None };
        match (self.0, found) {
            (None, Some((mark, length, _))) => self.0 = Some((mark, length)),
            (None, None) => return false,
            (Some((mark, length)), Some((other, long, ""))) if mark == other && long >= length => self.0 = None,
            _ => {}
        }
        true
    }
}

/// A line that goes on with a paragraph begins nothing else, however far it is indented.
fn lazy(line: &str) -> &str {
    line.trim_start()
}

fn item_at(lines: &[Line], kind: u8) -> Option<Marker> {
    let whole = lines.first()?.1;
    line::marker(whole.trim_start_matches(' ')).filter(|marker| marker.kind == kind && line::indent(whole) < 4)
}

/// The lines of an item without blank ones at its end, how many lines were read with those, and whether a blank one separates two of its blocks.
fn take_item<'a>(lines: &[Line<'a>], marker: Marker) -> (Vec<Line<'a>>, usize, bool) {
    let offset = line::indent(lines[0].1) + marker.width;
    let start = lines[0].1.get(offset..).unwrap_or("");
    let mut item = vec![(lines[0].0, start)];
    let mut fences = Fences::default();
    let mut may_go_on = !fences.pass(start) && line::may_go_on(start);
    let (mut blanks, mut has_gap) = (0, false);
    for &(number, whole) in &lines[1..] {
        if line::is_blank(whole) {
            // An item may begin with one blank line, not with two.
            if marker.is_empty && item.len() == 1 {
                blanks += 1;
                break;
            }
            blanks += 1;
            may_go_on = false;
            continue;
        }
        let content = if line::indent(whole) >= offset {
            &whole[offset..]
        } else if may_go_on && !line::interrupts(whole) && line::marker(whole.trim_start()).is_none() {
            lazy(whole)
        } else {
            break;
        };
        // Within a nested list or code a gap does not concern this list.
        has_gap |= blanks > 0 && fences.0.is_none() && line::indent(content) < 2;
        item.extend((0..blanks).map(|_| (number, "")));
        blanks = 0;
        may_go_on = !fences.pass(content) && line::may_go_on(content);
        item.push((number, content));
    }
    let count = item.len() + blanks;
    (item, count, has_gap)
}
