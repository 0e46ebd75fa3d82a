//! Files that are handed over as a plugin: a component of which bytes were changed, taken out or put twice is described
//! or refused by name. Nothing is run here.

use metric_callers::trials;
use metric_host::PluginDescription;
use proptest::prelude::*;
use proptest::sample::Index;

/// One thing that happens to a file.
#[derive(Debug, Clone)]
enum Damage {
    Change(Index, u8),
    CutOff(Index),
    TakeOut(Index, usize),
    PutTwice(Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        8 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Change(at, byte)),
        1 => place().prop_map(Damage::CutOff),
        2 => (place(), 1..64_usize).prop_map(|(at, length)| Damage::TakeOut(at, length)),
        2 => (place(), 1..64_usize).prop_map(|(at, length)| Damage::PutTwice(at, length)),
    ]
}

impl Damage {
    /// The types of a component stand at its ends; its middle is code, which is looked at when it is compiled.
    fn place(at: &Index, length: usize, near_the_end: bool) -> usize {
        let part = (length / 16).max(1);
        match near_the_end {
            true => length.saturating_sub(1 + at.index(part)),
            false => at.index(part),
        }
    }

    fn inflict(&self, bytes: &mut Vec<u8>, near_the_end: bool) {
        let place = |at| Self::place(at, bytes.len(), near_the_end);
        match self {
            _ if bytes.is_empty() => {}
            Self::Change(at, byte) => {
                let at = place(at);
                bytes[at] = *byte;
            }
            Self::CutOff(at) => bytes.truncate(place(at)),
            Self::TakeOut(at, length) => {
                let from = place(at);
                bytes.drain(from..bytes.len().min(from + length));
            }
            Self::PutTwice(at, length) => {
                let from = place(at);
                let again = bytes[from..bytes.len().min(from + length)].to_vec();
                bytes.splice(from..from, again);
            }
        }
    }
}

#[test]
fn a_damaged_plugin_is_described_or_refused_by_name() {
    let whole = std::fs::read(metric_tests::codec_file()).unwrap();
    let damages = (prop::collection::vec(damage(), 1..6), any::<bool>());
    trials(3_000, damages, |(damages, near_the_end)| {
        let mut bytes = whole.clone();
        for damage in &damages {
            damage.inflict(&mut bytes, near_the_end);
        }
        if let Err(refusal) = PluginDescription::of(&bytes) {
            prop_assert!(!refusal.to_string().is_empty());
        }
        Ok(())
    });
}
