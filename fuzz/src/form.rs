//! The parameters of a URL's query or a form, decoded as Go's `net/url` does, byte for byte.
//!
//! Shares nothing with the enforcement of a scope, which has this done by a library.

/// Names and values, in the order in which they stand. None where an escape is broken: Go refuses the request then.
pub fn pairs(encoded: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let pairs = encoded.split(|&byte| byte == b'&');
    pairs
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let equals = pair.iter().position(|&byte| byte == b'=');
            let (name, value) = pair.split_at(equals.unwrap_or(pair.len()));
            Some((decoded(name)?, decoded(value.get(1..).unwrap_or_default())?))
        })
        .collect()
}

fn decoded(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = encoded.iter();
    let mut plain = Vec::with_capacity(encoded.len());
    while let Some(&byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => hex(*bytes.next()?)? << 4 | hex(*bytes.next()?)?,
            other => other,
        });
    }
    Some(plain)
}

fn hex(digit: u8) -> Option<u8> {
    Some(char::from(digit).to_digit(16)? as u8)
}
