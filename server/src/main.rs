//! Where it is plugged together.
fn main() {}
