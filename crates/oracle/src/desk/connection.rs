//! One connection at the desk: its frames become inputs, and what is odd about them is counted and kept.

use std::collections::HashMap;
use std::sync::Arc;

use oracle_core::{Input, Moment, Quote, SourceId, Trade};
use wire_market::{Book, Message, Odd};

use crate::config::VenueReader;
use crate::event::ConnectionId;
use crate::layout::ConnectionPlan;
use crate::published::{ConnectionView, OddFrame};

use super::Note;

/// Frames that could not be read, kept for inspection.
const ODD_FRAMES_MAX: usize = 8;

/// Bytes of each that are kept.
const ODD_BYTES_MAX: usize = 4 << 10;

/// Refused subscriptions that are kept.
const REFUSED_MAX: usize = 8;

/// Bytes that are kept of what a venue says.
const WORDS_MAX: usize = 256;

/// What was noticed on the way, without the connection that it is of.
#[derive(Debug)]
pub(super) enum Noticed {
    Refused(Arc<str>),
    Gap,
    Reconnect,
    Odd(String),
}

impl Noticed {
    pub(super) fn of(self, id: ConnectionId) -> Note {
        match self {
            Self::Refused(words) => Note::Refused(id, words),
            Self::Gap => Note::Gap(id),
            Self::Reconnect => Note::Reconnect(id),
            Self::Odd(why) => Note::Odd(id, why),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    reader: VenueReader,
    /// The sources by the venue's own names of the markets. Only looked up, never gone through: its order is random.
    markets: HashMap<String, SourceId>,
    sources: Vec<SourceId>,
    view: ConnectionView,
    /// The number of the newest of the messages that the venue counts without gaps.
    counted: Option<u64>,
    /// Sources of which messages are missing, until they say something whole again.
    out_of_step: Vec<SourceId>,
    /// When it last brought anything, if that was after the last tick.
    heard: Option<Moment>,
}

impl Connection {
    pub(super) fn new(plan: &ConnectionPlan) -> Self {
        let view = ConnectionView {
            name: Arc::clone(&plan.name),
            markets: plan.markets.len(),
            streams: plan.websocket.is_some(),
            ..ConnectionView::default()
        };
        Self {
            reader: plan.reader.clone(),
            markets: plan.markets.iter().cloned().collect(),
            sources: plan.markets.iter().map(|(_, source)| *source).collect(),
            view,
            counted: None,
            out_of_step: Vec::new(),
            heard: None,
        }
    }

    /// Its sources.
    pub(super) fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.sources.iter().copied()
    }

    /// How it is.
    pub(super) const fn view(&self) -> &ConnectionView {
        &self.view
    }

    pub(super) fn open(&mut self, at: Moment) {
        self.view.open_since = Some(at);
        add(&mut self.view.opened, 1);
        (self.counted, self.heard) = (None, Some(at));
        self.out_of_step.clear();
        self.view.refused.clear();
    }

    /// It is gone; whether it was open before.
    pub(super) fn close(&mut self, why: &Arc<str>) -> bool {
        add(&mut self.view.closed, 1);
        self.view.closed_why = Some(Arc::clone(why));
        (self.counted, self.heard) = (None, None);
        self.view.open_since.take().is_some()
    }

    /// When it last brought anything, if that was after the last time that this was asked.
    pub(super) const fn take_heard(&mut self) -> Option<Moment> {
        self.heard.take()
    }

    /// Reads a frame. One that is odd anywhere says nothing at all.
    pub(super) fn read(
        &mut self,
        at: Moment,
        frame: &[u8],
        apply: &mut impl FnMut(Input),
        noticed: &mut Vec<Noticed>,
    ) {
        self.heard = Some(at);
        self.view.heard = Some(at);
        add(&mut self.view.frames, 1);
        add(&mut self.view.bytes, u64::try_from(frame.len()).unwrap_or(u64::MAX));
        let reader = self.reader.clone();
        let mut messages = Vec::new();
        if let Err(odd) = reader.read(frame, &mut messages) {
            noticed.extend(self.odd(at, &odd, frame).map(Noticed::Odd));
            return;
        }
        for message in messages {
            match message {
                Message::Quote(market, quote) => match self.markets.get(market).copied() {
                    Some(source) => self.quote(source, quote, apply),
                    None => noticed.extend(self.unknown(at, market, frame)),
                },
                Message::Trade(market, trade) => match self.markets.get(market).copied() {
                    Some(source) => {
                        add(&mut self.view.trades, 1);
                        apply(Input::Trade(source, core_trade(trade)));
                    }
                    None => noticed.extend(self.unknown(at, market, frame)),
                },
                Message::Beat => {}
                Message::Count(number) => {
                    if self.count(number) {
                        self.out_of_step = self.sources().collect();
                        self.out_of_step.iter().for_each(|source| apply(Input::Gap(*source)));
                        noticed.push(Noticed::Gap);
                    }
                }
                Message::Refused(words) => {
                    let words: Arc<str> = shortened(words).into();
                    if self.view.refused.len() >= REFUSED_MAX {
                        self.view.refused.remove(0);
                    }
                    self.view.refused.push(Arc::clone(&words));
                    noticed.push(Noticed::Refused(words));
                }
                Message::Reconnect => noticed.push(Noticed::Reconnect),
            }
        }
    }

    fn quote(
        &mut self,
        source: SourceId,
        quote: wire_market::Quote,
        apply: &mut impl FnMut(Input),
    ) {
        add(&mut self.view.quotes, 1);
        // Best prices are whole by themselves: with the first of them a market is in step again.
        if let Some(place) = self.out_of_step.iter().position(|one| *one == source) {
            self.out_of_step.swap_remove(place);
            apply(Input::Resync(source));
        }
        apply(Input::Quote(source, core_quote(quote)));
    }

    /// Whether messages are missing before the one of this number.
    fn count(&mut self, number: u64) -> bool {
        let missing = self.counted.is_some_and(|last| number > last.saturating_add(1));
        if missing {
            add(&mut self.view.gaps, 1);
        }
        self.counted = Some(number);
        missing
    }

    /// Reads the answer to a question for best prices.
    ///
    /// # Errors
    /// Where it is odd: why, if that is new.
    pub(super) fn read_rest_quote(
        &mut self,
        at: Moment,
        body: &[u8],
    ) -> Result<Quote, Option<String>> {
        match self.reader.read_quote(body) {
            Ok(quote) => {
                add(&mut self.view.rest[0], 1);
                self.view.heard = Some(at);
                Ok(core_quote(quote))
            }
            Err(odd) => Err(self.odd(at, &odd, body)),
        }
    }

    /// Reads the answer to a question for a book.
    ///
    /// # Errors
    /// Where it is odd: why, if that is new.
    pub(super) fn read_rest_book(
        &mut self,
        at: Moment,
        body: &[u8],
    ) -> Result<Book, Option<String>> {
        match self.reader.read_book(body) {
            Ok(book) => {
                add(&mut self.view.rest[0], 1);
                Ok(book)
            }
            Err(odd) => Err(self.odd(at, &odd, body)),
        }
    }

    /// A question was not answered.
    pub(super) fn rest_failed(&mut self, why: &Arc<str>) {
        add(&mut self.view.rest[1], 1);
        self.view.rest_why = Some(Arc::clone(why));
    }

    fn unknown(&mut self, at: Moment, market: &str, frame: &[u8]) -> Option<Noticed> {
        let why = format!("it is about {:?}, which was not asked for", shortened(market));
        self.keep(at, "market", why, frame).map(Noticed::Odd)
    }

    fn odd(&mut self, at: Moment, odd: &Odd, frame: &[u8]) -> Option<String> {
        self.keep(at, odd.label(), odd.to_string(), frame)
    }

    /// Counts and keeps an odd frame; why it is odd, where it is the first of its kind.
    fn keep(
        &mut self,
        at: Moment,
        kind: &'static str,
        why: String,
        frame: &[u8],
    ) -> Option<String> {
        let why = shortened(&why).to_owned();
        let first = !self.view.odd.iter().any(|(known, _)| *known == kind);
        match self.view.odd.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => add(count, 1),
            None => self.view.odd.push((kind, 1)),
        }
        if self.view.odd_frames.len() >= ODD_FRAMES_MAX {
            self.view.odd_frames.remove(0);
        }
        let start = frame.get(..ODD_BYTES_MAX).unwrap_or(frame).to_vec();
        let odd = OddFrame { at, why: why.clone(), start, bytes: frame.len() };
        self.view.odd_frames.push(Arc::new(odd));
        first.then_some(why)
    }
}

