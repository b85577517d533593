//! Large answers that go to the client as they come, instead of being held whole.
//!
//! Their beginning decides: whether it is an answer at all, to this question, and one that can be true as far
//! as it goes. Then the call is over for the core, and the rest follows piece by piece, read no faster than
//! the client takes it. Should it not come to a good end, the client's connection is broken off, so that
//! nobody takes a part for the whole; the upstream is charged with it.

use std::mem::take;
use std::pin::Pin;
use std::sync::Arc;

use gateway_core::{Failure, MethodClass, UpstreamId};
use runtime::client::{CallResponse, Client, Incoming};
use runtime::clock;
use runtime::http::{Bytes, Lost, Source};
use runtime::task;
use units::Timestamp;
use wire_eth::{Answer, Disposition, LogCheck, PassedEnd, WrongAnswer};

use crate::chain::ChainShell;
use crate::checks::Beginning;
use crate::evidence::Case;
use crate::plan::Forward;
use crate::remainder::Remainder;
use crate::testimony::keep_wrong;
use crate::upstream::{Attempted, Outgoing, failure_of, is_foreign, judge};

/// Answers of more bytes than this are passed on. Up to it they are checked as JSON from end to end, and
/// cost little memory; of a larger one so much is waited for before it is decided upon, so that an upstream
/// that breaks early is still replaced by another without the client's notice.
const HELD_BYTES_MAX: usize = 64 * 1024;

/// What an upstream brought so far.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// All of it.
    Whole(Attempted),
    /// The beginning of a large answer that is well so far.
    Begun(Begun),
}

/// A call whose large answer has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) call: Outgoing,
    pub(crate) start: Box<Start>,
}

/// The beginning of a large answer, and all that it takes to go on with it.
#[derive(Debug)]
pub(crate) struct Start {
    response: CallResponse,
    answer: Answer,
    end: PassedEnd,
    check: Option<Box<LogCheck<'static>>>,
    incoming: Incoming,
    /// When it is given up.
    until: Timestamp,
}

/// Sends a call; of a large answer that may be passed on only the beginning is waited for, which is then the
/// error.
pub(crate) async fn begin(
    client: &Client,
    body: &[u8],
    call: &Outgoing,
) -> Result<Attempted, Box<Start>> {
    let (header, patience) = call.patience();
    let until = clock::now().after(patience);
    match client.post_in_parts(body, header, (patience, HELD_BYTES_MAX)).await {
        Ok((response, None)) => Ok(judge(call, response, client.endpoint())),
        Ok((response, Some(incoming))) => match accept(call, &response) {
            Some((answer, end, check)) => {
                Err(Box::new(Start { response, answer, end, check, incoming, until }))
            }
            // Apart, for its size: every call would carry it about.
            None => Ok(Box::pin(gather(client, call, response, (incoming, until))).await),
        },
        Err(error) => Ok(Attempted::failed(Disposition::Answer, failure_of(&error))),
    }
}

