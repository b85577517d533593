//! Keys: whose they are, what may be done with them, and from where.
//!
//! Keys of the configuration bring their own secrets. Of a key that the administration makes nothing is kept that could
//! be used: it is found by a keyed hash, and its secret is worked out from the master secret and the key itself each time
//! that the key comes in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use venue_core::AccountId;
use wire_binance::{ErrorCode, Failure, ListenKey, Secret};

use crate::config::{self, Network, Permissions};

/// What the names of notes about keys begin with.
pub(crate) const NOTES: &str = "key/";

/// Digits of the keyed hash that a key is known by: 96 bits, which nobody meets by chance.
const ID_DIGITS: usize = 24;

/// What is known of a key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The keyed hash that it is known by, in logs and in the administration API.
    pub id: String,
    /// Whose it is.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// What may be done with it.
    pub permissions: Permissions,
    /// From where it may be used; from anywhere, where there is none.
    pub addresses: Vec<Network>,
    /// Whether the configuration has it, so that the administration cannot take it away.
    pub configured: bool,
}

impl Key {
    fn may_come_from(&self, address: IpAddr) -> bool {
        self.addresses.is_empty() || self.addresses.iter().any(|network| network.holds(address))
    }
}

/// A key that came in, with what its requests are signed with.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    /// What is known of it.
    pub key: Arc<Key>,
    /// What its holder signs with.
    pub secret: Secret,
}

/// What is kept of a key that the administration made, as JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct KeyNote {
    /// The account's name.
    pub account: String,
    /// The words of its permissions.
    pub permissions: Vec<String>,
    /// From where it may be used.
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// A key that was just made, and its secret, which nobody is told again.
#[derive(Debug)]
pub(crate) struct Made {
    /// The keyed hash that it is known by.
    pub id: String,
    /// The key.
    pub key: String,
    /// Its secret.
    pub secret: String,
}

/// All keys.
#[derive(Debug)]
pub(crate) struct Keys {
    master: Option<Secret>,
    /// What the names of users' streams are worked out with.
    streams: Secret,
    /// By the key itself.
    configured: HashMap<String, Holder>,
    /// By the keyed hash, those that the administration made.
    made: RwLock<HashMap<String, Arc<Key>>>,
}

/// Hexadecimal digits of an HMAC under a secret, over a purpose and what it is for.
fn derived(secret: &Secret, purpose: &str, of: &str) -> String {
    secret.sign([purpose.as_bytes(), b"\0", of.as_bytes()]).hex()
}

fn id(secret: &Secret, key: &str) -> String {
    let mut id = derived(secret, "seawall key id", key);
    id.truncate(ID_DIGITS);
    id
}

impl Keys {
    /// The keys of the configuration; `account` gives an account by its name.
    ///
    /// # Errors
    /// Where an account is not there: its name.
    pub(crate) fn new(
        master: Option<&config::Secret>,
        keys: &[config::KeyConfig],
        account: impl Fn(&str) -> Option<AccountId>,
    ) -> Result<Self, String> {
        let (mut configured, mut secrets) = (HashMap::new(), Vec::new());
        let master = master.map(|master| master.reveal().as_bytes());
        secrets.extend_from_slice(master.unwrap_or_default());
        for key in keys {
            secrets.extend_from_slice(key.secret.reveal().as_bytes());
            let secret = Secret::new(key.secret.reveal().as_bytes());
            let known = Key {
                id: id(&secret, &key.key),
                account: account(&key.account).ok_or_else(|| key.account.clone())?,
                name: key.account.clone(),
                permissions: key.permissions,
                addresses: key.addresses.clone(),
                configured: true,
            };
            configured.insert(key.key.clone(), Holder { key: Arc::new(known), secret });
        }
        let master = master.map(Secret::new);
        Ok(Self { master, streams: Secret::new(&secrets), configured, made: RwLock::default() })
    }

    /// The key of a header.
    ///
    /// # Errors
    /// Where it is none, is not known, or may not be used from there.
    pub(crate) fn find(&self, text: Option<&str>, from: IpAddr) -> Result<Holder, Failure> {
        let text = text.filter(|text| config::is_key(text));
        let text = text.ok_or_else(|| Failure::of(ErrorCode::BadKeyFormat))?;
        let holder = self.configured.get(text).cloned().or_else(|| self.find_made(text));
        let holder = holder.filter(|holder| holder.key.may_come_from(from));
        holder.ok_or_else(|| Failure::of(ErrorCode::RejectedKey))
    }

