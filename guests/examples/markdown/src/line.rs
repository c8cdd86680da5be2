//! What a single line is (CommonMark, sections 2.2 and 4).

/// A tab leads to the next column that is a multiple of four; only those before the first character matter.
pub fn expand_tabs(line: &str) -> String {
    let mut expanded = String::with_capacity(line.len());
    for (at, character) in line.char_indices() {
        match character {
            ' ' => expanded.push(' '),
            '\t' => {
                expanded.push(' ');
                while expanded.len() % 4 != 0 {
                    expanded.push(' ');
                }
            }
            _ => {
                expanded.push_str(&line[at..]);
                break;
            }
        }
    }
    expanded
}

pub fn indent(line: &str) -> usize {
    line.bytes().take_while(|&byte| byte == b' ').count()
}

pub fn is_blank(line: &str) -> bool {
    line.bytes().all(|byte| byte == b' ' || byte == b'\t')
}

/// The line without at most this many spaces at its beginning.
pub fn without_indent(line: &str, most: usize) -> &str {
    &line[indent(line).min(most)..]
}

/// Level and text of a heading with `#`.
pub fn heading(line: &str) -> Option<(u8, &str)> {
    let level = line.bytes().take_while(|&byte| byte == b'#').count();
    let text = &line[level..];
    if !(1..=6).contains(&level) || !(text.is_empty() || text.starts_with([' ', '\t'])) {
        return None;
    }
    let text = text.trim();
    let closed = text.trim_end_matches('#');
    Some((level as u8, if closed.is_empty() || closed.ends_with([' ', '\t']) { closed.trim_end() } else { text }))
}

pub fn is_rule(line: &str) -> bool {
    let mark = line.bytes().next().unwrap_or(0);
    matches!(mark, b'*' | b'-' | b'_')
        && line.bytes().all(|byte| byte == mark || byte == b' ' || byte == b'\t')
        && line.bytes().filter(|&byte| byte == mark).count() >= 3
}

/// The character, the length and the info string of a code fence.
pub fn fence(line: &str) -> Option<(u8, usize, &str)> {
    let mark = line.bytes().next()?;
    let length = line.bytes().take_while(|&byte| byte == mark).count();
    let info = line[if matches!(mark, b'`' | b'~') { length } else { return None }..].trim();
    (length >= 3 && !(mark == b'`' && info.contains('`'))).then_some((mark, length, info))
}

/// Level of the heading that a line below a paragraph makes of it.
pub fn underline(line: &str) -> Option<u8> {
    let text = line.trim_end();
    match text.bytes().next()? {
        mark @ (b'=' | b'-') if indent(line) == 0 && text.bytes().all(|byte| byte == mark) => Some(if mark == b'=' { 1 } else { 2 }),
        _ => None,
    }
}

/// The marker of an item: its kind, the number that it begins with, and how many columns belong to it.
#[derive(Clone, Copy)]
pub struct Marker {
    pub kind: u8,
    pub number: u32,
    pub width: usize,
    pub is_empty: bool,
}

pub fn marker(line: &str) -> Option<Marker> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let kind = *line.as_bytes().get(digits)?;
    let fits = if digits == 0 { matches!(kind, b'-' | b'+' | b'*') } else { digits <= 9 && matches!(kind, b'.' | b')') };
    let after = line.get(digits + 1..)?;
    if !fits || is_rule(line) || !(after.is_empty() || after.starts_with([' ', '\t'])) {
        return None;
    }
    let is_empty = is_blank(after);
    let spaces = after.bytes().take_while(|&byte| byte == b' ' || byte == b'\t').count();
    let taken = if is_empty || spaces > 4 { 1 } else { spaces };
    Some(Marker { kind, number: number(&line[..digits], 10).unwrap_or(0), width: digits + 1 + taken, is_empty })
}

/// The number that digits make; there are few enough of them.
pub fn number(digits: &str, radix: u32) -> Option<u32> {
    digits.chars().try_fold(None, |number, digit| Some(Some(number.unwrap_or(0) * radix + digit.to_digit(radix)?))).flatten()
}

/// Whether a line ends a paragraph before it.
pub fn interrupts(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    indent(line) < 4
        && (text.starts_with('>')
            || heading(text).is_some()
            || is_rule(text)
            || fence(text).is_some()
            || marker(text).map_or(false, |marker| !marker.is_empty && marker.number <= 1 && (marker.number == 1 || !text.as_bytes()[0].is_ascii_digit())))
}

/// Whether a paragraph may go on after this line in lines that lack the marks of their container.
pub fn may_go_on(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    !is_blank(text) && indent(line) < 4 && heading(text).is_none() && !is_rule(text) && fence(text).is_none()
}
