//! Speaking to one upstream: a call out, its answer judged.

use std::sync::atomic::{AtomicU64, Ordering};

use gateway_core::{Doubt, Failure, MethodClass, Reply};
use runtime::client::{CallError, CallResponse, Client, Endpoint};
use runtime::clock;
use runtime::http::{Bytes, HeaderName};
use units::{Span, Timestamp};
use wire_eth::{Answer, AnswerKind, Disposition, Looks, WrongAnswer};

use crate::checks::Checks;
use crate::config::ChainConfig;

/// Tells an upstream (or another gateway) how long the caller still waits, in milliseconds.
pub(crate) static TIMEOUT_HEADER: HeaderName = HeaderName::from_static("seawall-timeout-ms");

/// How much longer than the caller a connection waits: the core is to say first that the time is up, for
/// it knows whose fault that is.
const GRACE: Span = Span::from_millis(100);

/// The connections of one worker thread to every upstream of one chain.
#[derive(Debug)]
pub(crate) struct Clients {
    clients: Vec<Client>,
    last_id: AtomicU64,
}

impl Clients {
    pub(crate) fn new(config: &ChainConfig, response_bytes: usize) -> Self {
        let clients = config
            .upstreams
            .iter()
            .map(|upstream| Client::new(upstream.http.clone(), response_bytes));
        // Not from 1, where every client starts: an answer that a provider's proxy mixed up with somebody
        // else's must not fit by chance. Far below 2^53, so that every node reads it exactly.
        let last_id = AtomicU64::new(clock::unix_time().as_micros());
        Self { clients: clients.collect(), last_id }
    }

    pub(crate) fn get(&self, id: gateway_core::UpstreamId) -> Option<&Client> {
        self.clients.get(id.index())
    }

    /// An id that no other call of this worker carries.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed)
    }
}

/// What an attempt brought, judged.
#[derive(Debug)]
pub(crate) struct Attempted {
    /// The judgement, for the core.
    pub(crate) disposition: Disposition,
    /// The answer itself, where there is one to hand on.
    pub(crate) answer: Option<(Bytes, Answer)>,
    /// Set where no whole response came, or one that is not to be believed.
    pub(crate) transport: Option<Failure>,
    /// The check that the answer failed, and the answer.
    pub(crate) wrong: Option<(WrongAnswer, Bytes)>,
    /// Whether a check found it strange, though not wrong.
    pub(crate) suspect: bool,
}

/// One call to one upstream, beside its body.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// The id that the body carries, which the answer must carry too.
    pub(crate) id: u64,
    pub(crate) class: MethodClass,
    pub(crate) null_means_missing: bool,
    /// What the answer is held against.
    pub(crate) checks: Option<Checks>,
    /// When the caller stops waiting, which the upstream is told.
    pub(crate) deadline: Timestamp,
    /// When the connection is given up, should the core not say so before.
    pub(crate) given_up_at: Timestamp,
}

