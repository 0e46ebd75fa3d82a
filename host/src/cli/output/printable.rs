//! Text from outside (label values, error bodies, a plugin's names) made fit for a terminal:
//! what would move the cursor, change colours or turn the direction of reading is shown as an escape.

/// One line: control characters, line breaks among them, become escapes.
pub(crate) fn line(text: &str) -> String {
    escape(text, false)
}

/// Several lines: line breaks stay.
pub(crate) fn lines(text: &str) -> String {
    escape(text, true)
}

fn escape(text: &str, keep_line_breaks: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' if keep_line_breaks => out.push(c),
            _ if c.is_control() || is_invisible(c) => out.extend(c.escape_default()),
            _ => out.push(c),
        }
    }
    out
}

/// Marks of direction and of width zero: they make a text look like another one.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_would_command_it() {
        assert_eq!(line("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(line("a\nb\tc\0"), "a\\nb\\tc\\u{0}");
        assert_eq!(line("a\u{202e}b\u{200f}"), "a\\u{202e}b\\u{200f}");
        assert_eq!(line("\u{9b}2J"), "\\u{9b}2J");
    }

    #[test]
    fn people_s_own_letters_stay() {
        assert_eq!(line("연구실 \"β\" 🚀"), "연구실 \"β\" 🚀");
        assert_eq!(lines("two\nlines\r"), "two\nlines\\r");
    }
}