const fn add(count: &mut u64, by: u64) {
    *count = count.saturating_add(by);
}

/// As much of what a venue says as is kept.
fn shortened(words: &str) -> &str {
    words.get(..words.floor_char_boundary(WORDS_MAX)).unwrap_or(words)
}

const fn core_quote(quote: wire_market::Quote) -> Quote {
    Quote { bid: quote.bid, ask: quote.ask, time_ms: quote.time_ms, sequence: quote.sequence }
}

const fn core_trade(trade: wire_market::Trade) -> Trade {
    Trade {
        price: trade.price,
        quantity: trade.quantity,
        time_ms: trade.time_ms,
        sequence: trade.sequence,
    }
}

#[cfg(test)]
mod tests {
    use runtime::client::Endpoint;
    use units::{Price, Span};
    use wire_market::{GenericSettings, GenericVenue, Places, Pointer};

    use super::*;
    use crate::config::DEFAULT_POLL;

    /// A connection of two markets, whose frames are counted.
    fn connection() -> Connection {
        let at = |text| Pointer::new(text);
        let settings = GenericSettings {
            name: "corner".to_owned(),
            websocket: "wss://corner.example".to_owned(),
            frame: Places { market: at("/m"), last: at("/p"), ..Places::default() },
            count: at("/n"),
            ..GenericSettings::default()
        };
        let venue = GenericVenue::new(settings).expect("it is whole");
        let market = |name: &str, place| (name.to_owned(), SourceId::new(place));
        Connection::new(&ConnectionPlan {
            name: "corner".into(),
            reader: VenueReader::Described(Arc::new(venue)),
            websocket: Some(Endpoint::parse("wss://corner.example").expect("a URL")),
            rest: None,
            poll: DEFAULT_POLL,
            quiet_after: Span::from_secs(2),
            give_up_after: Span::from_secs(15),
            markets: vec![market("A", 0), market("B", 1)],
        })
    }

