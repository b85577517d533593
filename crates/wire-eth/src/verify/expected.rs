//! What an answer must be about, given what was asked.

use super::header::{self, HeaderCheck};
use super::logs::LogCheck;
use super::rlp::{Object, elements};
use super::{Check, LogFilter, WrongAnswer};
use crate::answer::{Answer, AnswerKind};
use crate::block::{hash_of, quantity};
use crate::hex::{hash_hex, parse_hash, parse_quantity};
use crate::json::{ANSWER_DEPTH_MAX, Cursor, unquote};

/// Largest answer in which a block's header or a receipt's logs are looked at, in bytes. In larger
/// ones only what stands first is: the identity, which every client writes before the long lists.
const READ_MAX: usize = 64 * 1024;

/// Largest answer to `eth_getLogs` that is held against its filter at once, in bytes: a pass costs
/// about a millisecond a megabyte. Larger ones are checked as they stream, by [`LogCheck`].
const LOGS_MAX: usize = 1024 * 1024;

/// What an answer must be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A block.
    Block {
        /// With this number.
        number: Option<u64>,
        /// With this hash.
        hash: Option<[u8; 32]>,
    },
    /// The receipts of a block.
    Receipts {
        /// With this number.
        number: Option<u64>,
        /// With this hash.
        hash: Option<[u8; 32]>,
    },
    /// The transaction with this hash.
    Transaction([u8; 32]),
    /// The receipt of the transaction with this hash.
    Receipt([u8; 32]),
    /// Logs that match a filter.
    Logs(LogFilter),
}

/// What an answer that may be true looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Nothing strange.
    Plain,
    /// Another node should be asked.
    Suspect,
}

impl Expected {
    /// What an answer to this call, as it is sent, must be about; `None` where an answer alone shows
    /// nothing.
    pub fn of(method: &str, params: &str) -> Option<Self> {
        let first = || first_text(params);
        match method {
            "eth_getBlockByHash" => {
                Some(Self::Block { number: None, hash: Some(parse_hash(&first()?)?) })
            }
            "eth_getBlockByNumber" => {
                Some(Self::Block { number: Some(parse_quantity(&first()?)?), hash: None })
            }
            "eth_getBlockReceipts" => {
                let text = first()?;
                let (number, hash) = (parse_quantity(&text), parse_hash(&text));
                (number.is_some() || hash.is_some()).then_some(Self::Receipts { number, hash })
            }
            "eth_getTransactionByHash" => Some(Self::Transaction(parse_hash(&first()?)?)),
            "eth_getTransactionReceipt" => Some(Self::Receipt(parse_hash(&first()?)?)),
            "eth_getLogs" => Some(Self::Logs(LogFilter::read(params)?)),
            _ => None,
        }
    }

    /// The block whose header's bloom filter would help to check the answer.
    pub fn bloom_of(&self) -> Option<[u8; 32]> {
        match self {
            Self::Logs(filter) => filter.block(),
            Self::Block { .. }
            | Self::Receipts { .. }
            | Self::Transaction(_)
            | Self::Receipt(_) => None,
        }
    }

    /// Holds an answer against what was asked. `headers_hash` says whether headers of this chain are
    /// known to hash to their hash; `bloom` is the proven bloom filter of [`Expected::bloom_of`].
    /// Errors and null are not looked at: whether there is such a thing is another question.
    ///
    /// # Errors
    ///
    /// Where the answer cannot be true.
    pub fn check(
        &self,
        body: &[u8],
        answer: &Answer,
        headers_hash: bool,
        bloom: Option<&[u8; 256]>,
    ) -> Result<Looks, WrongAnswer> {
        if answer.kind != (AnswerKind::Result { null: false }) {
            return Ok(Looks::Plain);
        }
        let result = body.get(answer.value.clone()).unwrap_or_default();
        match self {
            Self::Block { number, hash } => {
                identity(result, ["number", "hash"], (*number, *hash))?;
                check_block(result, headers_hash)
            }
            Self::Receipts { number, hash } => {
                let Some(first) = first_element(result) else { return Ok(Looks::Plain) };
                identity(first, ["blockNumber", "blockHash"], (*number, *hash))?;
                Ok(Looks::Plain)
            }
            Self::Transaction(hash) => {
                identity(result, ["", "hash"], (None, Some(*hash)))?;
                Ok(Looks::Plain)
            }
            Self::Receipt(hash) => {
                identity(result, ["", "transactionHash"], (None, Some(*hash)))?;
                check_receipt(result)
            }
            Self::Logs(filter) if body.len() <= LOGS_MAX => {
                let mut check = LogCheck::new(filter, bloom);
                check.feed(body)?;
                let seen = check.finish()?;
                Ok(if seen.suspect { Looks::Suspect } else { Looks::Plain })
            }
            Self::Logs(_) => Ok(Looks::Plain),
        }
    }