type Accepted = (Answer, PassedEnd, Option<Box<LogCheck<'static>>>);

/// Whether a beginning is that of an answer to this call; `None` where it takes the whole to say so.
fn accept(call: &Outgoing, response: &CallResponse) -> Option<Accepted> {
    if !response.status.is_success() {
        return None;
    }
    let (answer, end) = wire_eth::read_beginning(&response.body)?;
    if is_foreign(&response.body, &answer, call.id) {
        return None;
    }
    let check = match &call.checks {
        Some(checks) => match checks.judge_beginning(&response.body, &answer)? {
            Beginning::Suffices => None,
            Beginning::GoesOn(check) => Some(check),
        },
        None => None,
    };
    Some((answer, end, check))
}

/// Waits for the rest of an answer that must be looked at whole.
async fn gather(
    client: &Client,
    call: &Outgoing,
    response: CallResponse,
    (mut incoming, until): (Incoming, Timestamp),
) -> Attempted {
    let mut body = Vec::from(response.body);
    let reading = async {
        while incoming.next(&mut body).await? {}
        Ok(())
    };
    let read = task::select! {
        biased;
        read = reading => read.map_err(|error| failure_of(&error)),
        () = clock::sleep_until(until) => Err(Failure::Timeout),
    };
    match read {
        Ok(()) => {
            let response = CallResponse { body: body.into(), ..response };
            judge(call, response, client.endpoint())
        }
        Err(failure) => Attempted::failed(Disposition::Answer, failure),
    }
}

impl Begun {
    /// How many bytes the answer will have, where that is known.
    pub(crate) fn bytes(&self) -> Option<usize> {
        let left = usize::try_from(self.start.incoming.left()?).ok()?;
        left.checked_add(self.start.response.body.len())
    }

    /// Holds it whole after all.
    pub(crate) async fn gather(self, client: &Client) -> Attempted {
        let Start { response, incoming, until, .. } = *self.start;
        gather(client, &self.call, response, (incoming, until)).await
    }

    /// Passes it on: what is known of it, and its rest.
    pub(crate) fn pass(
        self,
        chain: &Arc<ChainShell>,
        plan: &Forward<'_>,
        upstream: UpstreamId,
    ) -> (Attempted, Remainder) {
        let Start { response, answer, end, check, incoming, until } = *self.start;
        let rest = Rest {
            chain: Arc::clone(chain),
            upstream,
            class: plan.class,
            case: check.is_some().then(|| OwnedCase::of(plan)),
            incoming,
            end,
            check,
            patience: until.since(clock::now()),
        };
        let answer = Some((response.body, answer));
        let disposition = Disposition::Answer;
        let attempted =
            Attempted { disposition, answer, transport: None, wrong: None, suspect: false };
        (attempted, Remainder { left: rest.incoming.left(), source: Box::new(rest) })
    }
}

/// A [`Case`] that outlives its call.
#[derive(Debug)]
struct OwnedCase {
    method: String,
    params: String,
    needs: gateway_core::Needs,
    subject: wire_eth::Subject,
}

impl OwnedCase {
    fn of(plan: &Forward<'_>) -> Self {
        let Case { method, params, needs, subject } = plan.case();
        Self { method: method.to_owned(), params: params.to_owned(), needs, subject }
    }

    fn case(&self) -> Case<'_> {
        let Self { method, params, needs, subject } = self;
        Case { method, params, needs: *needs, subject: *subject }
    }
}

/// The rest of an answer whose beginning goes to the client.
#[derive(Debug)]
struct Rest {
    chain: Arc<ChainShell>,
    upstream: UpstreamId,
    class: MethodClass,
    /// The call, where a check may yet find its answer wrong.
    case: Option<OwnedCase>,
    incoming: Incoming,
    end: PassedEnd,
    check: Option<Box<LogCheck<'static>>>,
    /// For how much longer in all the upstream is waited for. The time that the client takes does not count.
    patience: units::Span,
}

/// Why the rest of an answer is not passed on.
enum Trouble {
    Failed(Failure),
    Wrong(WrongAnswer),
}

impl Rest {
    /// The next piece, judged before it is handed on; the last one together with the answer's end.
    async fn pull(&mut self, piece: &mut Vec<u8>) -> Result<bool, Lost> {
        let trouble = match self.read(piece).await {
            Ok(more) => match self.judge(piece, !more || self.incoming.has_ended()) {
                Ok(()) => return Ok(more),
                Err(trouble) => trouble,
            },
            Err(failure) => Trouble::Failed(failure),
        };
        self.charge(trouble, piece);
        Err(Lost)
    }

    async fn read(&mut self, piece: &mut Vec<u8>) -> Result<bool, Failure> {
        let asked = clock::now();
        let next = task::select! {
            biased;
            next = self.incoming.next(piece) => next.map_err(|error| failure_of(&error)),
            () = clock::sleep_until(asked.after(self.patience)) => Err(Failure::Timeout),
        };
        self.patience = self.patience.minus(clock::now().since(asked));
        next
    }

    fn judge(&mut self, piece: &[u8], last: bool) -> Result<(), Trouble> {
        self.end.feed(piece);
        if let Some(check) = &mut self.check {
            check.feed(piece).map_err(Trouble::Wrong)?;
        }
        if !last {
            return Ok(());
        }
        self.end.finish().map_err(|_malformed| Trouble::Failed(Failure::Malformed))?;
        match self.check.take().map(|check| check.finish()) {
            Some(Err(wrong)) => Err(Trouble::Wrong(wrong)),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    fn charge(&self, trouble: Trouble, piece: &mut Vec<u8>) {
        let failure = match trouble {
            Trouble::Failed(failure) => failure,
            Trouble::Wrong(wrong) => {
                let failure = Failure::WrongAnswer(wrong.check.name());
                if let Some(case) = &self.case {
                    let piece = Bytes::from(take(piece));
                    keep_wrong(&self.chain, case.case(), self.upstream, &wrong, &piece);
                }
                failure
            }
        };
        self.chain.core().on_broken_off(clock::now(), self.upstream, self.class, failure);
    }
}

impl Source for Rest {
    fn next<'a>(
        &'a mut self,
        piece: &'a mut Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<bool, Lost>> + Send + 'a>> {
        Box::pin(self.pull(piece))
    }
}
