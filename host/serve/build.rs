//! Tells cargo that the crate holds the page: a file that is added there is not seen otherwise.

fn main() {
    println!("cargo::rerun-if-changed=page");
}
