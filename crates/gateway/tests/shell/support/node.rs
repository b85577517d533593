//! A scripted upstream: a small node over a real socket, on a thread of its own.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use runtime::http::{
    Bytes, Handler, HeaderName, HeaderValue, Limits, Listener, Lost, Request, Response, Source,
    StatusCode, WebSocket, serve,
};
use runtime::task;
use runtime::task::sync::watch;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::script::{Act, Parts, Script, Seen, block_hash, header};

/// What goes out at once of an answer in parts.
const PART_BYTES: usize = 10_000;

/// A running node; it is gone, with all its connections, once this value is.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    script: Arc<Script>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// A node whose head is block 100.
    pub(crate) fn start() -> Self {
        Self::at(100)
    }

    /// A node with this head.
    pub(crate) fn at(head: u64) -> Self {
        let listener = Listener::bind(loopback()).expect("a free port");
        let address = listener.address();
        let script = Arc::new(Script::new(head));
        let (stop, mut stopped) = watch::channel(false);
        let served = Arc::new(Served(Arc::clone(&script)));
        let thread = task::spawn_thread("scripted-node", move || async move {
            task::select! {
                () = serve(listener, Limits::default(), served, std::future::pending()) => {}
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        });
        Self { address, script, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn websocket_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// From here on calls of `method` are treated so.
    pub(crate) fn on(&self, method: &str, act: Act) {
        self.script.change(|state| {
            state.acts.insert(method.to_owned(), act);
        });
    }

    /// From here on calls of `method` are answered from the chain, those held until here among them.
    pub(crate) fn plainly(&self, method: &str) {
        self.script.change(|state| {
            state.acts.remove(method);
        });
    }

    pub(crate) fn set_chain_id(&self, chain_id: u64) {
        self.script.change(|state| state.chain_id = chain_id);
    }

    pub(crate) fn refuse_hash_pins(&self) {
        self.script.change(|state| state.hash_pins = false);
    }

    /// Another block 0, and so another chain.
    pub(crate) fn set_other_genesis(&self) {
        self.script.change(|state| state.blocks[0] = block_hash(0, 9));
    }

    /// Grows the chain by one block; its number.
    pub(crate) fn mine(&self) -> u64 {
        let mut number = 0;
        self.script.change(|state| {
            number = state.head() + 1;
            state.blocks.push(block_hash(number, 0));
        });
        number
    }

    /// Replaces the newest so many blocks by as many others and one more.
    pub(crate) fn reorg(&self, depth: usize) {
        self.script.change(|state| {
            let first = state.blocks.len() - depth;
            state.blocks.truncate(first);
            state.blocks.extend((first..=first + depth).map(|n| block_hash(n as u64, 1)));
        });
    }

    /// Tells a child of the head over WebSocket, but not over HTTP; its number.
    pub(crate) fn tell_child_of_head(&self) -> u64 {
        let (number, parent) = {
            let state = self.script.state();
            let head = state.head();
            (head + 1, state.blocks[head as usize].clone())
        };
        self.script.told.send_replace(Some(header(number, &block_hash(number, 0), &parent)));
        number
    }

    /// The hash of a block of its chain.
    pub(crate) fn hash_of(&self, number: u64) -> String {
        self.script.state().blocks[number as usize].clone()
    }

    /// The calls of `method` that it saw.
    pub(crate) fn seen(&self, method: &str) -> Vec<Seen> {
        let state = self.script.state();
        state.seen.iter().filter(|seen| seen.method == method).cloned().collect()
    }

    /// All calls that it saw, probes included.
    pub(crate) fn seen_in_all(&self) -> usize {
        self.script.state().seen.len()
    }

    /// Calls of `method` that it has not answered and whose callers still wait.
    pub(crate) fn under_way(&self, method: &str) -> usize {
        self.script.state().under_way.get(method).copied().unwrap_or(0)
    }

    /// Calls of `method` that it answered.
    pub(crate) fn answered(&self, method: &str) -> usize {
        self.script.state().answered.get(method).copied().unwrap_or(0)
    }

    /// Ends at once, as by a power cut.
    pub(crate) fn kill(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a node does not panic");
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            assert!(std::thread::panicking(), "a node panicked");
        }
    }
}

/// A port of this machine that nobody listens on.
pub(crate) fn dead_url() -> String {
    let listener = Listener::bind(loopback()).expect("a free port");
    format!("http://{}", listener.address())
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A call as it comes in.
#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    method: String,
    params: Value,
}

/// The node's side of the server.
struct Served(Arc<Script>);

impl Handler for Served {
    async fn handle(&self, mut request: Request) -> Response {
        if request.wants_websocket() {
            let script = Arc::clone(&self.0);
            return request.upgrade(64 * 1024, move |socket| tell_heads(script, socket));
        }
        let body = request.body().await.expect("the gateway sends whole bodies");
        let call: Call<'_> = serde_json::from_slice(&body).expect("the gateway sends calls");
        let header = |name: &str| {
            request.headers().get(name).map(|value| value.to_str().expect("visible").to_owned())
        };
        let seen = Seen {
            method: call.method.clone(),
            params: call.params.to_string(),
            target: format!("{}?{}", request.path(), request.query()),
            authorization: header("authorization"),
            timeout_ms: header("seawall-timeout-ms").map(|text| text.parse().expect("a number")),
        };
        let under_way = UnderWay::begin(&self.0, seen);
        let act = self.act_on(&call).await;
        under_way.end();
        respond(act, call.id.get())
    }
}

impl Served {
    /// What is to be done with a call; waits while that is to wait.
    async fn act_on(&self, call: &Call<'_>) -> Act {
        let mut changes = self.0.changes();
        loop {
            let act = {
                let state = self.0.state();
                let ordered = state.acts.get(&call.method).cloned();
                ordered.unwrap_or_else(|| state.answer(&call.method, &call.params))
            };
            if !matches!(act, Act::Hold) {
                return act;
            }
            changes.changed().await.expect("the script outlives its calls");
        }
    }
}

/// Counts a call for as long as its caller waits.
struct UnderWay<'a> {
    script: &'a Script,
    method: String,
}

