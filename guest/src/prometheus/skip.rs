//! Passing over a JSON value of any size and depth, in pieces, without keeping any of it.

/// The state of passing over a value.
#[derive(Debug, Clone, Default)]
pub(super) struct Skip {
    depth: usize,
    in_string: bool,
    escaped: bool,
    started: bool,
}

impl Skip {
    /// Takes what belongs to the value; says how many bytes that were, and whether the value is over.
    /// The bytes that follow a number or a word are not taken.
    pub(super) fn pass(&mut self, piece: &[u8]) -> (usize, bool) {
        for (at, &byte) in piece.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (at + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' | b',' if self.depth == 0 => return (at, true),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                b' ' | b'\n' | b'\t' | b'\r' if self.depth == 0 && self.started => {
                    return (at, true);
                }
                _ => {}
            }
            self.started = true;
        }
        (piece.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_it_ends_however_it_is_cut() {
        for (text, length) in [
            (r#"{"a":[1,{"b":"}]\""}]},"next""#, 22),
            (r#""a\\",1"#, 5),
            ("12.5e3,1", 6),
            ("true}", 4),
            ("null ]", 4),
            ("[[[]]]]", 6),
        ] {
            for cut in 0..=length {
                let mut skip = Skip::default();
                let (first, done) = skip.pass(&text.as_bytes()[..cut]);
                let taken = if done {
                    first
                } else {
                    first + skip.pass(&text.as_bytes()[cut..]).0
                };
                assert_eq!(taken, length, "{text} cut at {cut}");
            }
        }
    }
}
