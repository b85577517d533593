//! The proxy's sockets: accepting, passing on, breaking off.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use machine::Prng;
use serde_json::{Value, json};

use super::crowd::Crowd;
use super::fault::Fault;
use super::lie::{self, Memory, Told};
use crate::fleet::Gates;
use crate::http::{self, Connection, Message};

/// How long a call to the node may take.
const NODE_TIMEOUT: Duration = Duration::from_secs(20);

/// What a web page in place of an answer looks like.
const PAGE: &str = "<!DOCTYPE html><html><head><title>Just a moment...</title></head>\
    <body><h1>Checking your browser</h1></body></html>";

/// What the proxy's threads share.
#[derive(Debug)]
pub(super) struct State {
    target: SocketAddr,
    gates: Option<(Arc<Gates>, usize)>,
    fault: Mutex<Arc<Fault>>,
    /// Grows with each change of fault, so that what hangs can end.
    changes: AtomicU64,
    stopped: AtomicBool,
    pub(super) is_listening: AtomicBool,
    pub(super) client_version: Mutex<Option<String>>,
    pub(super) finalized: Mutex<Option<u64>>,
    pub(super) counts: Mutex<BTreeMap<String, u64>>,
    pub(super) requests: AtomicU64,
    pub(super) crowd: Crowd,
    connections: Mutex<BTreeMap<u64, TcpStream>>,
    memory: Mutex<Memory>,
    prng: Mutex<Prng>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn new(target: SocketAddr, gates: Option<(Arc<Gates>, usize)>) -> Self {
        Self {
            target,
            gates,
            fault: Mutex::new(Arc::new(Fault::None)),
            changes: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            is_listening: AtomicBool::new(false),
            client_version: Mutex::new(None),
            finalized: Mutex::new(None),
            counts: Mutex::new(BTreeMap::new()),
            requests: AtomicU64::new(0),
            crowd: Crowd::default(),
            connections: Mutex::new(BTreeMap::new()),
            memory: Mutex::new(Memory::default()),
            prng: Mutex::new(Prng::new(u64::from(target.port()))),
        }
    }

    pub(super) fn set(&self, fault: Fault) {
        let refuses = fault == Fault::Refuse;
        *held(&self.fault) = Arc::new(fault);
        self.changes.fetch_add(1, Ordering::SeqCst);
        if refuses {
            self.close_connections();
        }
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.close_connections();
    }