    /// As [`Expected::check`], from the beginning alone of a result that is larger than what is looked at of
    /// one anyway. False where the beginning does not tell enough: the whole is to be checked then. Logs are
    /// for a [`LogCheck`], from the beginning to the end.
    ///
    /// # Errors
    ///
    /// Where the answer cannot be true.
    pub fn check_beginning(&self, result: &[u8]) -> Result<bool, WrongAnswer> {
        match self {
            Self::Block { number, hash } => identity(result, ["number", "hash"], (*number, *hash)),
            Self::Receipts { number, hash } => match first_element(result) {
                Some(first) => identity(first, ["blockNumber", "blockHash"], (*number, *hash)),
                None => Ok(false),
            },
            Self::Transaction(_) | Self::Receipt(_) | Self::Logs(_) => Ok(false),
        }
    }
}

fn check_block(result: &[u8], headers_hash: bool) -> Result<Looks, WrongAnswer> {
    let read = headers_hash && result.len() <= READ_MAX;
    let block = std::str::from_utf8(result).ok().filter(|_| read).and_then(Object::read);
    match block.map(|block| header::check(&block)) {
        Some(HeaderCheck::Differs) => {
            let detail = "the header's fields do not hash to its hash";
            Err(WrongAnswer::new(Check::HeaderHash, detail))
        }
        Some(HeaderCheck::Matches | HeaderCheck::Unknown) | None => Ok(Looks::Plain),
    }
}

/// A receipt's logs are of its own transaction and block.
fn check_receipt(result: &[u8]) -> Result<Looks, WrongAnswer> {
    let text = std::str::from_utf8(result).ok().filter(|_| result.len() <= READ_MAX);
    let Some(receipt) = text.and_then(Object::read) else { return Ok(Looks::Plain) };
    let logs = receipt.get("logs").and_then(elements).unwrap_or_default();
    for log in logs {
        let Some(log) = Object::read(log) else { continue };
        for member in ["blockHash", "transactionHash"] {
            let (own, its) = (hash_of(receipt.get(member)), hash_of(log.get(member)));
            if own.zip(its).is_some_and(|(own, its)| own != its) {
                let detail = format!("a log with another {member} than its receipt");
                return Err(WrongAnswer::new(Check::Consistency, detail));
            }
        }
    }
    Ok(Looks::Plain)
}

/// Holds the number and the hash of an object against those asked for. What is missing or unreadable
/// contradicts nothing. Whether all that was asked for was found.
fn identity(
    object: &[u8],
    names: [&str; 2],
    asked: (Option<u64>, Option<[u8; 32]>),
) -> Result<bool, WrongAnswer> {
    let [number, hash] = leading(object, names);
    let (number, hash) = (quantity(number), hash_of(hash));
    if let (Some(asked), Some(found)) = (asked.0, number)
        && asked != found
    {
        let detail = format!("block {found} for block {asked}");
        return Err(WrongAnswer::new(Check::Number, detail));
    }
    if let (Some(asked), Some(found)) = (asked.1, hash)
        && asked != found
    {
        let detail = format!("{} for {}", hash_hex(&found), hash_hex(&asked));
        return Err(WrongAnswer::new(Check::Hash, detail));
    }
    let is_told = |asked: bool, found: bool| found || !asked;
    Ok(is_told(asked.0.is_some(), number.is_some()) && is_told(asked.1.is_some(), hash.is_some()))
}

/// The raw values of two members of an object, read no further than both are found.
fn leading<'a>(object: &'a [u8], names: [&str; 2]) -> [Option<&'a str>; 2] {
    let mut found = [None, None];
    // What is no object has no members; that is for others to mind.
    let _read_to_its_end = find_leading(object, names, &mut found);
    found
}

fn find_leading<'a>(
    object: &'a [u8],
    names: [&str; 2],
    found: &mut [Option<&'a str>; 2],
) -> Option<()> {
    let mut cursor = Cursor::new(object, ANSWER_DEPTH_MAX);
    let mut walk = cursor.enter(b'{').ok()?;
    let mut left = names.iter().filter(|name| !name.is_empty()).count();
    while left > 0 {
        let key = cursor.next_member(&mut walk).ok()??;
        let value = cursor.value().ok()?;
        let key = object.get(key)?;
        // An empty name stands for none, and must not be found in a member that has it.
        let is_named = |name: &&str| !name.is_empty() && name.as_bytes() == key;
        if let Some(slot) = names.iter().position(is_named)
            && let Some(slot) = found.get_mut(slot).filter(|slot| slot.is_none())
        {
            *slot = std::str::from_utf8(object.get(value)?).ok();
            left -= 1;
        }
    }
    Some(())
}

fn first_element(array: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(array, ANSWER_DEPTH_MAX);
    let mut walk = cursor.enter(b'[').ok()?;
    if !cursor.next_element(&mut walk).ok()? {
        return None;
    }
    array.get(cursor.value().ok()?)
}

/// The first parameter, where it is a string or an object that names a block by number or hash.
fn first_text(params: &str) -> Option<String> {
    let first = first_element(params.as_bytes()).and_then(|raw| std::str::from_utf8(raw).ok())?;
    if first.starts_with('{') {
        let object = Object::read(first)?;
        return object.any(&["blockHash", "blockNumber"]).and_then(unquote).map(Into::into);
    }
    unquote(first).map(Into::into)
}
