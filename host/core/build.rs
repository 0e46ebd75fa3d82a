//! Tells cargo that the crate is built of the contract: a file that is added there is not seen otherwise.

fn main() {
    println!("cargo::rerun-if-changed=../../wit");
}
