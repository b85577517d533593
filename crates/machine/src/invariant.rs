//! Invariants with ids, checked in tests, simulation and production alike.

/// Asserts an invariant that ARCHITECTURE.md lists under `$id`, in release builds too.
///
/// A broken invariant is a bug of ours, so it stops the call that met it with a message that
/// names the id.
#[macro_export]
macro_rules! check_invariant {
    ($id:literal, $holds:expr, $($message:tt)+) => {
        assert!($holds, "invariant {} broken: {}", $id, format_args!($($message)+));
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_broken_invariant_names_its_id() {
        let sum = std::hint::black_box(2_u64);
        let broken = std::panic::catch_unwind(|| {
            check_invariant!("M-0", sum == 3, "one and one are {sum}");
        });
        let message =
            *broken.expect_err("must panic").downcast::<String>().expect("a formatted message");
        assert_eq!(message, "invariant M-0 broken: one and one are 2");
    }
}
