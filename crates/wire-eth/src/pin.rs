//! One consistent view: which block a call means, written so that every upstream reads it alike.
//!
//! `latest` means another block on every node. A call that says it, or says nothing, is rewritten
//! to the agreed head: by hash where the method allows it (EIP-1898), so that a node on another
//! branch answers with an error and not with another branch's state; by number for the rest and for
//! nodes that refuse the hash form. `safe` and `finalized` likewise, where the view knows them.
//! `pending` and `earliest` stay, and so does whatever cannot be read: the node's own error is the
//! best answer to it. Every byte that is not a rewritten block stays as the client sent it.

mod filter;

use std::borrow::Cow;
use std::ops::Range;

use crate::hex::{hash_hex, parse_hash, parse_quantity, quantity_hex};
use crate::json::{Cursor, members, unquote};
use crate::method::{BlockParam, MethodInfo};
use crate::request::Call;

/// Deepest nesting read in parameters; the shell admits less.
const DEPTH_MAX: usize = 1_024;

/// A block of the agreed chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRef {
    /// Its height.
    pub number: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// The chain as the gateway vouches for it at one moment; one view serves a whole batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The agreed head.
    pub head: BlockRef,
    /// The newest block the chain calls safe, where known.
    pub safe: Option<BlockRef>,
    /// The newest finalized block, where known.
    pub finalized: Option<BlockRef>,
    /// Branches have parted at the head and none is followed: what lies above it is not to be told.
    pub undecided: bool,
}

/// What an upstream must have to answer a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing in particular.
    Nothing,
    /// The pinned head block.
    Head,
    /// The agreed chain up to this number, which is at or below the head.
    Number(u64),
    /// The block with this hash.
    Hash([u8; 32]),
    /// A number above the agreed head.
    Ahead(u64),
}

/// What an answer is a function of, beside the method and the parameters as they go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The pinned block, which the one form names by hash and the other by number.
    Block(BlockRef),
    /// The block with this hash.
    Hash([u8; 32]),
    /// The chain's blocks by their numbers, none higher than this.
    Through(u64),
    /// The block that holds the transaction asked for; the answer names it.
    Transaction,
    /// More than that: the moment (`pending`, fees), the node (`earliest` is where its history begins), a
    /// block that the chain has not reached, or something that could not be read.
    Open,
}

/// A call as it goes to an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned<'a> {
    /// The method for the hash form.
    pub method: Cow<'a, str>,
    /// The method for the number form.
    pub method_by_number: Cow<'a, str>,
    /// The parameters with the block given by hash where the method allows it, else by number.
    pub params_by_hash: Cow<'a, str>,
    /// The parameters with the block given by number.
    pub params_by_number: Cow<'a, str>,
    /// What an upstream must have.
    pub needs: Needs,
    /// What the answer is a function of.
    pub subject: Subject,
    /// A null result contradicts the agreed chain: it denies a block at or below the agreed head.
    pub null_means_missing: bool,
}

/// Rewrites a call to the agreed view. Missing parameters become an empty array.
pub fn pin<'a>(info: &MethodInfo, call: &Call<'a>, view: &View) -> Pinned<'a> {
    let pinned = match info.block {
        BlockParam::None => unchanged(call, Needs::Nothing),
        BlockParam::AlwaysHead => unchanged(call, Needs::Head),
        BlockParam::OfTransaction => {
            Pinned { subject: Subject::Transaction, ..unchanged(call, Needs::Head) }
        }
        BlockParam::Tag { index, hash_ok, optional } => {
            let form =
                Form { index, hash: if hash_ok { Hash::Object } else { Hash::No }, optional };
            pin_tag(form, call, view)
        }
        BlockParam::ByNumberBecomesByHash => {
            pin_tag(Form { index: 0, hash: Hash::OtherMethod, optional: false }, call, view)
        }
        BlockParam::Hash { index } => pin_hash(index, call),
        BlockParam::LogFilter => filter::pin_filter(filter::From::Latest, call, view),
        BlockParam::TraceFilter => filter::pin_filter(filter::From::First, call, view),
    };
    let known = match pinned.needs {
        Needs::Number(_) => true,
        Needs::Head => matches!(pinned.params_by_number, Cow::Owned(_)),
        Needs::Hash(hash) => view.knows(&hash),
        Needs::Nothing | Needs::Ahead(_) => false,
    };
    Pinned { null_means_missing: known && info.null_means_no_block, ..pinned }
}

