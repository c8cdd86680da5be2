//! What stands within a paragraph (CommonMark, section 6). The work grows with the length of the text, whatever it is: what looks ahead has a limit.

use crate::line;

const MAX_AHEAD: usize = 2000;
const MAX_TICKS: usize = 64;
const MAX_BRACKETS: usize = 32;

enum Piece {
    Text(String),
    /// What is finished, and how it reads without tags.
    Html { html: String, plain: String },
    /// A run of `*` or `_` of which this many are not used yet.
    Run { mark: char, left: usize, whole: usize, opens: bool, closes: bool },
    /// `[` or `![`.
    Bracket { is_image: bool },
}

/// Writes text as HTML.
pub fn write(text: &str, html: &mut String) {
    let mut reader = Reader { text, at: 0, pieces: Vec::new(), brackets: Vec::new(), last_ticks: last_ticks(text) };
    reader.read();
    let end = reader.pieces.len();
    emphasize(&mut reader.pieces, 0, end);
    put(&reader.pieces, true, html);
}

pub fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(character),
        }
    }
}

/// Text without backslashes before punctuation, and with the characters that entities stand for.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escaped = rest[first.len_utf8()..].chars().next().filter(|next| first == '\\' && next.is_ascii_punctuation());
        if let Some(next) = escaped {
            plain.push(next);
            rest = &rest[2..];
        } else if let Some((character, length)) = entity(rest) {
            plain.push(character);
            rest = &rest[length..];
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    plain
}

/// The entity that a text begins with, and its length: numbers, and the names of XML (section 6.4 has many more).
fn entity(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    let end = body.bytes().take(9).position(|byte| byte == b';')?;
    let name = &body[..end];
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) if hex.len() <= 6 => line::number(hex, 16),
        None if digits.len() <= 7 => line::number(digits, 10),
        _ => None,
    });
    let character = known.or_else(|| number.map(|code| char::from_u32(code).filter(|&found| found != '\0').unwrap_or('\u{fffd}')))?;
    Some((character, end + 2))
}

/// Where the last run of backticks of each length begins.
fn last_ticks(text: &str) -> [usize; MAX_TICKS + 1] {
    let mut last = [0; MAX_TICKS + 1];
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = ticks(&text[start..]);
        if length <= MAX_TICKS {
            last[length] = start;
        }
        at = start + length;
    }
    last
}

fn ticks(text: &str) -> usize {
    text.bytes().take_while(|&byte| byte == b'`').count()
}

