//! Quantities and hashes as JSON-RPC writes them.

use alloy_primitives::hex;

/// Reads `0x` and 1 to 16 hexadecimal digits. Leading zeros are read, since what is asked here is
/// which number is meant; whether to accept the spelling is for the node to say.
pub fn parse_quantity(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    if digits.is_empty() || digits.len() > 16 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

/// Reads `0x` and exactly 64 hexadecimal digits.
pub fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x")?;
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).ok()?;
    (digits.len() == 64).then_some(hash)
}

/// Writes a number as a JSON-RPC quantity: `0x`, no leading zeros.
pub fn quantity_hex(number: u64) -> String {
    format!("{number:#x}")
}

/// Writes a hash as `0x` and 64 lower-case digits.
pub fn hash_hex(hash: &[u8; 32]) -> String {
    hex::encode_prefixed(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_spellings_are_not_taken_for_numbers_or_hashes() {
        // A misread number would route a call to a node that lacks the block.
        assert_eq!(parse_quantity("0x0"), Some(0));
        assert_eq!(parse_quantity("0x00ff"), Some(255));
        assert_eq!(parse_quantity("0xffffffffffffffff"), Some(u64::MAX));
        for bad in ["", "0x", "12", "0x+1", "0xg", "0x10000000000000000", "0X1"] {
            assert_eq!(parse_quantity(bad), None, "{bad}");
        }
        let hash = [0xab; 32];
        assert_eq!(parse_hash(&hash_hex(&hash)), Some(hash));
        assert_eq!(parse_hash(&format!("0x0x{}", "a".repeat(62))), None);
        assert_eq!(parse_hash("0xab"), None);
        assert_eq!(quantity_hex(54), "0x36");
    }
}