/// A call as the client wrote it, which whoever is asked answers for itself.
#[must_use]
pub fn as_it_is<'a>(call: &Call<'a>) -> Pinned<'a> {
    unchanged(call, Needs::Nothing)
}

impl View {
    fn knows(&self, hash: &[u8; 32]) -> bool {
        [Some(self.head), self.safe, self.finalized]
            .iter()
            .flatten()
            .any(|block| block.hash == *hash)
    }
}

/// How a method takes the hash of a pinned block.
#[derive(Clone, Copy)]
enum Hash {
    /// Not at all.
    No,
    /// As an EIP-1898 object.
    Object,
    /// As a plain string, under another method's name.
    OtherMethod,
}

#[derive(Clone, Copy)]
struct Form {
    index: usize,
    hash: Hash,
    optional: bool,
}

/// What a block parameter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A tag for a block the view knows: to be rewritten.
    Pin(BlockRef, Needs),
    /// Anything else: stays as it is.
    Leave(Needs),
    /// `earliest`: stays as it is, and is where the node's own history begins.
    Earliest,
}

impl Meaning {
    /// What an answer is a function of that names the block so, and by number where it is pinned.
    const fn subject(self) -> Subject {
        match self {
            Self::Pin(block, _) => Subject::Through(block.number),
            Self::Leave(Needs::Number(number)) => Subject::Through(number),
            Self::Leave(Needs::Hash(hash)) => Subject::Hash(hash),
            Self::Leave(Needs::Nothing | Needs::Head | Needs::Ahead(_)) | Self::Earliest => {
                Subject::Open
            }
        }
    }

    const fn needs(self) -> Needs {
        match self {
            Self::Pin(_, needs) | Self::Leave(needs) => needs,
            Self::Earliest => Needs::Number(0),
        }
    }
}

/// Where a parameter lies.
enum Place {
    /// Its bytes.
    Given(Range<usize>),
    /// It is the next one after the last; here the array closes.
    Next(usize),
    /// Parameters before it are missing too, or these are no positional parameters.
    Nowhere,
}

fn pin_tag<'a>(form: Form, call: &Call<'a>, view: &View) -> Pinned<'a> {
    let params = call.params.unwrap_or("[]");
    let (place, meaning) = match locate(params, form.index) {
        Place::Given(span) => {
            let raw = params.get(span.clone()).unwrap_or_default();
            let absent = form.optional && raw == "null";
            let meaning = if absent { view.latest() } else { view.read(raw) };
            (span, meaning)
        }
        Place::Next(end) if form.optional && form.index > 0 => (end..end, view.latest()),
        Place::Next(_) | Place::Nowhere => return unchanged(call, Needs::Head),
    };
    match meaning {
        Meaning::Pin(block, needs) => rewritten(form, call, params, &place, (block, needs)),
        Meaning::Leave(_) | Meaning::Earliest => {
            Pinned { subject: meaning.subject(), ..unchanged(call, meaning.needs()) }
        }
    }
}

fn rewritten<'a>(
    form: Form,
    call: &Call<'a>,
    params: &'a str,
    place: &Range<usize>,
    (block, needs): (BlockRef, Needs),
) -> Pinned<'a> {
    let comma = if place.is_empty() { "," } else { "" };
    let by_number = splice(params, place, &[comma, "\"", &quantity_hex(block.number), "\""]);
    let hash = hash_hex(&block.hash);
    let subject = match form.hash {
        Hash::No => Subject::Through(block.number),
        Hash::Object | Hash::OtherMethod => Subject::Block(block),
    };
    let (method, by_hash) = match form.hash {
        Hash::No => (call.method.clone(), by_number.clone()),
        Hash::Object => {
            let object = [comma, "{\"blockHash\":\"", &hash, "\"}"];
            (call.method.clone(), splice(params, place, &object))
        }
        Hash::OtherMethod => (
            Cow::Borrowed("eth_getBlockByHash"),
            splice(params, place, &[comma, "\"", &hash, "\""]),
        ),
    };
    Pinned {
        method,
        method_by_number: call.method.clone(),
        params_by_hash: Cow::Owned(by_hash),
        params_by_number: Cow::Owned(by_number),
        needs,
        subject,
        null_means_missing: false,
    }
}

