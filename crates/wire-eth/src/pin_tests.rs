//! Tests of `pin`.