/// The first bytes of a text, without half a character at their end.
fn ahead(text: &str) -> &str {
    let mut end = text.len().min(MAX_AHEAD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    pieces: Vec<Piece>,
    /// The brackets that may still become links: where they stand among the pieces.
    brackets: Vec<usize>,
    last_ticks: [usize; MAX_TICKS + 1],
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(character) = self.rest().chars().next() {
            let is_read = match character {
                '\\' => self.backslash(),
                '`' => self.code(),
                '*' | '_' => self.run(character),
                '<' => self.autolink(),
                '&' => self.entity(),
                '\n' => self.line_end(),
                '[' => self.bracket(false),
                '!' if self.rest().starts_with("![") => self.bracket(true),
                ']' => self.link(),
                _ => false,
            };
            if !is_read {
                self.push_text(character);
                self.at += character.len_utf8();
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn push_text(&mut self, character: char) {
        if let Some(Piece::Text(text)) = self.pieces.last_mut() {
            text.push(character);
        } else {
            self.pieces.push(Piece::Text(character.to_string()));
        }
    }

    fn backslash(&mut self) -> bool {
        match self.rest()[1..].chars().next() {
            Some('\n') => {
                self.pieces.push(hard_break());
                self.at += 2;
            }
            Some(next) if next.is_ascii_punctuation() => {
                self.push_text(next);
                self.at += 2;
            }
            _ => return false,
        }
        true
    }

    fn code(&mut self) -> bool {
        let length = ticks(self.rest());
        if length > MAX_TICKS || self.last_ticks[length] <= self.at {
            (0..length).for_each(|_| self.push_text('`'));
            self.at += length;
            return true;
        }
        let start = self.at + length;
        let mut end = start;
        loop {
            end += self.text[end..].find('`').unwrap_or(0);
            let found = ticks(&self.text[end..]);
            if found == length {
                break;
            }
            end += found;
        }
        let code = self.text[start..end].replace('\n', " ");
        let is_padded = code.len() > 1 && code.starts_with(' ') && code.ends_with(' ') && code.bytes().any(|byte| byte != b' ');
        let mut html = String::from("<code>");
        let plain = String::from(if is_padded { &code[1..code.len() - 1] } else { &code });
        escape(&plain, &mut html);
        html.push_str("</code>");
        self.pieces.push(Piece::Html { html, plain });
        self.at = end + length;
        true
    }

    /// Section 6.2: which runs can open emphasis and which can close it.
    fn run(&mut self, mark: char) -> bool {
        let length = self.rest().chars().take_while(|&next| next == mark).count();
        let before = self.text[..self.at].chars().next_back().unwrap_or('\n');
        let after = self.rest()[length..].chars().next().unwrap_or('\n');
        let (is_left, is_right) = (flanks(after, before), flanks(before, after));
        let is_word = mark == '_';
        self.pieces.push(Piece::Run {
            mark,
            left: length,
            whole: length,
            opens: is_left && (!is_word || !is_right || is_punctuation(before)),
            closes: is_right && (!is_word || !is_left || is_punctuation(after)),
        });
        self.at += length;
        true
    }

    fn autolink(&mut self) -> bool {
        let body = ahead(&self.rest()[1..]);
        let end = match body.find(|found: char| found == '>' || found == '<' || found <= ' ') {
            Some(end) => end,
            None => return false,
        };
        let address = &body[..end];
        let scheme = address.find(':').map_or("", |colon| &address[..colon]);
        let is_mail = scheme.is_empty() && is_mail(address);
        if !body[end..].starts_with('>') || !(is_mail || (2..=32).contains(&scheme.len()) && is_scheme(scheme)) {
            return false;
        }
        let mut html = String::from(if is_mail { "<a href=\"mailto:" } else { "<a href=\"" });
        address_into(address, &mut html);
        html.push_str("\">");
        escape(address, &mut html);
        html.push_str("</a>");
        self.pieces.push(Piece::Html { html, plain: address.to_string() });
        self.at += end + 2;
        true
    }

    fn entity(&mut self) -> bool {
        if let Some((character, length)) = entity(self.rest()) {
            self.push_text(character);
            self.at += length;
            return true;
        }
        false
    }

    /// Sections 6.7 and 6.8: two spaces before the end of a line make it a hard break.
    fn line_end(&mut self) -> bool {
        let mut is_hard = false;
        if let Some(Piece::Text(text)) = self.pieces.last_mut() {
            is_hard = text.ends_with("  ");
            text.truncate(text.trim_end_matches(' ').len());
        }
        if is_hard { self.pieces.push(hard_break()) } else { self.push_text('\n') }
        self.at += 1;
        true
    }

    fn bracket(&mut self, is_image: bool) -> bool {
        if self.brackets.len() == MAX_BRACKETS {
            self.brackets.remove(0);
        }
        self.brackets.push(self.pieces.len());
        self.pieces.push(Piece::Bracket { is_image });
        self.at += if is_image { 2 } else { 1 };
        true
    }

    /// Section 6.3: `](address "title")` makes a link of what stands since the bracket.
    fn link(&mut self) -> bool {
        let start = match self.brackets.pop() {
            Some(start) => start,
            None => return false,
        };
        let is_image = matches!(self.pieces[start], Piece::Bracket { is_image: true });
        let (address, title, length) = match target(ahead(&self.rest()[1..])) {
            Some(found) => found,
            None => return false,
        };
        let end = self.pieces.len();
        emphasize(&mut self.pieces, start + 1, end);
        let mut plain = String::new();
        put(&self.pieces[start + 1..], false, &mut plain);
        let mut html = String::from(if is_image { "<img src=\"" } else { "<a href=\"" });
        address_into(&address, &mut html);
        if is_image {
            html.push_str("\" alt=\"");
            escape(&plain, &mut html);
        }
        if let Some(title) = title {
            html.push_str("\" title=\"");
            escape(&title, &mut html);
        }
        if is_image {
            html.push_str("\" />");
        } else {
            html.push_str("\">");
            put(&self.pieces[start + 1..], true, &mut html);
            html.push_str("</a>");
            // Links do not stand within links.
            self.brackets.retain(|&at| matches!(self.pieces[at], Piece::Bracket { is_image: true }));
        }
        self.pieces.truncate(start);
        self.pieces.push(Piece::Html { html, plain });
        self.at += 1 + length;
        true
    }
}

/// Whether a run stands at this side of a word: `inner` is the character on the side of the word.
fn flanks(inner: char, outer: char) -> bool {
    !inner.is_whitespace() && (!is_punctuation(inner) || outer.is_whitespace() || is_punctuation(outer))
}

fn is_punctuation(character: char) -> bool {
    const OTHERS: [(char, char); 5] =
        [('\u{a1}', '\u{bf}'), ('\u{2010}', '\u{2027}'), ('\u{2030}', '\u{205e}'), ('\u{20a0}', '\u{20bf}'), ('\u{3001}', '\u{3003}')];
    character.is_ascii_punctuation() || OTHERS.iter().any(|&(first, last)| (first..=last).contains(&character))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').map_or(false, |(name, host)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte))
            && host.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    })
}

/// Address and title between parentheses, and the length of all of it.
fn target(text: &str) -> Option<(String, Option<String>, usize)> {
    let inner = text.strip_prefix('(')?.trim_start();
    let (address, rest) = if let Some(pointed) = inner.strip_prefix('<') {
        let end = find_unescaped(pointed, |found| matches!(found, '>' | '<' | '\n'))?;
        (&pointed[..end], pointed[end..].strip_prefix('>')?)
    } else {
        let mut depth = 0;
        let end = find_unescaped(inner, |found| {
            depth += match found {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth < 0 || found <= ' '
        })?;
        inner.split_at(end)
    };
    let after = rest.trim_start();
    let (title, after) = match after.chars().next()? {
        quote @ ('"' | '\'' | '(') if after.len() < rest.len() => {
            let close = if quote == '(' { ')' } else { quote };
            let end = find_unescaped(&after[1..], |found| found == close)?;
            (Some(unescape(&after[1..=end])), after[end + 2..].trim_start())
        }
        _ => (None, after),
    };
    after.starts_with(')').then(|| (unescape(address), title, text.len() - after.len() + 1))
}

fn find_unescaped(text: &str, mut is_end: impl FnMut(char) -> bool) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find(|&(_, found)| {
        let was_escaped = is_escaped;
        is_escaped = !was_escaped && found == '\\';
        !was_escaped && is_end(found)
    }).map(|found| found.0)
}

/// An address that may be followed: other schemes than those of the web and of mail could run something.
fn address_into(address: &str, html: &mut String) {
    let scheme = address.find([':', '/', '?', '#']).filter(|&end| address[end..].starts_with(':')).map(|end| &address[..end]);
    if scheme.map_or(false, |scheme| !["http", "https", "mailto"].iter().any(|safe| scheme.eq_ignore_ascii_case(safe))) {
        return;
    }
    for byte in address.bytes() {
        match byte {
            b'&' => html.push_str("&amp;"),
            b'!' | b'#'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~' => html.push(char::from(byte)),
            _ => html.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
}

fn hex(digit: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(digit)])
}

fn hard_break() -> Piece {
    Piece::Html { html: "<br />\n".to_string(), plain: "\n".to_string() }
}

/// Makes emphasis of the runs in a part of the pieces.
fn emphasize(pieces: &mut Vec<Piece>, start: usize, end: usize) {
    let mut tags: Vec<(usize, bool, &'static str)> = Vec::new();
    let mut openers: Vec<usize> = Vec::new();
    // For a mark, a length modulo three and whether the closer opens too: below this there is no opener (the rule of three makes the difference).
    let mut bottoms = [[[start; 2]; 3]; 2];
    for closer in start..end {
        let (mark, whole, opens, closes) = match pieces[closer] {
            Piece::Run { mark, whole, opens, closes, .. } => (mark, whole, opens, closes),
            _ => continue,
        };
        let kind = usize::from(mark == '_');
        while closes && left(&pieces[closer]) > 0 {
            let bottom = bottoms[kind][whole % 3][usize::from(opens)];
            let above = openers.iter().rev().take_while(|&&at| at >= bottom).position(|&at| fits(&pieces[at], mark, whole, opens));
            let opener = match above {
                Some(above) => {
                    openers.truncate(openers.len() - above);
                    openers[openers.len() - 1]
                }
                None => {
                    bottoms[kind][whole % 3][usize::from(opens)] = closer;
                    break;
                }
            };
            let used = if left(&pieces[opener]) >= 2 && left(&pieces[closer]) >= 2 { 2 } else { 1 };
            tags.push((opener, true, if used == 2 { "<strong>" } else { "<em>" }));
            tags.push((closer, false, if used == 2 { "</strong>" } else { "</em>" }));
            for at in [opener, closer] {
                if let Piece::Run { left, .. } = &mut pieces[at] {
                    *left -= used;
                }
            }
            if left(&pieces[opener]) == 0 {
                openers.pop();
            }
        }
        if opens && left(&pieces[closer]) > 0 {
            openers.push(closer);
        }
    }
    place(pieces, start, &tags);
}

fn left(piece: &Piece) -> usize {
    if let Piece::Run { left, .. } = piece { *left } else { 0 }
}

fn fits(opener: &Piece, mark: char, whole: usize, opens: bool) -> bool {
    match opener {
        Piece::Run { mark: other, whole: length, closes, .. } => {
            *other == mark && !((opens || *closes) && (length + whole) % 3 == 0 && (length % 3 != 0 || whole % 3 != 0))
        }
        _ => false,
    }
}

/// Turns runs into what they became: for an opener what is left and then its tags from outside in, for a closer its tags and then what is left.
fn place(pieces: &mut [Piece], start: usize, tags: &[(usize, bool, &'static str)]) {
    let mut made: Vec<(Vec<&str>, Vec<&str>)> = (start..pieces.len()).map(|_| Default::default()).collect();
    for &(at, is_opening, tag) in tags {
        let (closing, opening) = &mut made[at - start];
        if is_opening { opening.push(tag) } else { closing.push(tag) }
    }
    for (piece, (closing, opening)) in pieces[start..].iter_mut().zip(made) {
        if let Piece::Run { mark, left, .. } = piece {
            let plain: String = (0..*left).map(|_| *mark).collect();
            let mut html = closing.concat();
            html.push_str(&plain);
            html.extend(opening.into_iter().rev());
            *piece = Piece::Html { html, plain };
        }
    }
}

fn put(pieces: &[Piece], has_tags: bool, output: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Text(text) if has_tags => escape(text, output),
            Piece::Text(text) => output.push_str(text),
            Piece::Html { html, plain } => output.push_str(if has_tags { html } else { plain }),
            Piece::Run { mark, left, .. } => output.extend((0..*left).map(|_| *mark)),
            Piece::Bracket { is_image } => output.push_str(if *is_image { "![" } else { "[" }),
        }
    }
}