    /// What a frame comes to.
    fn read(connection: &mut Connection, frame: &str) -> Vec<Input> {
        let mut inputs = Vec::new();
        let mut take = |input| inputs.push(input);
        connection.read(Moment::default(), frame.as_bytes(), &mut take, &mut Vec::new());
        inputs
    }

    #[test]
    fn after_a_frame_that_is_missing_no_market_is_used_before_it_speaks_again() {
        // What was missed may have been the last thing that a market said: its price of before would be an old one.
        let [a, b] = [SourceId::new(0), SourceId::new(1)];
        let one = Quote { bid: Price::ONE, ask: Price::ONE, ..Quote::default() };
        let (quote_a, quote_b) = (Input::Quote(a, one), Input::Quote(b, one));
        let mut connection = connection();
        connection.open(Moment::default());
        assert_eq!(read(&mut connection, r#"{"n":5,"m":"A","p":"1"}"#), [quote_a]);
        assert_eq!(read(&mut connection, r#"{"n":6,"m":"B","p":"1"}"#), [quote_b]);
        let after = [Input::Gap(a), Input::Gap(b), Input::Resync(a), quote_a];
        assert_eq!(read(&mut connection, r#"{"n":8,"m":"A","p":"1"}"#), after);
        assert_eq!(connection.view().gaps, 1);
        let after = [Input::Resync(b), quote_b];
        assert_eq!(read(&mut connection, r#"{"n":9,"m":"B","p":"1"}"#), after);
        assert_eq!(read(&mut connection, r#"{"n":10,"m":"B","p":"1"}"#), [quote_b]);
        connection.close(&"it was cut".into());
        connection.open(Moment::default());
        let first = read(&mut connection, r#"{"n":0,"m":"A","p":"1"}"#);
        assert_eq!(first, [quote_a], "a new connection counts anew");
    }
}