impl Outgoing {
    /// The header that tells the upstream how long the caller waits, and how long a connection is waited for.
    pub(crate) fn patience(&self) -> ((&'static HeaderName, u64), Span) {
        let now = clock::now();
        let left = self.deadline.since(now).max(Span::from_millis(1));
        let patience = self.given_up_at.since(now).max(left).plus(GRACE);
        ((&TIMEOUT_HEADER, left.as_millis()), patience)
    }
}

/// Sends a call and judges what comes back.
///
/// All is borrowed, so that a call in flight holds it once: its future is allocated for every attempt.
pub(crate) async fn attempt(client: &Client, body: &[u8], call: &Outgoing) -> Attempted {
    let (header, patience) = call.patience();
    match client.post_with(body, header, patience).await {
        Ok(response) => judge(call, response, client.endpoint()),
        Err(error) => Attempted::failed(Disposition::Answer, failure_of(&error)),
    }
}

/// Judges a whole response.
pub(crate) fn judge(call: &Outgoing, response: CallResponse, endpoint: &Endpoint) -> Attempted {
    let retry_after = response.headers.get("retry-after");
    // Asked for only where a date may have to be held against it.
    let now = retry_after.map_or(0, |_| clock::unix_time().as_secs());
    let (disposition, answer) = wire_eth::classify(
        wire_class(call.class),
        response.status.as_u16(),
        retry_after,
        now,
        &response.body,
        call.null_means_missing,
    );
    if answer.as_ref().is_some_and(|answer| is_foreign(&response.body, answer, call.id)) {
        return Attempted::failed(disposition, Failure::Malformed);
    }
    // Errors are handed on as they are, but not with the operator's key in them; whoever complains of the
    // key has not looked at the call.
    let error = answer.as_ref().is_some_and(|answer| answer.kind == AnswerKind::Error);
    if error && endpoint.is_key_in(&response.body) {
        return Attempted::failed(disposition, Failure::ServerError);
    }
    let looks = match (&call.checks, &answer) {
        (Some(checks), Some(answer)) => checks.judge(&response.body, answer),
        (_, _) => Ok(Looks::Plain),
    };
    let suspect = match looks {
        Ok(looks) => looks == Looks::Suspect,
        Err(wrong) => {
            let failed = Attempted::failed(disposition, Failure::WrongAnswer(wrong.check.name()));
            return Attempted { wrong: Some((wrong, response.body)), ..failed };
        }
    };
    let answer = answer.map(|answer| (response.body, answer));
    Attempted { disposition, answer, transport: None, wrong: None, suspect }
}

impl Attempted {
    pub(crate) const fn failed(disposition: Disposition, why: Failure) -> Self {
        Self { disposition, answer: None, transport: Some(why), wrong: None, suspect: false }
    }
}

/// Whether an answer is to somebody else's question, and so none. A null id is how nodes report requests
/// that they could not read.
pub(crate) fn is_foreign(body: &[u8], answer: &Answer, asked: u64) -> bool {
    let id = body.get(answer.id.clone()).unwrap_or_default();
    let same = || core::str::from_utf8(id).is_ok_and(|id| id.parse() == Ok(asked));
    !id.is_empty() && id != b"null" && !same()
}

/// The core's word for what an attempt brought.
pub(crate) fn reply_of(attempted: &Attempted) -> Reply {
    if let Some(failure) = attempted.transport {
        return Reply::Failed(failure);
    }
    match &attempted.disposition {
        Disposition::Answer | Disposition::AlreadyKnown | Disposition::NonceTooLow
            if attempted.answer.is_some() =>
        {
            Reply::Answer
        }
        Disposition::Answer | Disposition::AlreadyKnown | Disposition::NonceTooLow => {
            Reply::Failed(Failure::Malformed)
        }
        Disposition::Doubtful(doubt) => Reply::Doubtful(match doubt {
            wire_eth::Doubt::MissingData => Doubt::MissingData,
            wire_eth::Doubt::MethodUnsupported => Doubt::MethodUnsupported,
            wire_eth::Doubt::InternalError => Doubt::InternalError,
        }),
        Disposition::Failed(failure) => Reply::Failed(match failure {
            wire_eth::Failure::Throttled { retry_after } => {
                Failure::Throttled(retry_after.map(span_of))
            }
            wire_eth::Failure::Payment
            | wire_eth::Failure::ServerError(_)
            | wire_eth::Failure::HttpStatus(_) => Failure::ServerError,
            wire_eth::Failure::Malformed => Failure::Malformed,
        }),
    }
}

/// The core's word for a transport error.
pub(crate) const fn failure_of(error: &CallError) -> Failure {
    match error {
        CallError::Connect(_) => Failure::Connect,
        CallError::Broken(_) => Failure::Broken,
        CallError::Timeout(_) => Failure::Timeout,
        CallError::TooLarge(_) => Failure::Malformed,
    }
}

fn span_of(duration: core::time::Duration) -> Span {
    Span::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// The core's class for a class on the wire.
pub(crate) const fn core_class(class: wire_eth::MethodClass) -> MethodClass {
    match class {
        wire_eth::MethodClass::Execution => MethodClass::Execution,
        wire_eth::MethodClass::State => MethodClass::State,
        wire_eth::MethodClass::Block => MethodClass::Block,
        wire_eth::MethodClass::Transaction => MethodClass::Transaction,
        wire_eth::MethodClass::Logs => MethodClass::Logs,
        wire_eth::MethodClass::Trace => MethodClass::Trace,
        wire_eth::MethodClass::Fee => MethodClass::Fee,
        wire_eth::MethodClass::Submit => MethodClass::Submit,
        wire_eth::MethodClass::Meta => MethodClass::Meta,
    }
}

/// The class on the wire for a class of the core.
const fn wire_class(class: MethodClass) -> wire_eth::MethodClass {
    match class {
        MethodClass::Execution => wire_eth::MethodClass::Execution,
        MethodClass::State => wire_eth::MethodClass::State,
        MethodClass::Block => wire_eth::MethodClass::Block,
        MethodClass::Transaction => wire_eth::MethodClass::Transaction,
        MethodClass::Logs => wire_eth::MethodClass::Logs,
        MethodClass::Trace => wire_eth::MethodClass::Trace,
        MethodClass::Fee => wire_eth::MethodClass::Fee,
        MethodClass::Submit => wire_eth::MethodClass::Submit,
        MethodClass::Meta => wire_eth::MethodClass::Meta,
    }
}
