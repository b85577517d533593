//! A provider: a server before one node of the practice chain, with a capacity, a quota and faults.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use machine::Prng;
use runtime::client::{Client, Endpoint};
use runtime::clock;
use runtime::http::{
    HeaderMap, HeaderName, HeaderValue, KillableServer, Limits, Listener, Request, Response,
    StatusCode,
};
use serde_json::{Value, json};
use units::{Span, Timestamp};

use super::spec::Spec;

/// Where providers are. Connections of the gateway and of clients begin at other addresses, so that the port of a
/// provider that is not there for a while stays free.
const HOME: [u8; 4] = [127, 0, 2, 1];
/// Largest answer of a node, in bytes; the practice chain's are far smaller.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// How long a node may take. It is on this machine.
const NODE_WITHIN: Span = Span::from_secs(20);

/// A provider, whether it can be reached or not.
#[derive(Debug)]
pub(super) struct Provider {
    desk: Arc<Desk>,
    address: SocketAddr,
    server: Mutex<Option<KillableServer>>,
}

/// What a provider knows and counts.
#[derive(Debug)]
pub(super) struct Desk {
    spec: Spec,
    answer: Span,
    queue: Span,
    node: Endpoint,
    state: Mutex<State>,
    /// Requests that came.
    asked: AtomicU64,
    /// Requests that came beyond its quota.
    over_quota: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// When the run began; nothing is wrong before.
    began: Option<Timestamp>,
    /// When all that it has taken will be worked off.
    free_at: Timestamp,
    /// Requests that it still lets the customer send now, and when that was worked out.
    allowance: (f64, Timestamp),
    taken: u64,
    /// When it last refused for the quota.
    tripped_at: Option<Timestamp>,
    dice: Prng,
}

/// What becomes of a request.
enum Fate {
    /// It is answered once its turn has come.
    Answered {
        at: Timestamp,
        with_zero: bool,
    },
    Limited,
    Busy,
    Never,
}

impl Provider {
    /// A provider before a node, at an address; at any free one where its port is 0. One that joins later is not there yet.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub(super) fn start(
        spec: &Spec,
        (answer_ms, queue): (u64, f64),
        (node, at): (&str, SocketAddr),
        seed: u64,
    ) -> Result<Self, String> {
        let now = clock::now();
        let state = State {
            began: None,
            free_at: now,
            allowance: (spec.allows_per_second, now),
            taken: 0,
            tripped_at: None,
            dice: Prng::new(seed),
        };
        let desk = Arc::new(Desk {
            spec: spec.clone(),
            answer: Span::from_millis(answer_ms),
            queue: span(queue),
            node: Endpoint::parse(node)?,
            state: Mutex::new(state),
            asked: AtomicU64::new(0),
            over_quota: AtomicU64::new(0),
        });
        let at = if at.port() == 0 { SocketAddr::from((HOME, 0)) } else { at };
        let listener = Listener::bind(at).map_err(|error| error.to_string())?;
        let address = listener.address();
        // One that joins later has its address from the beginning, and nobody listens at it.
        let server = Mutex::new((spec.joins <= 0.0).then(|| serve(&desk, listener)));
        Ok(Self { desk, address, server })
    }

    /// Where it answers.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it counts.
    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The run begins: its faults come in time from now on, and nothing has been asked.
    pub(super) fn begin(&self, at: Timestamp) {
        let mut state = self.desk.state();
        state.began = Some(at);
        state.taken = 0;
        state.tripped_at = None;
        self.desk.asked.store(0, Ordering::Relaxed);
        self.desk.over_quota.store(0, Ordering::Relaxed);
    }

    /// Refuses connections from now on, and breaks those that are open.
    pub(super) async fn go(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            server.kill().await;
        }
    }

    /// Takes connections again.
    ///
    /// # Errors
    /// Where somebody else has its address.
    pub(super) fn come_back(&self) -> Result<(), String> {
        let listener = Listener::bind(self.address).map_err(|error| error.to_string())?;
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        *server = Some(serve(&self.desk, listener));
        Ok(())
    }
}

