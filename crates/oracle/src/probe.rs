//! Looks at a venue as it is: what it sends and what is read of it, side by side, and what does not fit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use runtime::client::{Client, Endpoint, connect_websocket};
use runtime::clock;
use runtime::http::Bytes;
use runtime::task::{self};
use units::Span;
use wire_market::Message;

use crate::config::VenueReader;

/// Longest wait for the connection, and for an answer.
const PATIENCE: Span = Span::from_secs(10);

/// Largest message and answer.
const BYTES_MAX: usize = 8 << 20;

/// Bytes of a message that are shown; of one that does not fit all are, up to the larger number.
const SHOWN: usize = 300;
const SHOWN_ODD: usize = 4_000;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Probe {
    /// How its bytes are read.
    pub reader: VenueReader,
    /// Where it streams; `None` where it is only asked.
    pub websocket: Option<Endpoint>,
    /// Where it answers questions.
    pub rest: Option<Endpoint>,
    /// The markets that are asked for, by the venue's own names.
    pub markets: Vec<String>,
    /// For how long.
    pub time: Span,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// Messages that came.
    pub frames: u64,
    /// What they said, by kind and how often.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Messages that could not be read.
    pub odd: u64,
    /// Markets that were asked for and gave no best prices.
    pub quiet: BTreeSet<String>,
    /// Markets that were told of and not asked for.
    pub strange: BTreeSet<String>,
    /// Questions that were answered as expected, and that were not.
    pub rest: [u64; 2],
}

impl Probe {
    /// Looks for as long as was asked, and tells each line as it comes. What streams nothing is asked once.
    ///
    /// # Errors
    /// Where the venue cannot be reached, or goes away.
    pub async fn run(&self, tell: &mut impl FnMut(&str)) -> Result<Probed, String> {
        let mut probed =
            Probed { quiet: self.markets.iter().cloned().collect(), ..Probed::default() };
        if let Some(endpoint) = &self.rest {
            self.ask(endpoint, &mut probed, tell).await;
        }
        let Some(websocket) = &self.websocket else { return Ok(probed) };
        tell(&format!("connecting to {websocket}"));
        let mut socket = connect_websocket(websocket, BYTES_MAX, PATIENCE)
            .await
            .map_err(|error| error.to_string())?;
        for (at, text) in self.reader.subscribe(&self.markets).into_iter().enumerate() {
            if at > 0 {
                clock::sleep(self.reader.subscribe_pause()).await;
            }
            tell(&format!("> {text}"));
            if !socket.send(Bytes::from(text)).await {
                return Err("the venue went away while subscribing".to_owned());
            }
        }
        let until = clock::now().after(self.time);
        let keep_alive = self.reader.keep_alive();
        let every = keep_alive.as_ref().map_or(Span::MAX, |keep| keep.every);
        let mut kept = clock::now();
        loop {
            task::select! {
                biased;
                () = clock::sleep_until(until) => return Ok(probed),
                () = clock::sleep_until(kept.after(every)) => {
                    kept = clock::now();
                    let text = keep_alive.as_ref().map_or("", |keep| &keep.text);
                    tell(&format!("> {text}"));
                    if !socket.send(Bytes::from(text.to_owned())).await {
                        return Err("the venue went away".to_owned());
                    }
                }
                message = socket.receive() => match message {
                    Some(frame) => self.frame(&frame, &mut probed, tell),
                    None => return Err("the venue closed the connection".to_owned()),
                }
            }
        }
    }

    fn frame(&self, frame: &[u8], probed: &mut Probed, tell: &mut impl FnMut(&str)) {
        probed.frames += 1;
        let mut messages = Vec::new();
        if let Err(odd) = self.reader.read(frame, &mut messages) {
            probed.odd += 1;
            tell(&format!("< {}", shown(frame, SHOWN_ODD)));
            tell(&format!("    DOES NOT FIT: {odd}"));
            return;
        }
        tell(&format!("< {}", shown(frame, SHOWN)));
        for message in messages {
            *probed.kinds.entry(kind(&message)).or_default() += 1;
            if let Message::Quote(market, _) | Message::Trade(market, _) = &message {
                if !self.markets.iter().any(|asked| asked == market) {
                    probed.strange.insert((*market).to_owned());
                } else if matches!(message, Message::Quote(..)) {
                    probed.quiet.remove(*market);
                }
            }
            tell(&format!("    {}", words(&message)));
        }
    }