    fn close_connections(&self) {
        for stream in std::mem::take(&mut *held(&self.connections)).into_values() {
            // One that the peer has closed already needs no closing.
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// The fault for one request.
    fn fault(&self) -> Arc<Fault> {
        let fault = Arc::clone(&held(&self.fault));
        let Fault::Percent { percent, fault: sometimes } = &*fault else { return fault };
        let applies = held(&self.prng).below(100) < *percent;
        Arc::new(if applies { (**sometimes).clone() } else { Fault::None })
    }

    fn count(&self, body: &Value) {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let mut counts = held(&self.counts);
        for call in body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice) {
            let method = call["method"].as_str().unwrap_or("?").to_owned();
            *counts.entry(method).or_default() += 1;
        }
    }

    /// Waits until the fault changes.
    fn hang(&self) {
        let before = self.changes.load(Ordering::SeqCst);
        while self.changes.load(Ordering::SeqCst) == before {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Listens while the fault allows it, until the proxy ends.
pub(super) fn accept(address: SocketAddr, state: &Arc<State>) {
    let mut listener: Option<TcpListener> = None;
    let mut next = 0;
    while !state.is_stopped() {
        let refuses = **held(&state.fault) == Fault::Refuse;
        if refuses {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).ok();
            if let Some(bound) = &listener {
                bound.set_nonblocking(true).expect("a socket can be set not to block");
            }
        }
        state.is_listening.store(listener.is_some(), Ordering::SeqCst);
        match listener.as_ref().map(TcpListener::accept) {
            Some(Ok((stream, _))) => {
                next += 1;
                let (state, number) = (Arc::clone(state), next);
                thread::spawn(move || {
                    // A connection that breaks is the peer's business.
                    drop(converse(&state, number, stream));
                    held(&state.connections).remove(&number);
                });
            }
            _ => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Serves one connection until either side closes it.
fn converse(state: &State, number: u64, stream: TcpStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    held(&state.connections).insert(number, stream.try_clone()?);
    // A change to `Refuse` or an end between accepting and being listed must not be missed.
    if state.is_stopped() || **held(&state.fault) == Fault::Refuse {
        return Ok(());
    }
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut node = None;
    while let Some(request) = http::read_message(&mut reader)? {
        let response = respond(state, &mut node, &request)?;
        match response {
            Some(response) => {
                writer.write_all(&response.bytes)?;
                if response.closes {
                    return writer.shutdown(Shutdown::Both);
                }
            }
            None => return writer.shutdown(Shutdown::Both),
        }
    }
    Ok(())
}

/// What goes back, and whether the connection ends with it.
struct Reply {
    bytes: Vec<u8>,
    closes: bool,
}

fn reply(status: &str, content_type: &str, extra: &str, body: &[u8]) -> Reply {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n{extra}content-length: {length}\r\n\r\n"
    );
    Reply { bytes: [head.as_bytes(), body].concat(), closes: false }
}

fn status_reply(status: u16, retry_after: Option<&str>, body: &str) -> Reply {
    let extra = retry_after.map_or_else(String::new, |value| format!("retry-after: {value}\r\n"));
    reply(&format!("{status} Fault"), "text/plain", &extra, body.as_bytes())
}

/// The answer of a fault that does not ask the node.
fn canned(fault: &Fault) -> Option<Reply> {
    if let Fault::Status { status, retry_after, body } = fault {
        return Some(status_reply(*status, retry_after.as_deref(), body));
    }
    if *fault == Fault::Html {
        return Some(reply("200 OK", "text/html", "", PAGE.as_bytes()));
    }
    (*fault == Fault::EmptyBody).then(|| reply("200 OK", "application/json", "", b""))
}

/// The answer to one request; `None` where the connection is to end without.
fn respond(
    state: &State,
    node: &mut Option<Connection>,
    request: &Message,
) -> io::Result<Option<Reply>> {
    let parsed: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    state.count(&parsed);
    let fault = state.fault();
    if *fault == Fault::Hang {
        state.hang();
        return Ok(None);
    }
    if *fault == Fault::Refuse {
        return Ok(None);
    }
    if let Some(canned) = canned(&fault) {
        return Ok(Some(canned));
    }
    let mut _inside = None;
    if let Fault::Frail { at_once, takes, bears } = *fault {
        let Some(inside) = state.crowd.enter(bears) else {
            state.set(Fault::Refuse);
            return Ok(None);
        };
        inside.work(at_once, takes);
        _inside = Some(inside);
    }
    if let Fault::Slow(delay) = &*fault {
        thread::sleep(*delay);
    }
    let version = held(&state.client_version).clone();
    if fault.rewrites() || version.is_some() || held(&state.finalized).is_some() {
        return rewritten(state, node, &fault, version.as_deref(), &parsed);
    }
    let response = pass_on(state, node, &request.body, &parsed)?;
    let (status, half) = (response.start.split_once(' '), response.body.len() / 2);
    let status = status.map_or("200 OK", |(_, status)| status);
    let content_type = response.header("content-type").unwrap_or("application/json");
    if *fault == Fault::CutJson {
        return Ok(Some(reply(status, content_type, "", &response.body[..half])));
    }
    let mut whole = reply(status, content_type, "", &response.body);
    if *fault == Fault::CutBody {
        whole.bytes.truncate(whole.bytes.len() - (response.body.len() - half));
        whole.closes = true;
    }
    Ok(Some(whole))
}

/// Whether a call has to wait while a block is being made.
fn touches_pool(parsed: &Value) -> bool {
    let calls = parsed.as_array().map_or(std::slice::from_ref(parsed), Vec::as_slice);
    calls.iter().any(|call| {
        let method = call["method"].as_str().unwrap_or_default();
        matches!(method, "eth_sendRawTransaction" | "eth_getTransactionCount")
    })
}

/// Sends a body to the node, through the gates of its fleet.
fn pass_on(
    state: &State,
    node: &mut Option<Connection>,
    body: &[u8],
    parsed: &Value,
) -> io::Result<Message> {
    let gates = state.gates.as_ref();
    let _pool = gates
        .filter(|_| touches_pool(parsed))
        .map(|(gates, _)| gates.transactions.read().unwrap_or_else(PoisonError::into_inner));
    let _head = gates
        .map(|(gates, node)| gates.nodes[*node].read().unwrap_or_else(PoisonError::into_inner));
    if let Some(mut kept) = node.take()
        && let Ok(response) = kept.post_json("/", body)
    {
        *node = Some(kept);
        return Ok(response);
    }
    let mut fresh = Connection::open(state.target, NODE_TIMEOUT)?;
    let response = fresh.post_json("/", body)?;
    *node = Some(fresh);
    Ok(response)
}

/// The call with the block that is to count as finalized in place of the tag.
fn with_finalized(call: &Value, finalized: Option<u64>) -> Value {
    let mut call = call.clone();
    if let Some(number) = finalized
        && call["params"][0] == "finalized"
    {
        call["params"][0] = json!(crate::rpc::hex(number));
    }
    call
}

/// Answers each call of a request by itself, changed as the fault wants it.
fn rewritten(
    state: &State,
    node: &mut Option<Connection>,
    fault: &Fault,
    version: Option<&str>,
    parsed: &Value,
) -> io::Result<Option<Reply>> {
    let calls = parsed.as_array().map_or(std::slice::from_ref(parsed), Vec::as_slice);
    let mut answers = Vec::new();
    for call in calls {
        if let (Some(version), Some("web3_clientVersion")) = (version, call["method"].as_str()) {
            answers.push(json!({"jsonrpc": "2.0", "id": call["id"], "result": version}));
            continue;
        }
        let call = &with_finalized(call, *held(&state.finalized));
        let mut memory = held(&state.memory);
        let told = lie::answer(fault, &mut memory, call, |asked| {
            let response = pass_on(state, node, asked.to_string().as_bytes(), asked)?;
            serde_json::from_slice(&response.body).map_err(io::Error::other)
        })?;
        drop(memory);
        match told {
            Told::Answer(answer) => answers.push(answer),
            Told::Status(status) => return Ok(Some(status_reply(status, None, "broken"))),
            Told::Nothing => {
                state.hang();
                return Ok(None);
            }
        }
    }
    let body = match (parsed.is_array(), answers.pop()) {
        (false, Some(only)) => only,
        (_, last) => {
            answers.extend(last);
            Value::Array(answers)
        }
    };
    Ok(Some(reply("200 OK", "application/json", "", body.to_string().as_bytes())))
}
