//! Who asks.

use std::fmt;
use std::net::IpAddr;

use wire_binance::Secret;

/// Somebody with a key, and where he asks from.
#[derive(Clone)]
pub struct Holder {
    /// The account's name.
    pub name: String,
    /// The key.
    pub key: String,
    /// What its requests are signed with.
    pub secret: Secret,
    /// The address of this machine that he comes from; the system's choice where there is none.
    pub source: Option<IpAddr>,
}

impl Holder {
    /// Somebody with a key and its secret.
    #[must_use]
    pub fn new(name: &str, key: &str, secret: &str) -> Self {
        let secret = Secret::new(secret.as_bytes());
        Self { name: name.to_owned(), key: key.to_owned(), secret, source: None }
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Holder")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_no_log() {
        // It is all that somebody needs to read an account.
        let shown = format!("{:?}", Holder::new("maker", "the-key", "the-secret"));
        assert!(shown.contains("maker") && !shown.contains("the-"), "{shown}");
    }
}
