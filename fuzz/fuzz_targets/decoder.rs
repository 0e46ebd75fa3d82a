//! The streaming decoder, its body cut anywhere, against a reference that reads the whole body as a tree.
//! The first byte of an input says where the rest, the body, is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use metric_fuzz::reference::{self, Reading};
use metric_service::prometheus::{Budget, DecodeError, Decoded, Decoder};

/// More than any input can cost.
const BUDGET: u64 = 1 << 30;

fuzz_target!(|input: &[u8]| {
    let Some((&seed, body)) = input.split_first() else {
        return;
    };
    let whole = decode([body]);
    let cut = decode(pieces(body, seed));
    assert_eq!(
        format!("{whole:?}"),
        format!("{cut:?}"),
        "whole and in pieces"
    );
    if reference::is_json(body) {
        assert_eq!(
            whole.as_ref().ok().map(reading),
            reference::read(body),
            "{whole:?}"
        );
    }
});

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder::new(Budget::bytes(BUDGET));
    for piece in pieces {
        decoder.feed(piece)?;
    }
    decoder.finish()
}

/// Pieces of changing length, from a byte at a time to a few hundred.
fn pieces(body: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed);
    let mut rest = body;
    std::iter::from_fn(move || {
        // The constants of Numerical Recipes; what matters is that lengths differ.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = 1 + (state >> 24) as usize % (1 + usize::from(seed));
        let (piece, after) = rest.split_at(rest.len().min(length));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn reading(decoded: &Decoded) -> Reading {
    let series = decoded.series.iter().map(|series| {
        assert_eq!(series.timestamps.len(), series.values.len());
        let bits = series.values.iter().map(|value| value.to_bits());
        let labels = series
            .labels
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        (
            labels.collect(),
            series.timestamps.iter().copied().zip(bits).collect(),
        )
    });
    Reading {
        series: series.collect(),
        names: decoded.names.clone(),
        warnings: decoded.warnings.clone(),
        infos: decoded.infos.clone(),
        refusal: decoded.refusal.clone(),
        histograms: decoded.histograms,
    }
}
