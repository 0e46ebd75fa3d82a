//! Code that the fuzz targets share, besides what they try.
//!
//! Inputs are texts with [`SEPARATOR`] between their parts, so that a seed can be read and written by hand,
//! and so that the fuzzer can move, join and repeat the parts.

pub mod form;
pub mod reference;

/// Stands between the parts of an input. No byte of a text in UTF-8 is this one.
pub const SEPARATOR: u8 = 0xff;

/// The parts of an input, each a text; as many as there are asked for, the missing ones none.
pub fn parts<const N: usize>(input: &[u8]) -> [Option<String>; N] {
    let mut parts = input.split(|&byte| byte == SEPARATOR);
    std::array::from_fn(|_| Some(String::from_utf8_lossy(parts.next()?).into_owned()))
}
