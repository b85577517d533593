//! Asks a venue: for best prices while it streams nothing, and for books now and then.

use std::sync::Arc;

use oracle_core::SourceId;
use runtime::client::{CallResponse, Client, Endpoint};
use runtime::{clock, task};
use units::Span;

use crate::config::VenueReader;
use crate::event::{DeskEvent, EventSender};
use crate::layout::ConnectionPlan;
use crate::pulse::Pulse;

/// How often each market's book is asked for.
const BOOK_EVERY: Span = Span::from_secs(10);

/// Time between two questions, at least: ten a second is what the strictest venue bears.
pub const QUESTION_GAP: Span = Span::from_millis(100);

/// So many markets' best prices are asked for side by side. One after the other, a venue that takes a second for each
/// answer, as on the day when everybody asks, would be too slow for its sources to live.
const ABREAST: usize = 4;

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

/// What came of a question.
#[derive(Clone, Copy, Debug)]
struct Said {
    /// Whether it was answered.
    answered: bool,
    /// For how long the venue asks to be left alone, where it does.
    rest: Option<Span>,
    /// Whether the engine is there to take it.
    lives: bool,
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
        let count = self.markets.len().max(1);
        let abreast = ABREAST.min(count);
        let turns = u64::try_from(count.div_ceil(abreast)).unwrap_or(u64::MAX);
        let markets = u64::try_from(count).unwrap_or(u64::MAX);
        let gap = QUESTION_GAP.times(u64::try_from(abreast).unwrap_or(u64::MAX));
        let book_every =
            BOOK_EVERY.divided_by(markets).max(self.reader.book_pause()).max(QUESTION_GAP);
        let quote_every = self.poll.divided_by(turns).max(gap);
        // The first books come at once, so that weights are known early.
        let (mut book_due, mut quote_due) = (clock::now(), clock::now());
        let (mut next_book, mut next_quote) = (0_usize, 0_usize);
        loop {
            let now = clock::now();
            let is_missing = self.pulse.is_missing(now);
            let lives = if is_missing && now >= quote_due {
                quote_due = now.after(quote_every);
                let first = next_quote;
                next_quote = next_quote.wrapping_add(abreast);
                self.ask(Question::Quote, first, abreast).await
            } else if now >= book_due {
                book_due = now.after(book_every);
                next_book = next_book.wrapping_add(1);
                self.ask(Question::Book, next_book, 1).await
            } else {
                let due = if is_missing { book_due.min(quote_due) } else { book_due };
                let look = now.after(self.pulse.look_every());
                clock::sleep_until(due.min(look).max(now.after(QUESTION_GAP))).await;
                true
            };
            if !lives {
                return;
            }
        }
    }

    /// Asks for some markets side by side, from one on in their circle; false where the engine has ended.
    async fn ask(&mut self, question: Question, first: usize, abreast: usize) -> bool {
        let markets = self.markets.iter().cycle();
        let first = first.checked_rem(self.markets.len()).unwrap_or(0);
        // Gathered first: an iterator that borrows cannot be sent with the task between two of its steps.
        let asked: Vec<_> = markets
            .skip(first)
            .take(abreast)
            .map(|(market, source)| self.ask_one(question, market, *source))
            .collect();
        let said = task::in_order(asked, abreast).await;
        let rest = said.iter().filter_map(|said| said.rest).max();
        if let Some(asked) = rest {
            let rest = asked.max(self.rest).min(REST_MAX);
            self.rest = self.rest.times(2).min(REST_MAX);
            clock::sleep(rest).await;
        } else if said.iter().any(|said| said.answered) {
            self.rest = REST_FIRST;
        }
        said.iter().all(|said| said.lives)
    }

    /// Asks one question, and hands on what is said to it.
    async fn ask_one(&self, question: Question, market: &str, source: SourceId) -> Said {
        let path = match question {
            Question::Quote => self.reader.quote_path(market),
            Question::Book => self.reader.book_path(market),
        };
        if path.is_empty() {
            return Said { answered: false, rest: None, lives: true };
        }
        let answer = self.client.get(&format!("{}{path}", self.base), PATIENCE).await;
        let (event, answered, rest) = match answer {
            Ok(answer) if answer.status.is_success() => {
                let event = match question {
                    Question::Quote => DeskEvent::RestQuote(source, answer.body),
                    Question::Book => DeskEvent::RestBook(source, answer.body),
                };
                (event, true, None)
            }
            Ok(answer) => {
                let why: Arc<str> = format!("HTTP status {}", answer.status.as_u16()).into();
                (DeskEvent::RestFailed(source, why), false, asked_to_rest(&answer))
            }
            Err(error) => (DeskEvent::RestFailed(source, error.to_string().into()), false, None),
        };
        Said { answered, rest, lives: self.events.send(event).await }
    }
}