    async fn ask(&self, endpoint: &Endpoint, probed: &mut Probed, tell: &mut impl FnMut(&str)) {
        let client = Client::new(endpoint.clone(), BYTES_MAX);
        let base = endpoint.base_path().trim_end_matches('/');
        for market in &self.markets {
            for (is_book, path) in
                [(false, self.reader.quote_path(market)), (true, self.reader.book_path(market))]
            {
                if path.is_empty() {
                    continue;
                }
                tell(&format!("GET {endpoint}{path}"));
                let answer = client.get(&format!("{base}{path}"), PATIENCE).await;
                let read = match answer {
                    Ok(answer) if answer.status.is_success() => {
                        tell(&format!("< {}", shown(&answer.body, SHOWN)));
                        self.read_answer(is_book, &answer.body)
                    }
                    Ok(answer) => Err(format!("HTTP status {}", answer.status.as_u16())),
                    Err(error) => Err(error.to_string()),
                };
                let fits = usize::from(read.is_err());
                if let Some(count) = probed.rest.get_mut(fits) {
                    *count += 1;
                }
                if self.websocket.is_none() && !is_book && read.is_ok() {
                    probed.quiet.remove(market);
                }
                let (Ok(words) | Err(words)) = read;
                tell(&format!("    {words}"));
            }
        }
    }

    fn read_answer(&self, is_book: bool, body: &[u8]) -> Result<String, String> {
        if is_book {
            let book = self.reader.read_book(body).map_err(|odd| format!("DOES NOT FIT: {odd}"))?;
            return Ok(format!("book of {} bids, {} asks", book.bids.len(), book.asks.len()));
        }
        let quote = self.reader.read_quote(body).map_err(|odd| format!("DOES NOT FIT: {odd}"))?;
        Ok(format!(
            "quote {} x {} / {} x {}",
            quote.bid, quote.bid_quantity, quote.ask, quote.ask_quantity
        ))
    }
}

const fn kind(message: &Message<'_>) -> &'static str {
    match message {
        Message::Quote(..) => "quotes",
        Message::Trade(..) => "trades",
        Message::Beat => "beats",
        Message::Count(_) => "counts",
        Message::Refused(_) => "refusals",
        Message::Reconnect => "notices to reconnect",
    }
}

fn words(message: &Message<'_>) -> String {
    let time = |time: Option<u64>| time.map_or_else(|| "no time".to_owned(), |it| it.to_string());
    match message {
        Message::Quote(market, quote) => format!(
            "quote {market} {} x {} / {} x {}, {}, number {}",
            quote.bid,
            quote.bid_quantity,
            quote.ask,
            quote.ask_quantity,
            time(quote.time_ms),
            quote.sequence
        ),
        Message::Trade(market, trade) => format!(
            "trade {market} {} x {}, {}, number {}",
            trade.price,
            trade.quantity,
            time(trade.time_ms),
            trade.sequence
        ),
        Message::Beat => "beat".to_owned(),
        Message::Count(number) => format!("number {number} of the connection"),
        Message::Refused(why) => format!("REFUSED: {why}"),
        Message::Reconnect => "a notice to reconnect".to_owned(),
    }
}

/// The beginning of a message, with what is no text written out.
fn shown(bytes: &[u8], most: usize) -> String {
    let start = bytes.get(..most).unwrap_or(bytes);
    let mut text = String::from_utf8_lossy(start).escape_debug().to_string().replace("\\\"", "\"");
    if start.len() < bytes.len() {
        // Writing to a text cannot fail.
        let written = write!(text, " … ({} bytes)", bytes.len());
        debug_assert!(written.is_ok(), "a text takes everything");
    }
    text
}
