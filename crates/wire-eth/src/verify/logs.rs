//! Logs held against their filter while they stream by.

use std::borrow::Cow;

use super::bloom::may_hold;
use super::filter::{Log, LogFilter};
use super::lexer::{Lexer, Token};
use super::{Check, WrongAnswer};
use crate::hex::{parse_hash, parse_quantity};

/// Topics of a log. Source: the EVM's `LOG4`.
const TOPICS_MAX: usize = 4;

/// What the logs of an answer were like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogsSeen {
    /// How many there were.
    pub count: u64,
    /// Nothing is wrong, but another node should be asked: there are none although the block's bloom
    /// filter leaves room for some, or the indices within a block do not rise, which on some chains is
    /// usual for logs that the system adds.
    pub suspect: bool,
}

/// Holds a whole answer to `eth_getLogs` against its filter in one pass, in the pieces in which it
/// comes, with a few hundred bytes of memory.
#[derive(Debug)]
pub struct LogCheck<'a> {
    filter: Cow<'a, LogFilter>,
    bloom: Option<Cow<'a, [u8; 256]>>,
    lexer: Lexer,
    reader: Reader,
}

/// What has been read of the answer.
#[derive(Debug, Default)]
struct Reader {
    /// The last name at the answer's own level was `result`.
    at_result: bool,
    in_result: bool,
    is_list: bool,
    member: Member,
    log: Log,
    last: Option<Place>,
    count: u64,
    suspect: bool,
}

/// A log's place in the chain.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: u64,
    hash: Option<[u8; 32]>,
    index: Option<u64>,
}

/// The member of a log that is being read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Member {
    Address,
    Topics,
    BlockNumber,
    BlockHash,
    LogIndex,
    #[default]
    Other,
}

impl<'a> LogCheck<'a> {
    /// A check against this filter; with the bloom filter of the one block that is asked for, where it
    /// is known and proven by the block's hash.
    pub fn new(filter: &'a LogFilter, bloom: Option<&'a [u8; 256]>) -> Self {
        Self::of(Cow::Borrowed(filter), bloom.map(Cow::Borrowed))
    }

    /// As [`LogCheck::new`], for a check that outlives the call.
    pub fn owned(filter: LogFilter, bloom: Option<[u8; 256]>) -> LogCheck<'static> {
        LogCheck::of(Cow::Owned(filter), bloom.map(Cow::Owned))
    }

    fn of(filter: Cow<'a, LogFilter>, bloom: Option<Cow<'a, [u8; 256]>>) -> Self {
        let bloom = bloom.filter(|_| filter.block().is_some());
        Self { filter, bloom, lexer: Lexer::new(), reader: Reader::default() }
    }

    /// Takes the next bytes of the answer's body.
    ///
    /// # Errors
    ///
    /// At the first log that cannot be an answer to the filter; the answer is then not to be used.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), WrongAnswer> {
        let (filter, bloom) = (self.filter.as_ref(), self.bloom.as_deref());
        let reader = &mut self.reader;
        self.lexer.feed(bytes, |token, depth| match reader.take(token, depth)? {
            Some(log) => reader.judge(&log, filter, bloom),
            None => Ok(()),
        })
    }

    /// The end of the body.
    ///
    /// # Errors
    ///
    /// Where the body ended too soon.
    pub fn finish(self) -> Result<LogsSeen, WrongAnswer> {
        if self.lexer.depth() > 0 {
            return Err(WrongAnswer::new(Check::Form, "the list of logs is cut short"));
        }
        let Reader { is_list, count, suspect, .. } = self.reader;
        let room = self.bloom.is_some_and(|bloom| self.filter.may_match(&bloom));
        Ok(LogsSeen { count, suspect: suspect || (is_list && count == 0 && room) })
    }
}

impl Reader {
    /// Takes one part of the text; the log that it completes, where it does.
    fn take(&mut self, token: Token<'_>, depth: u32) -> Result<Option<Log>, WrongAnswer> {
        match (depth, token) {
            (1, Token::Key(name)) => self.at_result = name == b"result",
            (1, Token::Open) if self.at_result => {
                self.in_result = true;
                self.is_list = true;
            }
            (1, Token::Close) => self.in_result = false,
            (2, Token::Text(_) | Token::Literal(_)) if self.in_result => {
                return Err(WrongAnswer::new(Check::Form, "something else among the logs"));
            }
            (2, Token::Open) if self.in_result => self.log = Log::default(),
            (2, Token::Close) if self.in_result => return Ok(Some(std::mem::take(&mut self.log))),
            (3, Token::Key(name)) if self.in_result => self.member = Member::named(name),
            (3, Token::Text(text)) if self.in_result => self.scalar(text),
            (4, Token::Text(text)) if self.in_result && self.member == Member::Topics => {
                if self.log.topics.len() >= TOPICS_MAX {
                    return Err(WrongAnswer::new(Check::Form, "a log with more than four topics"));
                }
                self.log.topics.extend(text_of(text).and_then(parse_hash));
            }
            (_, _) => {}
        }
        Ok(None)
    }

    fn scalar(&mut self, text: &[u8]) {
        let text = text_of(text);
        match self.member {
            Member::Address => self.log.address = text.and_then(address),
            Member::BlockNumber => self.log.block = text.and_then(parse_quantity),
            Member::BlockHash => self.log.block_hash = text.and_then(parse_hash),
            Member::LogIndex => self.log.index = text.and_then(parse_quantity),
            Member::Topics | Member::Other => {}
        }
    }

    fn judge(
        &mut self,
        log: &Log,
        filter: &LogFilter,
        bloom: Option<&[u8; 256]>,
    ) -> Result<(), WrongAnswer> {
        self.count += 1;
        let wrong = |check, what: &str| {
            let detail = format!("log {} of the answer: {what}", self.count);
            Err(WrongAnswer::new(check, detail))
        };
        if let Some(objection) = filter.objection(log) {
            return wrong(Check::LogFilter, objection);
        }
        if let Some(bloom) = bloom {
            let address = log.address.iter().all(|address| may_hold(bloom, address));
            if !address || !log.topics.iter().all(|topic| may_hold(bloom, topic)) {
                return wrong(Check::LogBloom, "it is not in the block's bloom filter");
            }
        }
        let Some(block) = log.block else { return Ok(()) };
        let place = Place { block, hash: log.block_hash, index: log.index };
        if let Some(last) = self.last.replace(place) {
            if place.block < last.block {
                return wrong(Check::LogOrder, "a log of an earlier block after a later one");
            }
            if place.block == last.block {
                if last.hash.zip(place.hash).is_some_and(|(last, this)| last != this) {
                    return wrong(Check::Consistency, "two hashes for one block");
                }
                let rises = last.index.zip(place.index).is_none_or(|(last, this)| last < this);
                self.suspect |= !rises;
            }
        }
        Ok(())
    }
}

impl Member {
    fn named(name: &[u8]) -> Self {
        match name {
            b"address" => Self::Address,
            b"topics" => Self::Topics,
            b"blockNumber" => Self::BlockNumber,
            b"blockHash" => Self::BlockHash,
            b"logIndex" => Self::LogIndex,
            _ => Self::Other,
        }
    }
}

fn text_of(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

fn address(text: &str) -> Option<[u8; 20]> {
    let mut address = [0; 20];
    alloy_primitives::hex::decode_to_slice(text.strip_prefix("0x")?, &mut address).ok()?;
    Some(address)
}
