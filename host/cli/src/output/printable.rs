//! Text that is fit for a terminal, whoever wrote it: a character that would move the cursor, change colours, turn the
//! direction of reading or not be seen at all is written as an escape.
//!
//! All that is printed passes [`Printable`], which leaves line feeds alone. [`line`] and [`lines`] are for text from
//! outside (label values, messages of a server or a plugin) within a layout of our own.

use std::borrow::Cow;
use std::io::{self, Write};

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// One line: line feeds become escapes as well.
pub(crate) fn line(text: &str) -> String {
    escaped(text, "\\n")
}

/// Several lines, each but the first indented: none of them can be taken for a line of ours.
pub(crate) fn lines(text: &str) -> String {
    escaped(text, "\n  ")
}

/// The most characters of a value that are repeated to whoever gave it.
pub(crate) const REPEATED: usize = 200;

/// The head of a text from outside that is longer than so many characters.
pub(crate) fn head(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

fn escaped(text: &str, line_feed: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str(line_feed),
            _ if is_hidden(c) => out.push_str(&Escape::Text.of(c)),
            _ => out.push(c),
        }
    }
    out
}

/// The way in which a character is written that is not to be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// For people, as Rust has it: `\u{1b}`.
    Text,
    /// As JSON has it: `\u001b`. Valid wherever such a character may stand in JSON, which is in strings alone.
    Json,
}

impl Escape {
    fn of(self, c: char) -> String {
        match self {
            Self::Text => c.escape_default().to_string(),
            Self::Json => {
                let halves = c.encode_utf16(&mut [0; 2]).to_vec();
                halves.iter().map(|half| format!("\\u{half:04x}")).collect()
            }
        }
    }
}

/// Returns true if a character commands a terminal, or leaves no mark on it. Line feeds are not hidden.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | ' '..='~' => false,
        // The one blank that Unicode takes for a symbol: a Braille pattern without dots.
        '\u{2800}' => true,
        _ => {
            // Control and format characters (marks of direction among them), line separators, and whatever is there to
            // be ignored: fillers, tags, variation selectors.
            let category = CodePointMapData::<GeneralCategory>::new().get(c);
            matches!(
                category,
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
            ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        }
    }
}

/// A writer of UTF-8 that lets nothing hidden through.
pub(crate) struct Printable<W> {
    inner: W,
    escape: Escape,
    /// The beginning of a character whose end is still to come.
    begun: Vec<u8>,
}

impl<W: Write> Printable<W> {
    pub(crate) fn new(inner: W, escape: Escape) -> Self {
        let begun = Vec::new();
        Self {
            inner,
            escape,
            begun,
        }
    }

    fn write_text(&mut self, text: &str) -> io::Result<()> {
        for part in text.split_inclusive(is_hidden) {
            let shown = part.strip_suffix(is_hidden).unwrap_or(part);
            self.inner.write_all(shown.as_bytes())?;
            if let Some(hidden) = part.chars().next_back().filter(|c| is_hidden(*c)) {
                self.inner.write_all(self.escape.of(hidden).as_bytes())?;
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = Cow::Borrowed(bytes);
        if !self.begun.is_empty() {
            self.begun.extend_from_slice(bytes);
            text = Cow::Owned(std::mem::take(&mut self.begun));
        }
        let mut chunks = text.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.write_text(chunk.valid())?;
            let broken = chunk.invalid();
            if chunks.peek().is_none() && is_begun(broken) {
                self.begun = broken.to_vec();
            } else if !broken.is_empty() {
                self.write_text("\u{fffd}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Returns true if these bytes, which are no character, are the beginning of one.
fn is_begun(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &[u8], escape: Escape, at_once: usize) -> String {
        let mut out = Printable::new(Vec::new(), escape);
        for piece in text.chunks(at_once) {
            out.write_all(piece).unwrap();
        }
        String::from_utf8(out.inner).unwrap()
    }

    #[test]
    fn a_long_text_is_known_by_its_head() {
        assert_eq!(head("가나다", 3), "가나다");
        assert_eq!(head("가나다라", 3), "가나다…");
        assert_eq!(head("", 3), "");
    }

    #[test]
    fn nothing_reaches_the_terminal_that_would_command_it() {
        assert_eq!(line("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(line("a\nb\tc\0"), "a\\nb\\tc\\u{0}");
        assert_eq!(line("a\u{202e}b\u{200f}"), "a\\u{202e}b\\u{200f}");
        assert_eq!(line("\u{9b}2J"), "\\u{9b}2J");
    }

    #[test]
    fn what_leaves_no_mark_is_shown() {
        for hidden in [
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{180e}',
            '\u{200b}',
            '\u{2028}',
            '\u{2029}',
            '\u{2060}',
            '\u{2066}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0000}',
            '\u{e0041}',
            '\u{e007f}',
            '\u{e0100}',
        ] {
            let code = u32::from(hidden);
            let expected = format!("\\u{{{code:x}}}");
            assert_eq!(line(&hidden.to_string()), expected);
            assert_eq!(lines(&hidden.to_string()), expected);
            assert_eq!(
                printed(hidden.to_string().as_bytes(), Escape::Text, 1),
                expected
            );
        }
    }

    #[test]
    fn people_s_own_letters_stay() {
        let text = "연구실 \"β\" 🚀 ประเทศไทย é हिन्दी";
        assert_eq!(line(text), text);
        assert_eq!(printed(text.as_bytes(), Escape::Json, 1), text);
    }

    #[test]
    fn a_further_line_cannot_be_taken_for_the_first() {
        assert_eq!(lines("two\nhint: lines\r"), "two\n  hint: lines\\r");
    }

    #[test]
    fn what_passes_the_writer_is_the_same_however_it_is_cut() {
        let text = "a\u{1b}[1m\n연구\u{9b}실\u{e0041}\u{7f}🚀\u{202e}".as_bytes();
        for at_once in 1..=text.len() {
            let people = printed(text, Escape::Text, at_once);
            assert_eq!(
                people,
                "a\\u{1b}[1m\n연구\\u{9b}실\\u{e0041}\\u{7f}🚀\\u{202e}"
            );
            let json = printed(text, Escape::Json, at_once);
            assert_eq!(
                json,
                "a\\u001b[1m\n연구\\u009b실\\udb40\\udc41\\u007f🚀\\u202e"
            );
        }
    }

    #[test]
    fn json_stays_the_same_document() {
        let every: String = (0..=0x0e_01ff).filter_map(char::from_u32).collect();
        let document = serde_json::json!({ &every: [&every] });
        let text = printed(document.to_string().as_bytes(), Escape::Json, 1000);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            document
        );
        assert!(!text.chars().any(is_hidden));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(
            printed(b"a\xffb\xe2\x80c", Escape::Text, 1),
            "a\u{fffd}b\u{fffd}c"
        );
    }
}
