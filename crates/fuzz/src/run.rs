//! Runs a target case after case, and says how to run the one that failed again.

use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::{Duration, Instant};

use machine::Prng;

use crate::mutate::mutate;
use crate::target::Target;

/// Longest input made, in bytes: several times what is checked from end to end.
const LENGTH_MAX: usize = 256 * 1024;

/// Attempts at making a failing input smaller.
const SHRINKS_MAX: usize = 3_000;

/// Longest failing input that is printed, in bytes; longer ones are told by their case.
const PRINTED_MAX: usize = 4_096;

/// Runs a target: first the inputs kept in its folder under `corpus`, then `cases` inputs made from their
/// numbers.
///
/// The environment asks for other cases:
///
/// - `SEAWALL_FUZZ_CASES=N`: the first N,
/// - `SEAWALL_FUZZ_SECONDS=N`: as many as N seconds allow, from `SEAWALL_FUZZ_FROM` (0) on,
/// - `SEAWALL_FUZZ_CASE=N`: that one alone,
/// - `SEAWALL_FUZZ_INPUT=HEX`: that input alone.
///
/// # Panics
///
/// Where the target panics, with the line to rerun the case and the smallest input found that fails.
pub fn hold(target: &Target, cases: u64) {
    if let Ok(hex) = std::env::var("SEAWALL_FUZZ_INPUT") {
        let input = from_hex(&hex).expect("SEAWALL_FUZZ_INPUT is hexadecimal");
        (target.run)(&input);
        return;
    }
    let seeds = (target.seeds)();
    if let Some(case) = number("SEAWALL_FUZZ_CASE") {
        let input = input(target, &seeds, case);
        say(&format!("{} bytes: {}", input.len(), String::from_utf8_lossy(&input)));
        (target.run)(&input);
        return;
    }
    for (name, input) in corpus(target) {
        try_input(target, &input, &format!("corpus file {name}"));
    }
    let seconds = number("SEAWALL_FUZZ_SECONDS").map(Duration::from_secs);
    let cases =
        number("SEAWALL_FUZZ_CASES").unwrap_or(if seconds.is_some() { u64::MAX } else { cases });
    let from = number("SEAWALL_FUZZ_FROM").unwrap_or(0);
    let start = Instant::now();
    let mut done = 0;
    while done < cases && seconds.is_none_or(|seconds| start.elapsed() < seconds) {
        let case = from.wrapping_add(done);
        try_input(target, &input(target, &seeds, case), &format!("case {case}"));
        done += 1;
    }
    say(&format!("{}: {done} cases from {from} on held", target.name));
}

/// The input of a case: the first ones are the seeds as they are.
fn input(target: &Target, seeds: &[Vec<u8>], case: u64) -> Vec<u8> {
    if let Some(seed) = usize::try_from(case).ok().and_then(|case| seeds.get(case)) {
        return seed.clone();
    }
    let mut prng = Prng::new(case);
    let base = seeds.get(prng.index(seeds.len())).cloned().unwrap_or_default();
    mutate(target, &base, seeds, &mut prng, LENGTH_MAX)
}

/// The files of a target's corpus, each with its name.
fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let bytes = std::fs::read(entry.path()).ok()?;
            Some((entry.file_name().to_string_lossy().into_owned(), bytes))
        })
        .collect();
    files.sort();
    files
}

fn try_input(target: &Target, input: &[u8], what: &str) {
    if panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_ok() {
        return;
    }
    let again = what.strip_prefix("case ").map(|case| {
        let name = target.name;
        format!(
            "\nagain with: SEAWALL_FUZZ_CASE={case} cargo test -p fuzz --test {name} -- --nocapture"
        )
    });
    let small = shrink(target, input);
    let shown = if small.len() <= PRINTED_MAX {
        format!(
            "\nthe smallest input found that fails has {} bytes: {:?}\nagain with: SEAWALL_FUZZ_INPUT={} cargo test -p fuzz --test {}",
            small.len(),
            String::from_utf8_lossy(&small),
            hex(&small),
            target.name
        )
    } else {
        String::new()
    };
    panic!("{} failed on {what}{}{shown}", target.name, again.unwrap_or_default());
}

/// Takes parts out of a failing input while what is left still fails.
fn shrink(target: &Target, input: &[u8]) -> Vec<u8> {
    // Each attempt that fails would print its message.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let fails =
        |input: &[u8]| panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err();
    let mut small = input.to_vec();
    let mut size = small.len() / 2;
    let mut attempts = 0;
    while size > 0 && attempts < SHRINKS_MAX {
        let mut at = 0;
        let mut found = false;
        while at < small.len() && attempts < SHRINKS_MAX {
            attempts += 1;
            let end = (at + size).min(small.len());
            let shorter = [&small[..at], &small[end..]].concat();
            if fails(&shorter) {
                small = shorter;
                found = true;
            } else {
                at += size;
            }
        }
        // At the last size once more for as long as something goes.
        if size > 1 || !found {
            size /= 2;
        }
    }
    panic::set_hook(hook);
    small
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    Some(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    )
}

fn say(line: &str) {
    // Where standard output is closed nobody is left to tell.
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Form;

    const FRAGILE: Target = Target {
        name: "fragile",
        run: |bytes| assert!(!bytes.windows(2).any(|pair| pair == b"ab"), "holds ab"),
        seeds: || vec![b"a b c d e f g h".to_vec()],
        words: &["ab"],
        form: Form::Text,
    };

    #[test]
    fn a_failure_is_found_made_small_and_can_be_run_again() {
        // Else a failure in the gate is a riddle.
        let failed = panic::catch_unwind(|| hold(&FRAGILE, 10_000)).expect_err("it is found");
        let message = failed.downcast::<String>().expect("a formatted message");
        assert!(message.contains("SEAWALL_FUZZ_CASE="), "{message}");
        assert!(message.contains("has 2 bytes: \"ab\""), "{message}");
        assert!(message.contains("SEAWALL_FUZZ_INPUT=6162 cargo test -p fuzz --test fragile"));
        assert_eq!(from_hex("6162").as_deref(), Some(&b"ab"[..]));
    }
}
