//! The beginning of a text, as much as a line of the log may hold.

use std::fmt::{self, Display, Write};

/// The first bytes of what is displayed, `maximum` at most, with `…` after them where there are more.
pub(crate) fn excerpt(text: impl Display, maximum: usize) -> String {
    let mut excerpt = Excerpt {
        text: String::new(),
        maximum,
    };
    // It fails where it is full, so that the rest is not even made.
    if write!(excerpt, "{text:#}").is_err() {
        excerpt.text.push('…');
    }
    excerpt.text
}

struct Excerpt {
    text: String,
    maximum: usize,
}

impl Write for Excerpt {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = self.maximum.saturating_sub(self.text.len());
        let (fits, rest) = piece.split_at(piece.floor_char_boundary(room));
        self.text.push_str(fits);
        match rest {
            "" => Ok(()),
            _ => Err(fmt::Error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(excerpt("연구", 6), "연구");
        assert_eq!(excerpt("연구실", 8), "연구…");
        assert_eq!(excerpt(format_args!("{}{}", "ab", "cd"), 3), "abc…");
        assert_eq!(excerpt("", 0), "");
    }
}
