//! What a text consists of.

/// The numbers, as JSON.
pub fn of(text: &str) -> String {
    let characters = text.chars().count();
    let words = text.split_whitespace().count();
    let lines = text.lines().count();
    let mut paragraphs = 0;
    let mut is_within = false;
    for line in text.lines() {
        let is_blank = line.trim().is_empty();
        if !is_blank && !is_within {
            paragraphs += 1;
        }
        is_within = !is_blank;
    }
    format!("{{\"characters\":{characters},\"words\":{words},\"lines\":{lines},\"paragraphs\":{paragraphs}}}\n")
}
