//! What is known of one chain: each endpoint's newest word on each source and rate, and what it amounts to.

use std::collections::BTreeMap;
use std::sync::Arc;

use oracle_core::{FeedId, Input, Moment, RateReading, SourceId, Trade};
use units::{Price, Quantity, Span};
use wire_eth::read_bytes;

use super::calls::{Question, questions};
use super::config::{ChainConfig, ChainRate, ChainSource};
use super::event::{CallSaid, ChainAnswer, ChainEvent, ChainRound, ChainSaid, shortened};
use super::read::{NoReading, price_of, rate_of};
use crate::published::{ChainItemView, ChainReaderView, ChainView};

/// How far ahead of our clock a block may be. Ethereum takes none that is more than a slot ahead; the rest is for
/// clocks that are off.
const AHEAD_MAX: Span = Span::from_secs(30);

/// Everything that is known of one chain.
#[derive(Debug)]
pub(crate) struct ChainReads {
    config: ChainConfig,
    sources: Vec<SourceReads>,
    rates: Vec<RateReads>,
    endpoints: Vec<Endpoint>,
    /// What never changes, by its question, which is all that is kept of an answer beyond its round.
    constants: Vec<Question>,
}

#[derive(Debug)]
struct SourceReads {
    id: SourceId,
    config: ChainSource,
    /// By endpoint.
    words: Vec<Word<Price>>,
    note: ItemNote,
}

#[derive(Debug)]
struct RateReads {
    feeds: Vec<FeedId>,
    config: ChainRate,
    note: ItemNote,
}

/// What one endpoint last said of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Word<T> {
    #[default]
    Nothing,
    /// There is no value.
    Refused,
    /// A value at a block.
    Value(u64, T),
}

/// What is shown of a source or a rate.
#[derive(Clone, Debug, Default)]
struct ItemNote {
    value: Option<String>,
    block: u64,
    refused: Option<(Moment, Arc<str>)>,
    refusals: u64,
}

#[derive(Debug, Default)]
struct Endpoint {
    view: ChainReaderView,
    constants: BTreeMap<Question, Vec<u8>>,
}

impl ChainReads {
    /// A chain of which nothing has been read. `sources` are the ids of its sources, `rates` the feeds that take each
    /// of its rates, both in configured order.
    pub(crate) fn new(config: &ChainConfig, sources: &[SourceId], rates: &[Vec<FeedId>]) -> Self {
        let words = vec![Word::Nothing; config.endpoints.len()];
        let source = |(config, id): (&ChainSource, &SourceId)| SourceReads {
            id: *id,
            config: config.clone(),
            words: words.clone(),
            note: ItemNote::default(),
        };
        let rate = |(config, feeds): (&ChainRate, &Vec<FeedId>)| RateReads {
            feeds: feeds.clone(),
            config: config.clone(),
            note: ItemNote::default(),
        };
        let endpoint = |endpoint: &runtime::client::Endpoint| {
            let view = ChainReaderView { name: endpoint.masked().into(), ..Default::default() };
            Endpoint { view, ..Endpoint::default() }
        };
        Self {
            sources: config.sources.iter().zip(sources).map(source).collect(),
            rates: config.rates.iter().zip(rates).map(rate).collect(),
            endpoints: config.endpoints.iter().map(endpoint).collect(),
            constants: questions(config).constants,
            config: config.clone(),
        }
    }

    /// Takes in what an endpoint said, and tells the core what follows.
    pub(crate) fn take(&mut self, at: Moment, event: &ChainEvent, apply: &mut dyn FnMut(Input)) {
        let Some(endpoint) = self.endpoints.get_mut(event.reader) else { return };
        match &event.said {
            ChainSaid::Failed(why) => endpoint.view.fail(at, why),
            ChainSaid::Round(round) => {
                endpoint.view.answer(at, round);
                self.round(at, event.reader, round, apply);
            }
        }
    }

