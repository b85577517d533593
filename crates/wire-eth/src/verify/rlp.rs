//! RLP of what JSON-RPC spells as hex.
//!
//! Source: Ethereum yellow paper, appendix B.

use alloy_primitives::hex;
use alloy_rlp::{Encodable, Header};

use crate::json::{ANSWER_DEPTH_MAX, Cursor};

/// How a field is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A number of at most 256 bits, without leading zeros.
    Quantity,
    /// A number that may be missing or null, which counts as zero.
    OptionalQuantity,
    /// Bytes of this length; shorter ones are filled with zeros from the left.
    Fixed(usize),
    /// An address, or nothing where it is missing or null: a contract is created.
    Recipient,
    /// Bytes.
    Data,
    /// A flag, as a JSON literal or a number; missing is false.
    Flag,
    /// A list of hashes.
    Hashes,
    /// The access list of EIP-2930.
    AccessList,
    /// The authorization list of EIP-7702.
    Authorizations,
    /// The logs of a receipt.
    Logs,
}

/// A field: its name in JSON, or the names that different clients give it, and its form.
pub(super) type Field = (&'static [&'static str], Form);

/// A list under construction.
#[derive(Debug, Default)]
pub(super) struct List {
    payload: Vec<u8>,
}

impl List {
    /// The list of an object's fields in their order; `None` where one is missing or unreadable.
    pub(super) fn of(object: &Object<'_>, fields: &[Field]) -> Option<Self> {
        let mut list = Self::default();
        for (names, form) in fields {
            list.field(object.any(names), *form)?;
        }
        Some(list)
    }

    fn field(&mut self, raw: Option<&str>, form: Form) -> Option<()> {
        match form {
            Form::Quantity => self.quantity(raw?),
            Form::OptionalQuantity => self.quantity(raw.unwrap_or(r#""0x0""#)),
            Form::Fixed(length) => self.fixed(raw?, length),
            Form::Recipient => match raw {
                Some(raw) => self.fixed(raw, 20),
                None => self.bytes(&[]),
            },
            Form::Data => self.data(raw?),
            Form::Flag => self.quantity(match raw {
                Some("true") => r#""0x1""#,
                Some("false") | None => r#""0x0""#,
                Some(number) => number,
            }),
            Form::Hashes => self.each(raw?, |list, hash| list.fixed(hash, 32)),
            Form::AccessList => self.objects(
                raw?,
                &[(&["address"], Form::Fixed(20)), (&["storageKeys"], Form::Hashes)],
            ),
            Form::Authorizations => self.objects(
                raw?,
                &[
                    (&["chainId"], Form::Quantity),
                    (&["address"], Form::Fixed(20)),
                    (&["nonce"], Form::Quantity),
                    (&["yParity", "v"], Form::Quantity),
                    (&["r"], Form::Quantity),
                    (&["s"], Form::Quantity),
                ],
            ),
            Form::Logs => self.objects(
                raw?,
                &[
                    (&["address"], Form::Fixed(20)),
                    (&["topics"], Form::Hashes),
                    (&["data"], Form::Data),
                ],
            ),
        }
    }

    fn quantity(&mut self, raw: &str) -> Option<()> {
        self.bytes(decode(digits(raw)?.trim_start_matches('0'), 32)?.as_slice())
    }

    /// Puts bytes of one length.
    pub(super) fn fixed(&mut self, raw: &str, length: usize) -> Option<()> {
        let found = decode(digits(raw)?, length)?;
        let mut bytes = vec![0; length - found.len()];
        bytes.extend_from_slice(&found);
        self.bytes(&bytes)
    }

    fn data(&mut self, raw: &str) -> Option<()> {
        let digits = digits(raw)?;
        self.bytes(&hex::decode(digits.as_bytes()).ok()?)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        bytes.encode(&mut self.payload);
        Some(())
    }

    fn objects(&mut self, raw: &str, fields: &[Field]) -> Option<()> {
        self.each(raw, |list, object| {
            list.list(&Self::of(&Object::read(object)?, fields)?);
            Some(())
        })
    }

    /// Puts a list with what `put` puts for each element of an array.
    fn each(&mut self, raw: &str, put: impl Fn(&mut Self, &str) -> Option<()>) -> Option<()> {
        let mut inner = Self::default();
        for element in elements(raw)? {
            put(&mut inner, element)?;
        }
        self.list(&inner);
        Some(())
    }

    /// Puts a list into this one.
    pub(super) fn list(&mut self, inner: &Self) {
        Header { list: true, payload_length: inner.payload.len() }.encode(&mut self.payload);
        self.payload.extend_from_slice(&inner.payload);
    }

    /// The bytes of the whole list, after the type byte where there is one (EIP-2718).
    pub(super) fn seal(&self, prefix: Option<u8>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.payload.len() + 10);
        out.extend(prefix);
        Header { list: true, payload_length: self.payload.len() }.encode(&mut out);
        out.extend_from_slice(&self.payload);
        out
    }
}

/// The hex digits of a JSON string.
fn digits(raw: &str) -> Option<&str> {
    raw.strip_prefix("\"0x")?.strip_suffix('"')
}

/// Decodes digits, an odd number of them too, to at most `most` bytes.
fn decode(digits: &str, most: usize) -> Option<Vec<u8>> {
    if digits.len() > most * 2 {
        return None;
    }
    if digits.len().is_multiple_of(2) {
        return hex::decode(digits.as_bytes()).ok();
    }
    hex::decode(format!("0{digits}").as_bytes()).ok()
}

/// An object's members in their order, found by name. Null counts as missing.
#[derive(Debug)]
pub(super) struct Object<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Object<'a> {
    /// `None` where the text is no object, or one with names written in escapes, as no node does.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut found = Vec::with_capacity(24);
        let mut cursor = Cursor::new(text.as_bytes(), ANSWER_DEPTH_MAX);
        let mut walk = cursor.enter(b'{').ok()?;
        while let Some(key) = cursor.next_member(&mut walk).ok()? {
            let value = cursor.value().ok()?;
            let key = text.get(key).filter(|key| !key.contains('\\'))?;
            found.push((key, text.get(value)?));
        }
        cursor.end().ok()?;
        Some(Self(found))
    }

    /// The raw value of a member.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(key, _)| *key == name)?;
        (*value != "null").then_some(*value)
    }

    /// The raw value of the first of these members that is there.
    pub(super) fn any(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The names of its members that are not null.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(_, value)| *value != "null").map(|(name, _)| *name)
    }
}

/// The raw elements of an array; `None` where the text is no array.
pub(super) fn elements(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let mut cursor = Cursor::new(text.as_bytes(), ANSWER_DEPTH_MAX);
    let mut walk = cursor.enter(b'[').ok()?;
    while cursor.next_element(&mut walk).ok()? {
        found.push(text.get(cursor.value().ok()?)?);
    }
    cursor.end().ok()?;
    Some(found)
}