impl<'a> UnderWay<'a> {
    fn begin(script: &'a Script, seen: Seen) -> Self {
        let method = seen.method.clone();
        let mut state = script.state();
        *state.under_way.entry(method.clone()).or_default() += 1;
        state.seen.push(seen);
        drop(state);
        Self { script, method }
    }

    fn end(self) {
        *self.script.state().answered.entry(self.method.clone()).or_default() += 1;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.script.state().under_way.entry(self.method.clone()).or_default() -= 1;
    }
}

fn respond(act: Act, id: &str) -> Response {
    match act {
        Act::Body(body) => Response::json(StatusCode::OK, body.replace("$ID", id)),
        Act::Http(status, header, body) => {
            let status = StatusCode::from_u16(status).expect("a status");
            let response = Response::new(status, "text/html", body);
            match header {
                Some((name, value)) => response
                    .with_header(HeaderName::from_static(name), HeaderValue::from_static(value)),
                None => response,
            }
        }
        Act::CutBody => {
            let (response, sender) = Response::stream("application/json");
            let half = Bytes::from_static(br#"{"jsonrpc":"2.0","#);
            sender.try_send(half).expect("the queue has room");
            response
                .with_header(HeaderName::from_static("content-length"), HeaderValue::from(999_u16))
        }
        Act::Parts(parts) => {
            let body = parts.body.replace("$ID", id);
            let length = parts.sized.then_some(body.len() as u64);
            let source = PartSource { body, at: 0, parts };
            Response::pulled("application/json", Vec::new(), length, Box::new(source))
        }
        Act::Hold => unreachable!("held calls are not answered"),
    }
}

/// What is left of an answer that goes out piece by piece.
#[derive(Debug)]
struct PartSource {
    body: String,
    at: usize,
    parts: Parts,
}

impl Source for PartSource {
    fn next<'a>(
        &'a mut self,
        piece: &'a mut Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<bool, Lost>> + Send + 'a>> {
        let end = self.body.len().min(self.at + PART_BYTES).min(self.parts.breaks_after);
        piece.extend_from_slice(&self.body.as_bytes()[self.at..end]);
        let given = end - self.at;
        self.at = end;
        self.parts.given.fetch_add(given, Ordering::Relaxed);
        let broken = given == 0 && end < self.body.len();
        Box::pin(std::future::ready(if broken { Err(Lost) } else { Ok(given > 0) }))
    }
}

/// Grants whatever is asked for first, then tells new heads.
async fn tell_heads(script: Arc<Script>, mut socket: WebSocket) {
    let mut told = script.told.subscribe();
    if socket.receive().await.is_none() {
        return;
    }
    let granted = Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"result":"0xcd0c3e8a"}"#);
    let mut alive = socket.send(granted).await;
    while alive {
        let head = told.borrow_and_update().clone();
        if let Some(head) = head {
            let message = format!(
                r#"{{"jsonrpc":"2.0","method":"eth_subscription","params":{{"subscription":"0xcd0c3e8a","result":{head}}}}}"#
            );
            alive = socket.send(message.into()).await;
        }
        if told.changed().await.is_err() {
            return;
        }
    }
}
