//! Code of small contracts from a listing: words of opcodes, hex numbers, `label:` and `@label`, `;` before a comment.

use std::collections::BTreeMap;

use alloy_primitives::Bytes;

/// The opcodes that listings use (Yellow Paper, appendix H).
const OPCODES: [(&str, u8); 25] = [
    ("ADD", 0x01),
    ("SUB", 0x03),
    ("LT", 0x10),
    ("EQ", 0x14),
    ("ISZERO", 0x15),
    ("XOR", 0x18),
    ("SHL", 0x1b),
    ("SHR", 0x1c),
    ("CALLDATALOAD", 0x35),
    ("TIMESTAMP", 0x42),
    ("MSTORE", 0x52),
    ("SLOAD", 0x54),
    ("JUMP", 0x56),
    ("JUMPI", 0x57),
    ("JUMPDEST", 0x5b),
    ("PUSH1", 0x60),
    ("PUSH2", 0x61),
    ("PUSH3", 0x62),
    ("PUSH4", 0x63),
    ("DUP1", 0x80),
    ("DUP2", 0x81),
    ("DUP3", 0x82),
    ("DUP4", 0x83),
    ("RETURN", 0xf3),
    ("REVERT", 0xfd),
];

/// The code of a listing.
///
/// # Panics
/// Where a word is no opcode, label or hex number: listings are part of the program, and its tests assemble them all.
pub(crate) fn assemble(listing: &str) -> Bytes {
    let mut code: Vec<u8> = Vec::new();
    let (mut labels, mut uses) = (BTreeMap::new(), Vec::new());
    let lines = listing.lines().map(|line| line.split(';').next().unwrap_or_default());
    for word in lines.flat_map(str::split_whitespace) {
        if let Some(label) = word.strip_suffix(':') {
            labels.insert(label, code.len());
        } else if let Some(label) = word.strip_prefix('@') {
            uses.push((code.len(), label));
            code.extend([0, 0]);
        } else if let Some((_, opcode)) = OPCODES.iter().find(|(name, _)| *name == word) {
            code.push(*opcode);
        } else {
            let number = alloy_primitives::hex::decode(word);
            code.extend(number.expect("invariant: listings hold opcodes, labels and hex numbers"));
        }
    }
    for (place, label) in uses {
        let target = labels.get(label).copied().expect("invariant: every label is in the listing");
        let target = u16::try_from(target).expect("invariant: code is far below 64 KiB");
        if let Some(place) = code.get_mut(place..place + 2) {
            place.copy_from_slice(&target.to_be_bytes());
        }
    }
    code.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_becomes_its_place() {
        let code = assemble("PUSH2 @end JUMP ; nothing here\nend: JUMPDEST PUSH1 ff REVERT");
        assert_eq!(code.to_vec(), [0x61, 0, 4, 0x56, 0x5b, 0x60, 0xff, 0xfd]);
    }
}
