//! A plugin that does not mean well. Its exports are those of the contract; what they do is an attack, one file each in
//! `attacks/`, chosen by the configuration ([`Order`](order::Order)).
//!
//! `kit.rs` is what attacks have in common: verbs that do nothing, and requests to `wasi:http` that may be written
//! wrongly. The host's part in an attack is not said here but in the test that loads it
//! (`tests/tests/hostile_plugins`); a file without an expectation there fails it.
#![cfg(target_arch = "wasm32")]

mod attacks;
mod bindings;
mod exports;
mod kit;
mod message;
mod order;
