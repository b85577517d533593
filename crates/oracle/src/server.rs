//! How clients read what is published: our own REST and SSE, those of Hermes and CoinGecko, and metrics. No interface
//! gives a number without its status and age.

mod coingecko;
mod hermes;
mod json;
mod metrics;
mod past;
mod prices;
mod query;
mod shown;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use runtime::clock;
use runtime::http::{
    Handler, HeaderName, HeaderValue, Limits, Listener, Method, Request, Response, StatusCode,
    serve,
};
use runtime::task::{self, sync::watch};

use crate::config::FeedConfig;
use crate::published::Published;
use hermes::Catalogue;
use metrics::Metrics;
use past::Past;
use query::Query;
use shown::Shown;
use stream::Streams;

/// Browsers may read from any page: there is nothing private here, and nothing to change.
const CORS: &str = concat!(
    "access-control-allow-origin: *\r\n",
    "access-control-allow-headers: *\r\n",
    "access-control-allow-methods: GET, OPTIONS\r\n",
);

/// How long a browser may remember that it may ask, in seconds.
const PREFLIGHT_HEADER: HeaderName = HeaderName::from_static("access-control-max-age");

/// What there is, for whoever asks for something else.
const PATHS: &str = "there is /v1/prices, /v1/prices/SYMBOL, /v1/prices/SYMBOL/explain, /v1/stream, \
    /v2/price_feeds, /v2/updates/price/latest, /v2/updates/price/UNIX_SECONDS, /v2/updates/price/stream, \
    /v2/updates/twap/SECONDS/latest, /v2/updates/publisher_stake_caps/latest, /api/v3/simple/price, /healthz, /readyz \
    and /metrics\n";

/// All that the interfaces show, and what they remember of the past.
#[derive(Debug)]
pub(crate) struct Server {
    published: watch::Receiver<Arc<Published>>,
    stopped: watch::Receiver<bool>,
    catalogue: Catalogue,
    /// What clients of CoinGecko call assets, with the base of the symbol that each stands for.
    coins: Vec<(String, String)>,
    past: Past,
    metrics: Metrics,
    streams: Streams,
    sheet: prices::Sheet,
}

impl Server {
    /// The interfaces to what is published. `feeds` are in configured order.
    pub(crate) fn new(
        published: watch::Receiver<Arc<Published>>,
        feeds: &[FeedConfig],
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let coins = feeds.iter().filter_map(|feed| {
            let base = feed.settings.symbol.split('/').next()?;
            Some((feed.coingecko.clone()?, base.to_owned()))
        });
        Self {
            published,
            stopped,
            catalogue: Catalogue::new(feeds),
            coins: coins.collect(),
            past: Past::default(),
            metrics: Metrics::new(),
            streams: Streams::default(),
            sheet: prices::Sheet::default(),
        }
    }

