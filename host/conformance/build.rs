//! Tells cargo that the crate holds the conformance cases and the contract: a file that is added there is not seen otherwise.

fn main() {
    println!("cargo::rerun-if-changed=../../tests/conformance");
    println!("cargo::rerun-if-changed=../../wit");
}
