//! The `[[venue.key]]` tables.

use ::venue::config::{
    KeyConfig, Network, PERMISSIONS, Permissions, Secret, is_account_name, is_key,
};

use super::super::reader::{Found, Reader};
use super::super::report::Report;
use super::super::value::{self, shown};

/// The keys of `[[venue.key]]`.
pub(super) const KEYS: &[&str] = &["key", "secret", "account", "permissions", "addresses"];

/// What a key looks like.
const KEY: &str = "16 to 128 letters and digits, which go in a header";
/// What a secret looks like.
pub(super) const SECRET: &str = "at least 16 characters, best as ${NAME}";
/// What an account's name looks like.
pub(super) const ACCOUNT: &str =
    "the name of an account: up to 32 letters, digits, \"-\", \"_\" and \".\"";
/// From where a key may be used.
const ADDRESSES: &str = "addresses, such as [\"10.0.0.0/8\"]";

/// A key as far as it could be read.
#[derive(Debug)]
pub(super) struct KeyDraft {
    /// The key.
    pub key: Option<Found<String>>,
    secret: Option<Found<Secret>>,
    account: Option<Found<String>>,
    permissions: Vec<Found<&'static str>>,
    addresses: Vec<Found<Network>>,
}

/// Reads one key.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> KeyDraft {
    table.missing("key", KEY, report);
    table.missing("secret", SECRET, report);
    table.missing("account", ACCOUNT, report);
    let words = PERMISSIONS.map(|word| format!("\"{word}\"")).join(", ");
    let accepted = format!("a list of {words}");
    table.missing("permissions", &accepted, report);
    let address =
        |text: &str| Network::parse(text).map_err(|why| format!("{}: {why}", shown(text)));
    KeyDraft {
        key: table.text("key", KEY, report, key),
        secret: table.text("secret", SECRET, report, secret),
        account: table.text("account", ACCOUNT, report, account),
        permissions: table.list("permissions", &accepted, report, permission),
        addresses: table.list("addresses", ADDRESSES, report, address),
    }
}

fn permission(text: &str) -> Result<&'static str, String> {
    let known = PERMISSIONS.into_iter().find(|word| *word == text);
    known.ok_or_else(|| format!("{} is none of these", shown(text)))
}

fn key(text: &str) -> Result<String, String> {
    if !is_key(text) {
        return Err(format!(
            "{} characters, not all of them letters and digits, or not as many",
            text.len()
        ));
    }
    Ok(text.to_owned())
}

/// A secret that is long enough not to be guessed.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    // The same rule as of the gateway's.
    value::secret(text).map(|_| Secret::new(text.trim()))
}

/// The name of an account.
pub(super) fn account(text: &str) -> Result<String, String> {
    if !is_account_name(text) {
        return Err(format!("{} is no name of an account", shown(text)));
    }
    Ok(text.to_owned())
}

impl KeyDraft {
    /// The key, where every value could be read.
    pub(super) fn finish(self) -> Option<KeyConfig> {
        Some(KeyConfig {
            key: self.key?.value,
            secret: self.secret?.value,
            account: self.account?.value,
            permissions: Permissions::of(self.permissions.iter().map(|word| word.value))?,
            addresses: self.addresses.into_iter().map(|found| found.value).collect(),
        })
    }
}