    fn round(
        &mut self,
        at: Moment,
        reader: usize,
        round: &ChainRound,
        apply: &mut dyn FnMut(Input),
    ) {
        let Some(endpoint) = self.endpoints.get_mut(reader) else { return };
        let unusable = out_of_time(at, round.time_ms, self.config.block_age_max);
        if let Some(why) = &unusable {
            endpoint.view.fail(at, why);
        }
        for question in &self.constants {
            if let Some(Ok(bytes)) = answer_to(question, round) {
                endpoint.constants.insert(question.clone(), bytes);
            }
        }
        let known = &endpoint.constants;
        let lookup = |question: &Question| match answer_to(question, round) {
            Some(answer) => answer,
            None => known.get(question).cloned().ok_or_else(|| {
                let (to, data) = question;
                NoReading::Unanswered(format!("{to} has not been asked {data} yet"))
            }),
        };
        for source in &mut self.sources {
            let read = match &unusable {
                Some(why) => Err(NoReading::Refused(why.clone())),
                None => price_of(source.config.contract, round.time_ms.div_euclid(1_000), &lookup),
            };
            source.note.take(at, round.block, read.as_ref().map(Price::to_string));
            let word = match read {
                Ok(price) => Word::Value(round.block, price),
                Err(NoReading::Refused(_)) => Word::Refused,
                Err(NoReading::Unanswered(_)) => continue,
            };
            if let Some(place) = source.words.get_mut(reader) {
                *place = word;
            }
            if let Some(input) = source.verdict(reader, round.time_ms, self.config.agree) {
                apply(input);
            }
        }
        for rate in &mut self.rates {
            let read = match &unusable {
                Some(why) => Err(NoReading::Refused(why.clone())),
                None => rate_of(&rate.config, &lookup),
            };
            rate.note.take(at, round.block, read.as_ref().map(units::Ratio::to_string));
            let Ok(ratio) = read else { continue };
            let (block, time_ms) = (round.block, round.time_ms);
            for feed in &rate.feeds {
                apply(Input::Rate(*feed, RateReading { reader, ratio, block, time_ms }));
            }
        }
    }

    /// What is to be shown of it.
    pub(crate) fn view(&self) -> ChainView {
        let sources = self.sources.iter().map(|source| source.note.view(&source.config.name));
        let rates = self.rates.iter().map(|rate| rate.note.view(&rate.config.name));
        ChainView {
            name: self.config.name.as_str().into(),
            readers: self.endpoints.iter().map(|endpoint| endpoint.view.clone()).collect(),
            items: sources.chain(rates).collect(),
        }
    }
}

impl ChainReaderView {
    fn answer(&mut self, at: Moment, round: &ChainRound) {
        self.rounds = self.rounds.saturating_add(1);
        (self.answered, self.block) = (Some(at), (round.block, round.time_ms));
    }

    fn fail(&mut self, at: Moment, why: &str) {
        self.failures = self.failures.saturating_add(1);
        self.failed = Some((at, why.into()));
    }
}

impl SourceReads {
    /// What follows from what an endpoint has just said: a price where enough say the same of its block, none where
    /// there can be no such price any more.
    fn verdict(&self, reader: usize, time_ms: u64, agree: usize) -> Option<Input> {
        let word = self.words.get(reader)?;
        if let Word::Value(block, price) = word {
            let same = self.words.iter().filter(|other| *other == word).count();
            if same >= agree {
                let (price, quantity, sequence) = (*price, Quantity::ZERO, *block);
                let time_ms = Some(time_ms);
                return Some(Input::Point(self.id, Trade { price, quantity, time_ms, sequence }));
            }
        }
        let refused = self.words.iter().filter(|word| **word == Word::Refused).count();
        let left = self.words.len().saturating_sub(refused);
        (left < agree).then_some(Input::NoPrice(self.id))
    }
}

impl ItemNote {
    fn take(&mut self, at: Moment, block: u64, read: Result<String, &NoReading>) {
        match read {
            Ok(value) => (self.value, self.block, self.refused) = (Some(value), block, None),
            Err(why) => {
                self.refused = Some((at, shortened(&why.to_string()).into()));
                self.refusals = self.refusals.saturating_add(1);
            }
        }
    }

    fn view(&self, name: &str) -> ChainItemView {
        ChainItemView {
            name: name.into(),
            value: self.value.as_deref().map(Into::into),
            block: self.block,
            refused: self.refused.clone(),
            refusals: self.refusals,
        }
    }
}

/// What a round holds on a question; `None` where it was not asked.
fn answer_to(question: &Question, round: &ChainRound) -> Option<Result<Vec<u8>, NoReading>> {
    let (to, data) = (question.0.to_string(), question.1.to_string());
    let asked = |answer: &&ChainAnswer| answer.to == to && answer.data == data;
    let answer = round.answers.iter().find(asked)?;
    Some(match &answer.said {
        CallSaid::Value(text) => read_bytes(text)
            .ok_or_else(|| NoReading::Unanswered("the answer is no hexadecimal text".to_owned())),
        CallSaid::Reverted(why) => Err(NoReading::Refused(format!("reverted: {why}"))),
        CallSaid::Failed(why) => Err(NoReading::Unanswered(why.clone())),
    })
}

/// Why nothing may be read at a block of such a time; `None` where it may.
fn out_of_time(at: Moment, time_ms: u64, age_max: Span) -> Option<String> {
    let age = Span::from_millis(at.unix_ms.saturating_sub(time_ms));
    let ahead = Span::from_millis(time_ms.saturating_sub(at.unix_ms));
    if age > age_max {
        return Some(format!("the newest block is {age} old, and may be {age_max}"));
    }
    (ahead > AHEAD_MAX).then(|| format!("the newest block is {ahead} ahead of our clock"))
}
