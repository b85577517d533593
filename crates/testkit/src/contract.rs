//! The contract that tests deploy: a counter, assembled here from its listing in `counter.asm`.

use std::collections::BTreeMap;

/// Call data of `increment()`.
pub const INCREMENT: &str = "0xd09de08a";
/// Call data of `number()`.
pub const NUMBER: &str = "0x8381f58a";
/// Selector of `refuse(uint256)`, which reverts with `Refused(amount, caller)`.
pub const REFUSE: &str = "0xa60a07b2";
/// Selector of the custom error `Refused(uint256,address)`.
pub const REFUSED: &str = "0x18ff0ee4";
/// Topic of `Incremented(uint256)`.
pub const INCREMENTED: &str = "0x20d8a6f5a693f9d1d627a598e8820f7a55ee74c183aa8f1a30e8d4e8dd9a8d84";

const LISTING: &str = include_str!("counter.asm");

/// The opcodes that the listing uses (Yellow Paper, appendix H).
const OPCODES: [(&str, u8); 21] = [
    ("STOP", 0x00),
    ("ADD", 0x01),
    ("EQ", 0x14),
    ("SHL", 0x1b),
    ("SHR", 0x1c),
    ("CALLER", 0x33),
    ("CALLDATALOAD", 0x35),
    ("CODECOPY", 0x39),
    ("MSTORE", 0x52),
    ("SLOAD", 0x54),
    ("SSTORE", 0x55),
    ("JUMPI", 0x57),
    ("JUMPDEST", 0x5b),
    ("PUSH1", 0x60),
    ("PUSH4", 0x63),
    ("PUSH32", 0x7f),
    ("DUP1", 0x80),
    ("LOG1", 0xa1),
    ("RETURN", 0xf3),
    ("REVERT", 0xfd),
    ("INVALID", 0xfe),
];

/// The code that deploys the counter, as a hex string.
///
/// # Panics
/// Where the listing holds a word that is no opcode, label or number.
#[must_use]
pub fn counter_code() -> String {
    let runtime = assemble(LISTING);
    // Copies what follows itself to memory and returns it: the shortest constructor there is.
    let start = "PUSH1 LEN DUP1 PUSH1 0b PUSH1 00 CODECOPY PUSH1 00 RETURN";
    let mut code = assemble(&start.replace("LEN", &format!("{:02x}", runtime.len())));
    code.extend(runtime);
    code.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn assemble(listing: &str) -> Vec<u8> {
    let mut code = Vec::new();
    let mut labels = BTreeMap::new();
    let mut uses = Vec::new();
    let lines = listing.lines().map(|line| line.split(';').next().unwrap_or_default());
    for word in lines.flat_map(str::split_whitespace) {
        if let Some(label) = word.strip_suffix(':') {
            labels.insert(label, code.len());
        } else if let Some(label) = word.strip_prefix('@') {
            uses.push((code.len(), label));
            code.push(0);
        } else if let Some((_, opcode)) = OPCODES.iter().find(|(name, _)| *name == word) {
            code.push(*opcode);
        } else {
            code.extend(bytes(word));
        }
    }
    for (place, label) in uses {
        let target = labels.get(label).unwrap_or_else(|| panic!("no label {label}"));
        code[place] = u8::try_from(*target).expect("invariant: the code is below 256 bytes");
    }
    code
}

fn bytes(word: &str) -> Vec<u8> {
    assert!(word.len().is_multiple_of(2), "{word} is no opcode and no number");
    let pairs = (0..word.len()).step_by(2).map(|at| u8::from_str_radix(&word[at..at + 2], 16));
    pairs.map(|byte| byte.unwrap_or_else(|_| panic!("{word} is no opcode and no number"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constructor_that_copies_from_the_wrong_place_would_deploy_rubbish() {
        let code = counter_code();
        let runtime = assemble(LISTING);
        assert_eq!(code.len(), 2 + 2 * (0x0b + runtime.len()));
        assert!(
            code.starts_with(&format!("0x60{:02x}80600b6000396000f3", runtime.len())),
            "{code}"
        );
    }
}
