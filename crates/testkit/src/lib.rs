//! Test support: real nodes, fault proxies and load for the tests of the other crates.
