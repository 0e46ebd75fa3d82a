//! A place in a piece of JSON that may end anywhere. Each reading either takes a whole token or takes
//! nothing and says that more is needed, so that it can be tried again when more has come.

use std::borrow::Cow;

use super::swar::find_either;

/// The reason why no token was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The piece ends within the token.
    Incomplete(&'static str),
    /// Something else stands here.
    Unexpected(&'static str),
}

/// The rest of a piece.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte that is not white space, which is taken; the byte itself is not.
    #[inline]
    pub(super) fn peek(&mut self, expected: &'static str) -> Result<u8, Stop> {
        while let [first, rest @ ..] = self.rest {
            if !matches!(first, b' ' | b'\n' | b'\t' | b'\r') {
                return Ok(*first);
            }
            self.rest = rest;
        }
        Err(Stop::Incomplete(expected))
    }

    /// Takes the next byte that is not white space, if it is this one.
    #[inline]
    pub(super) fn byte(&mut self, wanted: u8, expected: &'static str) -> Result<(), Stop> {
        match self.peek(expected)? {
            found if found == wanted => {
                self.advance(1);
                Ok(())
            }
            _ => Err(Stop::Unexpected(expected)),
        }
    }

    /// Takes `n` bytes, or all that are left.
    #[inline]
    pub(super) fn advance(&mut self, n: usize) {
        self.rest = self.rest.get(n..).unwrap_or_default();
    }

    /// Takes `null`, if it stands here.
    pub(super) fn null(&mut self, expected: &'static str) -> Result<bool, Stop> {
        self.word(b"null", expected)
    }

    /// Takes a word such as `true`, if it stands here.
    pub(super) fn word(
        &mut self,
        word: &'static [u8],
        expected: &'static str,
    ) -> Result<bool, Stop> {
        if word.first() != Some(&self.peek(expected)?) {
            return Ok(false);
        }
        let start = self.rest;
        if let Some(after) = start.strip_prefix(word) {
            self.rest = after;
            return Ok(true);
        }
        Err(match word.starts_with(start) {
            true => Stop::Incomplete(expected),
            false => Stop::Unexpected(expected),
        })
    }

    /// Takes a string and gives what it says, escapes undone.
    pub(super) fn string(&mut self, expected: &'static str) -> Result<String, Stop> {
        self.text(expected).map(Cow::into_owned)
    }

    /// The same, where it need not be kept.
    pub(super) fn text(&mut self, expected: &'static str) -> Result<Cow<'a, str>, Stop> {
        if self.peek(expected)? != b'"' {
            return Err(Stop::Unexpected(expected));
        }
        let quoted = self.rest;
        let content = quoted.get(1..).unwrap_or_default();
        let mut length = 0;
        let mut has_escapes = false;
        loop {
            let ahead = content.get(length..).unwrap_or_default();
            let place = find_either(ahead, b'"', b'\\').ok_or(Stop::Incomplete(expected))?;
            length += place;
            if ahead.get(place) == Some(&b'"') {
                break;
            }
            has_escapes = true;
            length += 2;
        }
        let text = match has_escapes {
            // Escapes are rare: leave them, surrogates included, to serde_json.
            true => quoted
                .get(..length + 2)
                .and_then(|quoted| serde_json::from_slice(quoted).ok())
                .map(Cow::Owned),
            false => content
                .get(..length)
                .and_then(|text| std::str::from_utf8(text).ok())
                .map(Cow::Borrowed),
        };
        let text = text.ok_or(Stop::Unexpected("a string in UTF-8"))?;
        self.advance(length + 2);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_cut_off_is_not_taken() {
        for piece in ["\"", "\"ab", "\"ab\\", "\"ab\\\"", "  \"ab\\u00"] {
            let mut cursor = Cursor::new(piece.as_bytes());
            assert_eq!(
                cursor.string("a string"),
                Err(Stop::Incomplete("a string")),
                "{piece}"
            );
            assert_eq!(cursor.rest().first(), Some(&b'"'));
        }
        assert_eq!(
            Cursor::new(b"nul").null("null"),
            Err(Stop::Incomplete("null"))
        );
        assert_eq!(
            Cursor::new(b"nux").null("null"),
            Err(Stop::Unexpected("null"))
        );
    }

    #[test]
    fn escapes_are_undone() {
        let mut cursor = Cursor::new(br#""a\"\\\n\u00e9\ud83d\ude00" ,"#);
        assert_eq!(cursor.string("a string").unwrap(), "a\"\\\né😀");
        assert_eq!(cursor.byte(b',', "a comma"), Ok(()));
    }

    #[test]
    fn what_is_not_utf_8_is_refused() {
        for piece in [&b"\"\xff\""[..], br#""\ud800""#, br#""\x""#] {
            assert_eq!(
                Cursor::new(piece).string("a string"),
                Err(Stop::Unexpected("a string in UTF-8"))
            );
        }
    }
}
