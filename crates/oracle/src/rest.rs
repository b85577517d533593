//! Asks a venue: for best prices while it streams nothing, and for books now and then.

use std::sync::Arc;

use oracle_core::SourceId;
use runtime::client::{CallResponse, Client, Endpoint};
use runtime::clock;
use units::Span;

use crate::config::VenueReader;
use crate::event::{DeskEvent, EventSender};
use crate::layout::ConnectionPlan;
use crate::pulse::Pulse;

/// How often each market's book is asked for.
const BOOK_EVERY: Span = Span::from_secs(10);

/// Time between two questions, at least: ten a second is what the strictest venue bears.
pub const QUESTION_GAP: Span = Span::from_millis(100);

/// Longest wait for an answer.
const PATIENCE: Span = Span::from_secs(4);

/// Largest answer: a book of 5,000 levels a side stays far below.
const ANSWER_BYTES: usize = 4 << 20;

/// First and longest rest after a venue said that it is asked too often.
const REST_FIRST: Span = Span::from_secs(30);
const REST_MAX: Span = Span::from_secs(600);

/// Asks one venue for the markets of one connection.
#[derive(Debug)]
pub(crate) struct Rest {
    reader: VenueReader,
    client: Client,
    base: String,
    markets: Vec<(String, SourceId)>,
    poll: Span,
    events: EventSender,
    pulse: Arc<Pulse>,
    /// How long it rests when it is next asked to.
    rest: Span,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Quote,
    Book,
}

impl Rest {
    pub(crate) fn new(
        endpoint: Endpoint,
        plan: &ConnectionPlan,
        events: EventSender,
        pulse: Arc<Pulse>,
    ) -> Self {
        let base = endpoint.base_path().trim_end_matches('/').to_owned();
        let client = Client::new(endpoint, ANSWER_BYTES);
        let (reader, markets, poll) = (plan.reader.clone(), plan.markets.clone(), plan.poll);
        Self { reader, client, base, markets, poll, events, pulse, rest: REST_FIRST }
    }

    /// Asks until the engine ends.
    pub(crate) async fn run(mut self) {
        let count = u64::try_from(self.markets.len()).unwrap_or(u64::MAX).max(1);
        let book_every =
            BOOK_EVERY.divided_by(count).max(self.reader.book_pause()).max(QUESTION_GAP);
        let quote_every = self.poll.divided_by(count).max(QUESTION_GAP);
        // The first books come at once, so that weights are known early.
        let (mut book_due, mut quote_due) = (clock::now(), clock::now());
        let (mut next_book, mut next_quote) = (0_usize, 0_usize);
        loop {
            let now = clock::now();
            let is_missing = self.pulse.is_missing(now);
            let (question, place) = if is_missing && now >= quote_due {
                quote_due = now.after(quote_every);
                next_quote = next_quote.wrapping_add(1);
                (Question::Quote, next_quote)
            } else if now >= book_due {
                book_due = now.after(book_every);
                next_book = next_book.wrapping_add(1);
                (Question::Book, next_book)
            } else {
                let due = if is_missing { book_due.min(quote_due) } else { book_due };
                let look = now.after(self.pulse.look_every());
                clock::sleep_until(due.min(look).max(now.after(QUESTION_GAP))).await;
                continue;
            };
            let place = place.checked_rem(self.markets.len()).unwrap_or(0);
            let Some((market, source)) = self.markets.get(place).cloned() else { return };
            if !self.ask(question, &market, source).await {
                return;
            }
        }
    }

    /// Asks one question; false where the engine has ended.
    async fn ask(&mut self, question: Question, market: &str, source: SourceId) -> bool {
        let path = match question {
            Question::Quote => self.reader.quote_path(market),
            Question::Book => self.reader.book_path(market),
        };
        if path.is_empty() {
            return true;
        }
        let answer = self.client.get(&format!("{}{path}", self.base), PATIENCE).await;
        let (event, rest) = match answer {
            Ok(answer) if answer.status.is_success() => {
                self.rest = REST_FIRST;
                let event = match question {
                    Question::Quote => DeskEvent::RestQuote(source, answer.body),
                    Question::Book => DeskEvent::RestBook(source, answer.body),
                };
                (event, None)
            }
            Ok(answer) => {
                let why: Arc<str> = format!("HTTP status {}", answer.status.as_u16()).into();
                (DeskEvent::RestFailed(source, why), self.asked_to_rest(&answer))
            }
            Err(error) => (DeskEvent::RestFailed(source, error.to_string().into()), None),
        };
        let lives = self.events.send(event).await;
        if let Some(rest) = rest {
            clock::sleep(rest).await;
        }
        lives
    }

    /// How long to leave the venue alone, where it says that it is asked too often.
    fn asked_to_rest(&mut self, answer: &CallResponse) -> Option<Span> {
        // 418 is what Binance says to whom it has banned for not heeding a 429.
        if !matches!(answer.status.as_u16(), 418 | 429) {
            return None;
        }
        let asked = answer.headers.get("retry-after").and_then(|text| text.trim().parse().ok());
        let rest = asked.map_or(Span::ZERO, Span::from_secs).max(self.rest).min(REST_MAX);
        self.rest = self.rest.times(2).min(REST_MAX);
        Some(rest)
    }
}