fn pin_hash<'a>(index: usize, call: &Call<'a>) -> Pinned<'a> {
    let params = call.params.unwrap_or("[]");
    let hash = match locate(params, index) {
        Place::Given(span) => params.get(span).and_then(unquote).and_then(|text| parse_hash(&text)),
        Place::Next(_) | Place::Nowhere => None,
    };
    by_known_hash(call, hash)
}

fn by_known_hash<'a>(call: &Call<'a>, hash: Option<[u8; 32]>) -> Pinned<'a> {
    let meaning = Meaning::Leave(hash.map_or(Needs::Nothing, Needs::Hash));
    Pinned { subject: meaning.subject(), ..unchanged(call, meaning.needs()) }
}

fn unchanged<'a>(call: &Call<'a>, needs: Needs) -> Pinned<'a> {
    let params = Cow::Borrowed(call.params.unwrap_or("[]"));
    Pinned {
        method: call.method.clone(),
        method_by_number: call.method.clone(),
        params_by_hash: params.clone(),
        params_by_number: params,
        needs,
        subject: Subject::Open,
        null_means_missing: false,
    }
}

impl View {
    fn latest(&self) -> Meaning {
        Meaning::Pin(self.head, Needs::Head)
    }

    /// Reads a block parameter: a tag, a number, a hash or an EIP-1898 object, as raw JSON text.
    fn read(&self, raw: &str) -> Meaning {
        if raw.starts_with('{') {
            return match members(raw, ["blockHash", "blockNumber"]) {
                Some([Some(hash), None]) => Meaning::Leave(
                    unquote(hash)
                        .and_then(|text| parse_hash(&text))
                        .map_or(Needs::Nothing, Needs::Hash),
                ),
                Some([None, Some(number)]) => self.read_text(number),
                _ => Meaning::Leave(Needs::Nothing),
            };
        }
        self.read_text(raw)
    }

    fn read_text(&self, raw: &str) -> Meaning {
        let Some(text) = unquote(raw) else { return Meaning::Leave(Needs::Nothing) };
        let known = |block: Option<BlockRef>| match block {
            Some(block) => Meaning::Pin(block, Needs::Number(block.number)),
            None => Meaning::Leave(Needs::Head),
        };
        match &*text {
            "latest" => self.latest(),
            "safe" => known(self.safe),
            "finalized" => known(self.finalized),
            "pending" => Meaning::Leave(Needs::Head),
            "earliest" => Meaning::Earliest,
            text => Meaning::Leave(match (parse_hash(text), parse_quantity(text)) {
                (Some(hash), _) => Needs::Hash(hash),
                (None, Some(number)) => self.needs_number(number),
                (None, None) => Needs::Nothing,
            }),
        }
    }

    fn needs_number(&self, number: u64) -> Needs {
        if number <= self.head.number { Needs::Number(number) } else { Needs::Ahead(number) }
    }
}

/// Finds the parameter at `index`.
fn locate(params: &str, index: usize) -> Place {
    try_locate(params, index).unwrap_or(Place::Nowhere)
}

fn try_locate(params: &str, index: usize) -> Option<Place> {
    let mut cursor = Cursor::new(params.as_bytes(), DEPTH_MAX);
    let mut walk = cursor.enter(b'[').ok()?;
    let mut count = 0;
    let mut found = None;
    while cursor.next_element(&mut walk).ok()? {
        let span = cursor.value().ok()?;
        if count == index {
            found = Some(span);
        }
        count += 1;
    }
    let close = cursor.at() - 1;
    cursor.end().ok()?;
    Some(match found {
        Some(span) => Place::Given(span),
        None if count == index => Place::Next(close),
        None => Place::Nowhere,
    })
}

/// A text with the parts of another one in place of what lies there.
fn splice(text: &str, place: &Range<usize>, parts: &[&str]) -> String {
    let before = text.get(..place.start).unwrap_or_default();
    let after = text.get(place.end..).unwrap_or_default();
    let bytes = parts.iter().fold(before.len() + after.len(), |sum, part| sum + part.len());
    let mut whole = String::with_capacity(bytes);
    whole.push_str(before);
    parts.iter().for_each(|part| whole.push_str(part));
    whole.push_str(after);
    whole
}

#[cfg(test)]
mod tests;
