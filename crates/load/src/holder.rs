//! Who asks.

use std::net::IpAddr;

use wire_binance::Secret;

/// Somebody with a key, and where he asks from.
#[derive(Clone, Debug)]
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