fn serve(desk: &Arc<Desk>, listener: Listener) -> KillableServer {
    let desk = Arc::clone(desk);
    let limits = Limits { connections: 4_096, ..Limits::default() };
    // One for each server: its connections belong to the server's thread.
    let node = Arc::new(Client::new(desk.node.clone(), ANSWER_BYTES_MAX));
    let handler = move |request| {
        let (desk, node) = (Arc::clone(&desk), Arc::clone(&node));
        async move { desk.answer(request, &node).await }
    };
    KillableServer::start("drill-provider", listener, limits, Arc::new(handler))
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it would answer a client's call rightly now: it is well, and its quota has not tripped within a second.
    pub(super) fn is_well(&self, now: Timestamp) -> bool {
        let state = self.state();
        let tripped = state.tripped_at.is_some_and(|at| now.since(at) < Span::from_secs(1));
        !tripped && self.spec.is_well(state.seconds(now))
    }

    /// Requests that came since the run began.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Requests that came beyond its quota.
    pub(super) fn over_quota(&self) -> u64 {
        self.over_quota.load(Ordering::Relaxed)
    }

    async fn answer(&self, mut request: Request, node: &Client) -> Response {
        let Ok(body) = request.body().await else {
            return Response::empty(StatusCode::BAD_REQUEST);
        };
        self.asked.fetch_add(1, Ordering::Relaxed);
        let fate = self.fate(clock::now(), &body);
        let (at, with_zero) = match fate {
            Fate::Limited => return limited(),
            Fate::Busy => {
                return Response::text(StatusCode::SERVICE_UNAVAILABLE, "upstream connect error\n");
            }
            Fate::Never => return std::future::pending().await,
            Fate::Answered { at, with_zero } => (at, with_zero),
        };
        clock::sleep_until(at).await;
        if with_zero {
            return zero(&body);
        }
        match node.post(body, &HeaderMap::new(), NODE_WITHIN).await {
            Ok(response) => Response::json(response.status, response.body),
            Err(_lost) => Response::text(StatusCode::BAD_GATEWAY, "bad gateway\n"),
        }
    }

    /// Takes a request in, and says what becomes of it.
    fn fate(&self, now: Timestamp, body: &[u8]) -> Fate {
        let mut state = self.state();
        if state.is_over(now, &self.spec) {
            state.tripped_at = Some(now);
            self.over_quota.fetch_add(1, Ordering::Relaxed);
            return Fate::Limited;
        }
        let ill = state.began.is_some() && self.spec.is_ill(state.seconds(now));
        let mut with_zero = false;
        if ill {
            let spec = &self.spec;
            let mut falls = |percent: f64| (state.dice.below(10_000) as f64) < percent * 100.0;
            let (limited, silent) = (falls(spec.limited_percent), falls(spec.silent_percent));
            let busy = falls(spec.busy_percent)
                || (holds(body, b"eth_getBlockByNumber") && falls(spec.checks_fail_percent));
            with_zero = holds(body, b"eth_getBalance") && falls(spec.zero_percent);
            match (limited, silent, busy) {
                (true, _, _) => return Fate::Limited,
                (_, true, _) => return Fate::Never,
                (_, _, true) => return Fate::Busy,
                (false, false, false) => {}
            }
        }
        let apart = self.spec.checks_apart && holds(body, b"eth_getBlockByNumber");
        let Some(each) = each(self.spec.capacity_per_second).filter(|_| !apart) else {
            return Fate::Answered { at: now.after(self.answer), with_zero };
        };
        let begins = state.free_at.max(now);
        if begins.since(now) > self.queue {
            return Fate::Busy;
        }
        // Whoever goes away meanwhile has been worked for all the same.
        state.free_at = begins.after(each);
        Fate::Answered { at: state.free_at.after(self.answer), with_zero }
    }
}

impl State {
    fn seconds(&self, now: Timestamp) -> f64 {
        self.began.map_or(-1.0, |began| super::seconds(now.since(began)))
    }

    /// Counts a request, and says whether it is beyond the quota. As much as a second allows may come at once.
    fn is_over(&mut self, now: Timestamp, spec: &Spec) -> bool {
        if self.began.is_none() {
            return false;
        }
        self.taken += 1;
        let of_day = spec.allows_in_all > 0.0 && self.taken as f64 > spec.allows_in_all;
        if spec.allows_per_second <= 0.0 {
            return of_day;
        }
        let (left, since) = self.allowance;
        let grown = left + super::seconds(now.since(since)) * spec.allows_per_second;
        let left = grown.min(spec.allows_per_second);
        let over = left < 1.0;
        self.allowance = (if over { left } else { left - 1.0 }, now);
        over || of_day
    }
}

fn span(seconds: f64) -> Span {
    Span::from_micros((seconds.max(0.0) * 1e6) as u64)
}

