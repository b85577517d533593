//! The target `desk` under libFuzzer, with inputs changed along the lines of what they are made of.

#![no_main]

use fuzz::{DESK, change};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|bytes: &[u8]| (DESK.run)(bytes));

fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
    // Every fourth time libFuzzer's own changes, which know what comparisons failed.
    if seed % 4 == 0 {
        fuzzer_mutate(bytes, size, most)
    } else {
        change(&DESK, bytes, size, most, seed)
    }
});
