//! The seawall binary: arguments, configuration, wiring.
fn main() {}
