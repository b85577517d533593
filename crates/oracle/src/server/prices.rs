//! `/v1/prices` and `/v1/stream`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use oracle_core::{FeedId, Status};
use runtime::clock;
use runtime::http::{Response, StatusCode};
use units::{Price, Span, Timestamp};

use super::json;
use super::query::Query;
use super::shown::Shown;
use super::stream::{Writer, put};
use crate::published::{FeedView, Published};

/// All feeds.
pub(crate) fn all(published: &Published, now: Timestamp) -> Response {
    Response::json(StatusCode::OK, json::all(published, now))
}

/// One feed: `SYMBOL` or `SYMBOL/explain`.
pub(crate) fn one(published: &Published, path: &str, now: Timestamp) -> Response {
    let (symbol, explain) = match path.strip_suffix("/explain") {
        Some(symbol) => (symbol, true),
        None => (path, false),
    };
    let Some(view) = find(published, symbol) else {
        return Response::json(StatusCode::NOT_FOUND, json::no_such_feed(published, symbol));
    };
    let shown = Shown::of(view, now);
    if explain {
        // What was worked out before the oracle stopped is about another time.
        let words = if shown.stalled { shown.refusal() } else { view.explanation.to_string() };
        return Response::text(StatusCode::OK, words);
    }
    let halted = shown.status == Status::Halted;
    let status = if halted { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Response::json(status, json::feed(published, view, now))
}

/// The feed of a symbol in any case, with a slash or a hyphen in it.
fn find<'a>(published: &'a Published, symbol: &str) -> Option<&'a FeedView> {
    let plain = |symbol: &str| symbol.replace('-', "/").to_ascii_uppercase();
    let wanted = plain(symbol);
    let mut feeds = published.feeds.iter();
    feeds.find(|view| plain(&view.symbol) == wanted).map(AsRef::as_ref)
}

/// How old a tick may be for its texts to be shared: beyond the next one's time each reader needs another age, and
/// soon another status.
const SHARED_FOR: Span = Span::from_millis(250);

/// The newest tick's texts, made once for all who read streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet(Arc<Mutex<Texts>>);

#[derive(Debug, Default)]
struct Texts {
    at: Timestamp,
    feeds: BTreeMap<FeedId, Arc<str>>,
}

impl Sheet {
    fn feed(&self, published: &Published, view: &FeedView, now: Timestamp) -> Arc<str> {
        let at = published.at.now;
        if now.since(at) > SHARED_FOR {
            return json::feed(published, view, now).into();
        }
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.at != at {
            *texts = Texts { at, feeds: BTreeMap::new() };
        }
        let text = texts.feeds.entry(view.id);
        Arc::clone(text.or_insert_with(|| json::feed(published, view, now).into()))
    }
}

/// What one reader of the stream is told.
#[derive(Debug)]
pub(crate) struct Watch {
    sheet: Sheet,
    /// Empty for all.
    symbols: BTreeSet<String>,
    /// Whether ticks that say the same as the one before are left out.
    changes: bool,
    told: BTreeMap<String, Told>,
}

/// What was told last of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    status: Status,
    prices: [Option<Price>; 3],
    used: Vec<bool>,
    clusters: Vec<Price>,
}

impl Watch {
    /// Reads what is asked for: `symbols` (all without it), `changes` (every tick without it).
    ///
    /// # Errors
    /// The answer to one that asks for a feed that is not there.
    pub(crate) fn asked(
        published: &Published,
        query: &Query,
        sheet: Sheet,
    ) -> Result<Self, Box<Response>> {
        let mut symbols = BTreeSet::new();
        for asked in query.list("symbols") {
            match find(published, asked) {
                Some(view) => symbols.insert(view.symbol.to_string()),
                None => {
                    let words = json::no_such_feed(published, asked);
                    return Err(Box::new(Response::json(StatusCode::NOT_FOUND, words)));
                }
            };
        }
        Ok(Self { sheet, symbols, changes: query.is_on("changes"), told: BTreeMap::new() })
    }
}

impl Writer for Watch {
    fn write(&mut self, published: &Published, out: &mut String) {
        let now = clock::now();
        for view in &published.feeds {
            if !self.symbols.is_empty() && !self.symbols.contains(&*view.symbol) {
                continue;
            }
            let shown = Shown::of(view, now);
            let told = Told {
                status: shown.status,
                prices: [shown.market, shown.fundamental, shown.liquidation],
                used: view.tick.sources.iter().map(|source| source.refusal.is_none()).collect(),
                clusters: shown.clusters.to_vec(),
            };
            let before = self.told.get(&*view.symbol);
            if self.changes && before == Some(&told) {
                continue;
            }
            let new_status = before.is_none_or(|before| before.status != told.status);
            // Symbols hold no line end, so the id is one line.
            let id = format!("{}:{}", view.tick.number, view.symbol);
            let data = self.sheet.feed(published, view, now);
            if new_status {
                put(out, Some("status"), Some(&id), &data);
            }
            put(out, Some("price"), Some(&id), &data);
            self.told.insert(view.symbol.to_string(), told);
        }
    }
}