/// For how long a venue asks to be left alone, where it says that it is asked too often.
fn asked_to_rest(answer: &CallResponse) -> Option<Span> {
    // 418 is what Binance says to whom it has banned for not heeding a 429.
    if !matches!(answer.status.as_u16(), 418 | 429) {
        return None;
    }
    let asked = answer.headers.get("retry-after").and_then(|text| text.trim().parse().ok());
    Some(asked.map_or(Span::ZERO, Span::from_secs))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use runtime::http::{Handler, Limits, Listener, Request, Response, StatusCode, serve};
    use runtime::task::sync::watch;
    use units::Timestamp;

    use super::*;

    /// A venue that answers nobody for best prices before as many are waiting as may.
    struct Slow(watch::Sender<usize>);

    impl Handler for Slow {
        async fn handle(&self, request: Request) -> Response {
            if !request.path().ends_with("bookTicker") {
                return Response::empty(StatusCode::NOT_FOUND);
            }
            self.0.send_modify(|count| *count += 1);
            let enough = self.0.subscribe().wait_for(|count| *count >= ABREAST).await.is_ok();
            assert!(enough, "the counter lives as long as the venue");
            Response::json(StatusCode::OK, "{}".to_owned())
        }
    }

    fn plan(markets: usize) -> ConnectionPlan {
        let market = |place: usize| (format!("MARKET{place}"), SourceId::new(place));
        ConnectionPlan {
            name: "binance".into(),
            reader: VenueReader::BuiltIn(wire_market::venue("binance").expect("it is built in")),
            websocket: None,
            rest: None,
            poll: Span::from_millis(250),
            quiet_after: Span::from_secs(2),
            give_up_after: Span::from_secs(15),
            markets: (0..markets).map(market).collect(),
        }
    }

    #[test]
    fn a_venue_that_takes_its_time_for_each_answer_is_asked_for_more_than_one() {
        // One after the other, five slow answers take longer than it takes for the first source to be silent again.
        task::block_on(async {
            let local = "127.0.0.1:0".parse().expect("an address");
            let listener = Listener::bind(local).expect("a port");
            let endpoint = Endpoint::parse(&format!("http://{}", listener.address()));
            let venue = Arc::new(Slow(watch::Sender::new(0)));
            drop(task::spawn(serve(listener, Limits::default(), venue, std::future::pending())));
            let (events, mut received) = EventSender::channel(64);
            let plan = plan(5);
            let pulse = Arc::new(Pulse::new(Timestamp::ZERO, plan.quiet_after));
            let rest = Rest::new(endpoint.expect("a URL"), &plan, events, pulse);
            drop(task::spawn(rest.run()));
            let mut answered = BTreeSet::new();
            while answered.len() < 5 {
                let (_, event) = received.recv().await.expect("it goes on asking");
                if let DeskEvent::RestFailed(_, why) = &event {
                    assert!(why.contains("404"), "a book there is none of, and no more: {why}");
                }
                if let DeskEvent::RestQuote(source, _) = event {
                    answered.insert(source);
                }
            }
        });
    }
}