/// How long one request takes of a capacity; nothing where any number may come.
fn each(per_second: f64) -> Option<Span> {
    (per_second > 0.0).then(|| span(1.0 / per_second))
}

fn holds(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|part| part == word)
}

/// As Infura words it, without a word on when to come back.
fn limited() -> Response {
    let error =
        json!({"code": -32005, "message": "daily request count exceeded, request rate limited"});
    let body = json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string();
    Response::json(StatusCode::TOO_MANY_REQUESTS, body)
        .with_header(HeaderName::from_static("retry-after"), HeaderValue::from_static("1"))
}

/// A balance of nothing, to whatever was asked.
fn zero(body: &[u8]) -> Response {
    let question: Value = serde_json::from_slice(body).unwrap_or_default();
    let answer = |it: &Value| json!({"jsonrpc": "2.0", "id": it.get("id"), "result": "0x0"});
    let answers = match question.as_array() {
        Some(all) => all.iter().map(answer).collect(),
        None => answer(&question),
    };
    Response::json(StatusCode::OK, answers.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(spec: Spec) -> Desk {
        let now = Timestamp::ZERO.after(Span::from_secs(100));
        let state = State {
            began: Some(now),
            free_at: now,
            allowance: (spec.allows_per_second, now),
            taken: 0,
            tripped_at: None,
            dice: Prng::new(1),
        };
        Desk {
            spec,
            answer: Span::from_millis(3),
            queue: Span::from_secs(2),
            node: Endpoint::parse("http://127.0.0.1:1").unwrap(),
            state: Mutex::new(state),
            asked: AtomicU64::new(0),
            over_quota: AtomicU64::new(0),
        }
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_secs(100)).after(Span::from_millis(millis))
    }

    #[test]
    fn what_comes_faster_than_its_capacity_waits_and_then_is_refused() {
        // A provider without a queue would never let answers come too late, which is what keeps a storm going.
        let desk = desk(Spec { capacity_per_second: 10.0, ..Spec::default() });
        let ends: Vec<Option<u64>> = (0..23)
            .map(|_| match desk.fate(at(0), b"") {
                Fate::Answered { at: end, .. } => Some(end.since(at(0)).as_millis()),
                Fate::Limited | Fate::Busy | Fate::Never => None,
            })
            .collect();
        assert_eq!(
            (ends[0], ends[19], ends[20], ends[21]),
            (Some(103), Some(2_003), Some(2_103), None)
        );
    }

    #[test]
    fn checks_with_a_port_of_their_own_do_not_wait_behind_the_others() {
        // Else the remedy would be measured as worth nothing.
        let waits = |checks_apart| {
            let desk = desk(Spec { capacity_per_second: 10.0, checks_apart, ..Spec::default() });
            assert!(
                (0..20).all(|_| matches!(desk.fate(at(0), b"eth_call"), Fate::Answered { .. }))
            );
            let check = br#"{"method":"eth_getBlockByNumber"}"#;
            matches!(desk.fate(at(0), check), Fate::Answered { at: end, .. } if end > at(1_000))
        };
        assert!(waits(false) && !waits(true));
    }

    #[test]
    fn a_quota_lets_so_many_through_in_a_second_and_no_more() {
        // A quota that never trips would make every router look good.
        let desk = desk(Spec { allows_per_second: 20.0, ..Spec::default() });
        let limited = |from: u64| {
            let of =
                (0..100).filter(|nth| matches!(desk.fate(at(from + nth * 10), b""), Fate::Limited));
            of.count()
        };
        // 20 at once, and 20 more in the second.
        assert!((58..=62).contains(&limited(0)));
        assert!(!desk.is_well(at(1_000)));
        assert!(desk.is_well(at(5_000)), "after a pause it is well again");
    }

    #[test]
    fn a_wrong_zero_is_told_only_for_balances_and_only_while_it_is_ill() {
        // Wrong answers outside of the fault would be laid at the gateway's door.
        let spec = Spec { ill_from: 1.0, ill_until: 2.0, zero_percent: 100.0, ..Spec::default() };
        let desk = desk(spec);
        let zero = |millis, body: &[u8]| {
            matches!(desk.fate(at(millis), body), Fate::Answered { with_zero: true, .. })
        };
        assert!(!zero(0, b"eth_getBalance") && zero(1_500, b"eth_getBalance"));
        assert!(!zero(1_500, b"eth_call") && !zero(2_500, b"eth_getBalance"));
    }
}