    /// Follows every tick, for what is remembered; until the engine or the server stops.
    async fn follow(self: Arc<Self>) {
        let (mut published, mut stopped) = (self.published.clone(), self.stopped.clone());
        loop {
            let newest = Arc::clone(&published.borrow_and_update());
            self.past.observe(&newest);
            task::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return,
                changed = published.changed() => if changed.is_err() { return },
            }
        }
    }

    fn newest(&self) -> Arc<Published> {
        Arc::clone(&self.published.borrow())
    }

    /// The metrics as OpenMetrics text.
    pub(crate) fn metrics(&self) -> String {
        self.metrics.render(&self.newest(), &self.past, self.streams.count(), clock::now())
    }

    fn answer(&self, path: &str, query: &str) -> Response {
        let (published, query) = (self.newest(), Query::parse(query));
        let path = query::decoded(path, false);
        match path.trim_end_matches('/') {
            "/healthz" => Response::text(StatusCode::OK, "ok\n"),
            "/readyz" => ready(&published),
            "/metrics" => {
                Response::new(StatusCode::OK, runtime::metrics::CONTENT_TYPE, self.metrics())
            }
            "/v1/prices" => prices::all(&published, clock::now()),
            "/v1/stream" => match prices::Watch::asked(&published, &query, self.sheet.clone()) {
                Ok(watch) => self.stream(Box::new(watch)),
                Err(refusal) => *refusal,
            },
            "/api/v3/simple/price" => {
                coingecko::simple_price(&published, &self.coins, &query, clock::now())
            }
            path => match (path.strip_prefix("/v1/prices/"), path.strip_prefix("/v2/")) {
                (Some(symbol), _) => prices::one(&published, symbol, clock::now()),
                (None, Some(rest)) => self.hermes(&published, rest, &query),
                (None, None) => Response::text(StatusCode::NOT_FOUND, PATHS),
            },
        }
    }

    fn hermes(&self, published: &Published, path: &str, query: &Query) -> Response {
        match path {
            "price_feeds" => return self.catalogue.price_feeds(published, query),
            "updates/publisher_stake_caps/latest" => return hermes::publisher_stake_caps(query),
            _ => {}
        }
        let named = path.strip_prefix("updates/").and_then(|rest| rest.split_once('/'));
        let Some((kind @ ("price" | "twap"), rest)) = named else {
            return Response::text(StatusCode::NOT_FOUND, PATHS);
        };
        let asked = match self.catalogue.asked(query) {
            Ok(asked) => asked,
            Err(refusal) => return *refusal,
        };
        let number = rest.strip_suffix("/latest").unwrap_or(rest).parse().ok();
        match (kind, rest, number) {
            ("price", "latest", _) => asked.latest(published, clock::now()),
            ("price", "stream", _) => self.stream(Box::new(asked)),
            ("price", _, Some(second)) => asked.at(published, &self.past, second),
            ("twap", _, Some(window)) => asked.twap(published, &self.past, window, clock::now()),
            _ => Response::text(StatusCode::NOT_FOUND, PATHS),
        }
    }

    fn stream(&self, writer: Box<dyn stream::Writer>) -> Response {
        self.streams.open(self.published.clone(), self.stopped.clone(), writer)
    }
}

impl Handler for Server {
    async fn handle(&self, request: Request) -> Response {
        let response = match *request.method() {
            Method::GET | Method::HEAD => self.answer(request.path(), request.query()),
            Method::OPTIONS => Response::empty(StatusCode::NO_CONTENT)
                .with_header(PREFLIGHT_HEADER, HeaderValue::from_static("86400")),
            _ => Response::text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n"),
        };
        response.with_fixed(CORS)
    }
}

/// Ready once prices are worked out and one of them is there.
fn ready(published: &Published) -> Response {
    let now = clock::now();
    let shown: Vec<Shown<'_>> = published.feeds.iter().map(|view| Shown::of(view, now)).collect();
    if shown.iter().any(Shown::has_price) {
        return Response::text(StatusCode::OK, "ready\n");
    }
    let words: Vec<String> = shown.iter().map(Shown::refusal).collect();
    let words = format!("no feed has a price: {}\n", words.join("; "));
    Response::text(StatusCode::SERVICE_UNAVAILABLE, words)
}

/// Serves what is published, whoever publishes it, until `stopped` says so, on a thread of its own. `feeds` are in
/// the order in which they are published.
pub fn serve_published(
    listener: Listener,
    published: watch::Receiver<Arc<Published>>,
    feeds: &[FeedConfig],
    stopped: watch::Receiver<bool>,
) -> std::thread::JoinHandle<()> {
    let server = Server::new(published, feeds, stopped.clone());
    start(listener, Arc::new(server), stopped)
}

/// Serves until `stopped` says so, on a thread of its own.
pub(crate) fn start(
    listener: Listener,
    server: Arc<Server>,
    stopped: watch::Receiver<bool>,
) -> std::thread::JoinHandle<()> {
    task::spawn_thread("oracle-server", move || async move {
        let following = task::spawn(Arc::clone(&server).follow());
        serve(listener, Limits::default(), server, task::told_to_stop(stopped)).await;
        if following.await.is_err() {
            tracing::error!("what remembers prices ended in a panic");
        }
    })
}
