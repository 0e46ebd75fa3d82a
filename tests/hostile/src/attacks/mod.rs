//! The attacks, one a file, by the file's name.

use crate::kit::Attack;

/// Makes `named`, which finds the attack of one of these files.
macro_rules! named {
    ($($name:ident),* $(,)?) => {
        pub(super) fn named(name: &str) -> Option<&'static crate::kit::Attack> {
            $(if name == stringify!($name) {
                return Some(const { &$name::ATTACK });
            })*
            None
        }
    };
}

mod egress;
mod lies;
mod resources;
mod smuggling;
mod tenant;

/// The attack of this name.
pub(crate) fn named(name: &str) -> Option<&'static Attack> {
    egress::named(name)
        .or_else(|| lies::named(name))
        .or_else(|| resources::named(name))
        .or_else(|| smuggling::named(name))
        .or_else(|| tenant::named(name))
}
