//! Wip.
fn main() {}
