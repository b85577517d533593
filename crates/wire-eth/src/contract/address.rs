//! Where contracts are.

use std::fmt;

use alloy_primitives::hex;

/// The address of a contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub [u8; 20]);

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is not `0x` and 40 hexadecimal digits.
    #[error("an address is 0x and 40 hexadecimal digits")]
    Shape,
    /// Its capital letters are not those of its checksum (EIP-55).
    #[error("the capital letters of this address are not those of its checksum: a digit is wrong")]
    Checksum,
}

impl Address {
    /// Reads an address. Where it has both small and capital letters these must be its checksum (EIP-55), so that a
    /// mistyped digit is found.
    ///
    /// # Errors
    /// Where it is no address.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").ok_or(AddressError::Shape)?;
        let mut bytes = [0; 20];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_no_hex| AddressError::Shape)?;
        let has = |test: fn(&u8) -> bool| digits.as_bytes().iter().any(test);
        let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        if mixed && alloy_primitives::Address::from(bytes).to_checksum(None) != text {
            return Err(AddressError::Checksum);
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode_prefixed(self.0))
    }
}