    fn find_made(&self, text: &str) -> Option<Holder> {
        let master = self.master.as_ref()?;
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::clone(made.get(&id(master, text))?);
        Some(Holder {
            key,
            secret: Secret::new(derived(master, "seawall secret", text).as_bytes()),
        })
    }

    /// A key by the keyed hash that it is known by.
    fn by_id(&self, id: &str) -> Option<Arc<Key>> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let made = made.get(id).cloned();
        let mut configured = self.configured.values().map(|holder| &holder.key);
        made.or_else(|| configured.find(|key| key.id == id).cloned())
    }

    /// All keys, by their keyed hashes.
    pub(crate) fn all(&self) -> Vec<Arc<Key>> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let configured = self.configured.values().map(|holder| &holder.key);
        let mut all: Vec<Arc<Key>> = configured.chain(made.values()).cloned().collect();
        all.sort_by(|one, other| one.id.cmp(&other.id));
        all
    }

    /// The name of a key's user stream. It is the same after a restart, so that streams go on, and nobody can work it out
    /// who does not know the secrets.
    ///
    /// # Errors
    /// Never: the name is one by its making.
    pub(crate) fn listen_key(&self, key: &Key) -> Result<ListenKey, Failure> {
        let mut text = derived(&self.streams, "seawall listen key", &key.id);
        text.truncate(ListenKey::LENGTH_MAX.saturating_sub(ID_DIGITS));
        text.insert_str(0, &key.id);
        ListenKey::new(&text).ok_or_else(|| Failure::of(ErrorCode::InvalidListenKey))
    }

    /// The key whose user stream has this name.
    pub(crate) fn of_stream(&self, name: &str) -> Option<Arc<Key>> {
        let key = self.by_id(name.get(..ID_DIGITS)?)?;
        let is = self.listen_key(&key).ok()?;
        let differing = is
            .as_str()
            .bytes()
            .zip(name.bytes())
            .fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
        (is.as_str().len() == name.len() && differing == 0).then_some(key)
    }

    /// Makes a key; `unlike` is something that was never given before.
    ///
    /// # Errors
    /// Where there is no master secret.
    pub(crate) fn make(&self, unlike: &str) -> Result<Made, &'static str> {
        let master =
            self.master.as_ref().ok_or("venue.master_secret is not set: no key can be made")?;
        let key = derived(master, "seawall key", unlike);
        Ok(Made { id: id(master, &key), secret: derived(master, "seawall secret", &key), key })
    }

    /// Takes in a key that was just made, without a look at all others; `note` is what is kept of it.
    pub(crate) fn add_made(
        &self,
        id: &str,
        note: &[u8],
        account: impl Fn(&str) -> Option<AccountId>,
    ) {
        let Some(key) = read_note(id, note, &account) else { return };
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        made.insert(id.to_owned(), Arc::new(key));
    }

    /// Takes in what the notes say of keys that the administration made; `account` gives an account by its name. What
    /// cannot be read is left out, and told.
    pub(crate) fn set_made<'a>(
        &self,
        notes: impl Iterator<Item = (&'a str, &'a [u8])>,
        account: impl Fn(&str) -> Option<AccountId>,
    ) {
        let read = notes.filter_map(|(name, value)| {
            let id = name.strip_prefix(NOTES)?;
            let key = read_note(id, value, &account);
            if key.is_none() {
                tracing::error!(key = id, "a key of the journal cannot be read and is not let in");
            }
            Some((id.to_owned(), Arc::new(key?)))
        });
        let made = read.collect();
        *self.made.write().unwrap_or_else(PoisonError::into_inner) = made;
    }

    /// Lets a key that the administration made in no more.
    pub(crate) fn remove_made(&self, id: &str) {
        self.made.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

fn read_note(id: &str, value: &[u8], account: &impl Fn(&str) -> Option<AccountId>) -> Option<Key> {
    let note: KeyNote = serde_json::from_slice(value).ok()?;
    let permissions = Permissions::of(note.permissions.iter().map(String::as_str))?;
    let addresses: Result<Vec<Network>, String> =
        note.addresses.iter().map(|text| Network::parse(text)).collect();
    Some(Key {
        id: id.to_owned(),
        account: account(&note.account)?,
        name: note.account,
        permissions,
        addresses: addresses.ok()?,
        configured: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "practice-key-0001";

    fn account(name: &str) -> Option<AccountId> {
        (name == "trader").then_some(AccountId::new(7))
    }

    fn keys() -> Keys {
        let key = config::KeyConfig {
            key: KEY.to_owned(),
            secret: config::Secret::new("a secret of its own"),
            account: "trader".to_owned(),
            permissions: Permissions::of(["read"]).expect("a permission"),
            addresses: vec![Network::parse("127.0.0.0/8").expect("a network")],
        };
        let master = config::Secret::new("the master's secret");
        Keys::new(Some(&master), &[key], account).expect("the account is there")
    }

    fn from(address: &str) -> IpAddr {
        address.parse().expect("an address")
    }

    #[test]
    fn a_key_is_let_in_from_where_it_belongs_and_no_other_is() {
        let keys = keys();
        let code = |text: Option<&str>, at: &str| {
            keys.find(text, from(at))
                .map(|holder| holder.key.account)
                .map_err(|failure| failure.code)
        };
        assert_eq!(code(Some(KEY), "127.0.0.1"), Ok(AccountId::new(7)));
        assert_eq!(code(Some(KEY), "10.0.0.1"), Err(-2015), "stolen");
        assert_eq!(code(Some("practice-key-0002"), "127.0.0.1"), Err(-2015));
        for odd in
            [None, Some(""), Some("short"), Some("practice key 0001"), Some("practice-key-0001\n")]
        {
            assert_eq!(code(odd, "127.0.0.1"), Err(-2014), "{odd:?}");
        }
    }

    #[test]
    fn what_is_kept_of_a_made_key_does_not_let_anybody_in() {
        // Whoever reads the journal or a backup of it would trade for everybody.
        let keys = keys();
        let made = keys.make("1").expect("there is a master secret");
        let note = KeyNote {
            account: "trader".to_owned(),
            permissions: vec!["trade".to_owned()],
            addresses: Vec::new(),
        };
        let value = serde_json::to_vec(&note).expect("JSON");
        let name = format!("{NOTES}{}", made.id);
        assert!(!name.contains(&made.key) && !made.key.contains(&made.id));
        keys.set_made([(name.as_str(), value.as_slice())].into_iter(), account);
        let holder = keys.find(Some(&made.key), from("9.9.9.9")).expect("it is known");
        assert!(holder.key.permissions.trade && !holder.key.permissions.admin);
        let ours = holder.secret.sign([b"text".as_slice()]);
        assert!(Secret::new(made.secret.as_bytes()).verifies([b"text".as_slice()], &ours));
        assert!(keys.find(Some(&made.id), from("9.9.9.9")).is_err(), "its hash is no key");
        keys.set_made(std::iter::empty(), account);
        assert!(keys.find(Some(&made.key), from("9.9.9.9")).is_err(), "it was taken away");
        // The same where it is taken in by itself, as it is made.
        keys.add_made(&made.id, &value, account);
        assert!(
            keys.find(Some(&made.key), from("9.9.9.9")).is_ok_and(|it| it.key.permissions.trade)
        );
        keys.remove_made(&made.id);
        assert!(keys.find(Some(&made.key), from("9.9.9.9")).is_err(), "it was taken away");
    }

    #[test]
    fn a_stream_goes_on_after_a_restart_and_cannot_be_guessed() {
        let holder = keys().find(Some(KEY), from("127.0.0.1")).expect("known");
        let name = keys().listen_key(&holder.key).expect("a name");
        let again = keys();
        assert_eq!(again.of_stream(name.as_str()).map(|key| key.account), Some(AccountId::new(7)));
        let mut wrong = name.to_string();
        wrong.pop();
        assert!(again.of_stream(&wrong).is_none());
        wrong.push(if name.as_str().ends_with('0') { '1' } else { '0' });
        assert!(again.of_stream(&wrong).is_none());
        assert!(again.of_stream("").is_none() && again.of_stream("\u{e9}\u{e9}").is_none());
    }
}
