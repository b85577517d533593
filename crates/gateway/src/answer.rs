//! Answering what a client sent: one call or a batch, each item routed by itself, all at one head.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_core::{BlockHash, BlockRef, Needs, UpstreamId, Votes};
use runtime::http::StatusCode;
use runtime::{clock, task};
use units::{Span, Timestamp};
use wire_eth::{
    AnswerKind, Call, Handling, MethodInfo, RequestBody, RequestLimits, RpcError, View,
};

use crate::chain::ChainShell;
use crate::gate::ClientId;
use crate::metrics::{CallMeters, Outcome};
use crate::plan::{Forward, Forwarded};
use crate::read::{CacheUse, read};
use crate::refuse::{Refused, not_ready, refused, undecided};
use crate::remainder::{Passing, Remainder};
use crate::submit::{Submitted, submit};
use crate::upstream::{Clients, core_class};

/// Items of one batch that are under way at once.
const BATCH_CONCURRENCY: usize = 64;

/// How often a call is pinned anew because a reorg took its block away.
const REORG_ROUNDS: usize = 3;

/// How long a call waits for a first agreed head after the start.
const READY_WAIT: Span = Span::from_secs(3);

/// Between two looks for that head.
const READY_LOOK: Span = Span::from_millis(20);

/// What goes back to the client.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The JSON body, or its beginning; `None` where the client sent only notifications.
    pub(crate) body: Option<Vec<u8>>,
    /// The rest of the body, where it is passed on as it comes.
    pub(crate) rest: Option<Remainder>,
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// The upstreams whose answers are in the body, without repeats: their names with commas between.
    pub(crate) upstreams: String,
    /// Attempts made for it in all.
    pub(crate) attempts: u32,
    /// Where it came from; of a batch, the most that was done for one of its calls. `None` where no answer in
    /// it could have been kept.
    pub(crate) cache: Option<CacheUse>,
}

/// One item's answer.
struct ItemAnswer {
    body: Vec<u8>,
    rest: Option<Remainder>,
    status: StatusCode,
    upstream: Option<UpstreamId>,
    attempts: u8,
    cache: Option<CacheUse>,
    /// The block it was pinned to has left the chain: it is to be asked again at another.
    reorged: bool,
}

/// A batch item under way: whether the client wants its answer, and the answer.
type BatchItem<'a> = Pin<Box<dyn Future<Output = (bool, ItemAnswer)> + Send + 'a>>;

/// Everything that answering needs, for one request of one client.
pub(crate) struct Answering<'a> {
    pub(crate) chain: &'a Arc<ChainShell>,
    pub(crate) clients: &'a Arc<Clients>,
    pub(crate) meters: &'a CallMeters,
    pub(crate) client: ClientId,
    pub(crate) deadline: Timestamp,
    /// Whether a large answer may be handed over before it has come whole.
    pub(crate) passes: bool,
}

impl Answering<'_> {
    /// Answers a request body.
    pub(crate) async fn answer(&self, body: &[u8]) -> Answered {
        let limits = RequestLimits {
            batch_items: self.chain.limits.batch_items,
            depth: self.chain.limits.depth,
        };
        match wire_eth::read_request(body, &limits) {
            Ok(RequestBody::Single(Ok(call))) => self.single(&call).await,
            Ok(RequestBody::Single(Err(error))) => whole(&error, wire_eth::request_id(body)),
            Ok(RequestBody::Batch(items)) => self.batch(&items).await,
            Err(error) => whole(&error, None),
        }
    }

    async fn single(&self, call: &Call<'_>) -> Answered {
        // Who sent a notification wants no answer to be passed on.
        let passing = (self.passes && call.id.is_some()).then(Passing::default);
        let passing = passing.as_ref();
        let view = self.view_for(core::iter::once(call)).await;
        let mut item = self.item(call, view.as_ref(), passing).await;
        for _ in 0..REORG_ROUNDS {
            if !item.reorged {
                break;
            }
            let view = self.view_for(core::iter::once(call)).await;
            item = self.item(call, view.as_ref(), passing).await;
        }
        let name = item.upstream.map(|id| self.chain.upstream_name(id));
        let upstreams = name.unwrap_or_default().to_owned();
        let body = call.id.is_some().then_some(item.body);
        let status = if body.is_some() { item.status } else { StatusCode::NO_CONTENT };
        let attempts = u32::from(item.attempts);
        Answered { body, rest: item.rest, status, upstreams, attempts, cache: item.cache }
    }

    /// All items see one head; they run side by side and go back in the order they came.
    async fn batch(&self, items: &[Result<Call<'_>, wire_eth::BadItem<'_>>]) -> Answered {
        let mut answers = self.batch_at_one_head(items).await;
        for _ in 0..REORG_ROUNDS {
            if !answers.iter().any(|(_, answer)| answer.reorged) {
                break;
            }
            // The head left the chain under it: the whole batch is asked again, to be of one head.
            answers = self.batch_at_one_head(items).await;
        }
        let mut body = vec![b'['];
        let mut upstreams: Vec<UpstreamId> = Vec::new();
        let (mut attempts, mut cache) = (0_u32, None);
        for (_, answer) in answers.into_iter().filter(|(wanted, _)| *wanted) {
            if body.len() > 1 {
                body.push(b',');
            }
            body.extend_from_slice(&answer.body);
            attempts = attempts.saturating_add(u32::from(answer.attempts));
            cache = cache.max(answer.cache);
            upstreams.extend(answer.upstream.filter(|id| !upstreams.contains(id)));
        }
        body.push(b']');
        let names: Vec<&str> = upstreams.iter().map(|id| self.chain.upstream_name(*id)).collect();
        let upstreams = names.join(",");
        let only_notifications = body.len() == 2;
        let status = if only_notifications { StatusCode::NO_CONTENT } else { StatusCode::OK };
        let body = (!only_notifications).then_some(body);
        Answered { body, rest: None, status, upstreams, attempts, cache }
    }

    async fn batch_at_one_head(
        &self,
        items: &[Result<Call<'_>, wire_eth::BadItem<'_>>],
    ) -> Vec<(bool, ItemAnswer)> {
        let view = self.view_for(items.iter().filter_map(|item| item.as_ref().ok())).await;
        let bytes = AtomicUsize::new(0);
        let mut work: Vec<BatchItem<'_>> = Vec::with_capacity(items.len());
        for item in items {
            work.push(Box::pin(self.batch_item(item, view.as_ref(), &bytes)));
        }
        task::in_order(work, BATCH_CONCURRENCY).await
    }

    /// An item's answer, and whether the client wants it. Once the answers so far fill `bytes` the rest is
    /// not asked for: a thousand large answers would not fit into memory.
    async fn batch_item(
        &self,
        item: &Result<Call<'_>, wire_eth::BadItem<'_>>,
        view: Option<&View>,
        bytes: &AtomicUsize,
    ) -> (bool, ItemAnswer) {
        let call = match item {
            Ok(call) => call,
            Err(bad) => return (true, local_item(bad.error.to_response(Some(bad.id)))),
        };
        let limit = self.chain.limits.response_bytes;
        if bytes.load(Ordering::Relaxed) >= limit {
            let words = format!(
                "the answers to this batch are larger than the limit of {limit} bytes (max_response_bytes)"
            );
            let error = RpcError::invalid_request(words);
            return (call.id.is_some(), local_item(error.to_response(call.id)));
        }
        let answer = self.item(call, view, None).await;
        bytes.fetch_add(answer.body.len(), Ordering::Relaxed);
        (call.id.is_some(), answer)
    }

    /// The agreed blocks at this moment. Just after the start there may be none: then it is waited for,
    /// unless every call can be answered without.
    async fn view_for<'c>(&self, mut calls: impl Iterator<Item = &'c Call<'c>>) -> Option<View> {
        let needs_head = calls.any(|call| {
            !matches!(
                wire_eth::method_info(&call.method).handling,
                Handling::ChainId | Handling::NetVersion | Handling::Accounts | Handling::Refuse
            )
        });
        let mut until = None;
        loop {
            let view = self.chain.core().view();
            if view.is_some() || !needs_head {
                return view.map(|view| wire_view(&view));
            }
            let now = clock::now();
            if now >= *until.get_or_insert(now.after(READY_WAIT).min(self.deadline)) {
                return None;
            }
            clock::sleep(READY_LOOK).await;
        }
    }

    async fn item(
        &self,
        call: &Call<'_>,
        view: Option<&View>,
        passing: Option<&Passing>,
    ) -> ItemAnswer {
        let started = clock::now();
        let info = wire_eth::method_info(&call.method);
        let class = core_class(info.class);
        let id = call.id.unwrap_or("null");
        let (answer, outcome) = match info.handling {
            Handling::ChainId => {
                (local(id, &format!(r#""{:#x}""#, self.chain.config.id)), Outcome::Local)
            }
            Handling::NetVersion => {
                (local(id, &format!(r#""{}""#, self.chain.config.id)), Outcome::Local)
            }
            Handling::Accounts => (local(id, "[]"), Outcome::Local),
            Handling::Refuse => {
                let error = wire_eth::refusal(&call.method);
                (local_item(error.to_response(Some(id))), Outcome::Refused)
            }
            Handling::BlockNumber => match view {
                Some(view) if view.undecided => self.refuse_undecided(id),
                Some(view) => {
                    self.chain.core().on_served(core_block(&view.head));
                    (local(id, &format!(r#""{:#x}""#, view.head.number)), Outcome::Local)
                }
                None => (refused_item(not_ready(&self.chain.config.name), id, 0), Outcome::Refused),
            },
            Handling::Submit if self.must_not_write(view) => self.refuse_undecided(id),
            // Apart, for its size: every call would carry it about.
            Handling::Submit => Box::pin(self.submit_item(call, id)).await,
            Handling::Forward => self.forward_item(call, &info, view, (id, passing)).await,
        };
        if answer.reorged {
            return answer;
        }
        let now = clock::now();
        let took = now.since(started);
        self.chain.latency.record(now, took);
        self.meters.count(class, outcome, took);
        answer
    }

    async fn forward_item(
        &self,
        call: &Call<'_>,
        info: &MethodInfo,
        view: Option<&View>,
        (id, passing): (&str, Option<&Passing>),
    ) -> (ItemAnswer, Outcome) {
        let Some(view) = view else {
            return (refused_item(not_ready(&self.chain.config.name), id, 0), Outcome::Refused);
        };
        let pinned = match self.chain.config.contest.votes {
            // No head is vouched for, so that none can be named: each upstream answers for itself.
            Votes::Nobody => wire_eth::as_it_is(call),
            Votes::Operator | Votes::Endpoint => wire_eth::pin(info, call, view),
        };
        if view.undecided && self.is_contested(&pinned.needs) {
            return self.refuse_undecided(id);
        }
        if matches!(pinned.needs, wire_eth::Needs::Ahead(_)) && info.null_means_no_block {
            // A node that stands at the agreed head says the same of a block beyond it.
            return (local(id, "null"), Outcome::Local);
        }
        let plan = Forward {
            method: &call.method,
            params: call.params.unwrap_or_default(),
            class: core_class(info.class),
            needs: core_needs(&pinned, view),
            subject: pinned.subject,
            idempotent: info.idempotent,
            by_hash: (&pinned.method, Some(&pinned.params_by_hash)),
            by_number: (&pinned.method_by_number, Some(&pinned.params_by_number)),
            null_means_missing: pinned.null_means_missing,
            client: Some(self.client),
            deadline: self.deadline,
            passing,
        };
        match read(self.chain, self.clients, &plan, core_block(&view.head)).await {
            Ok((found, _)) if view.undecided && is_of_contested_block(call, &found, view) => {
                self.refuse_undecided(id)
            }
            Ok((found, cache)) => {
                let body = if self.is_beyond_view(call, &found.body, view) {
                    wire_eth::write_result(id, "null")
                } else {
                    wire_eth::with_id(&found.body, &found.answer, id)
                };
                let kept = cache == Some(CacheUse::Hit);
                let item = ItemAnswer {
                    body,
                    rest: passing.and_then(Passing::take),
                    status: StatusCode::OK,
                    upstream: Some(found.upstream),
                    attempts: found.attempts,
                    cache,
                    reorged: false,
                };
                (item, if kept { Outcome::Cached } else { Outcome::Answered })
            }
            Err(refusal) => (
                refused_item(refused(&refusal, &call.method), id, refusal.attempts),
                Outcome::Refused,
            ),
        }
    }

    /// Whether a call asks for what the branches do not share. What is asked for by hash is so where that is
    /// known to be a block above the fork.
    fn is_contested(&self, needs: &wire_eth::Needs) -> bool {
        match needs {
            wire_eth::Needs::Head | wire_eth::Needs::Ahead(_) => true,
            wire_eth::Needs::Hash(hash) => self.chain.core().is_contested(&BlockHash(*hash)),
            wire_eth::Needs::Nothing | wire_eth::Needs::Number(_) => false,
        }
    }

    /// Whether this is the receipt of a block that is not agreed: above the head, or another one at its height.
    /// A client that was told head N must not be shown what happened elsewhere, so it hears "not yet", as from
    /// any node that stands at the agreed head.
    fn is_beyond_view(&self, call: &Call<'_>, body: &[u8], view: &View) -> bool {
        if call.method != "eth_getTransactionReceipt"
            || self.chain.config.contest.votes == Votes::Nobody
        {
            return false;
        }
        let Some(block) = wire_eth::receipt_block(body) else { return false };
        block.number > view.head.number
            || (block.number == view.head.number && block.hash != view.head.hash)
    }

    fn must_not_write(&self, view: Option<&View>) -> bool {
        view.is_some_and(|view| view.undecided) && !self.chain.config.contest.writes_when_undecided
    }

    fn refuse_undecided(&self, id: &str) -> (ItemAnswer, Outcome) {
        let snapshot = self.chain.core().snapshot(clock::now());
        (refused_item(undecided(&snapshot), id, 0), Outcome::Refused)
    }

    async fn submit_item(&self, call: &Call<'_>, id: &str) -> (ItemAnswer, Outcome) {
        let params = call.params.unwrap_or("[]");
        match submit(self.chain, self.clients, params, self.client, self.deadline).await {
            Ok(Submitted::Answer { body, answer, upstream, attempts }) => {
                let body = wire_eth::with_id(&body, &answer, id);
                (
                    ItemAnswer {
                        body,
                        rest: None,
                        status: StatusCode::OK,
                        upstream: Some(upstream),
                        attempts,
                        cache: None,
                        reorged: false,
                    },
                    Outcome::Answered,
                )
            }
            Ok(Submitted::In { hash, upstream, attempts }) => {
                let answer = local(id, &format!(r#""{hash}""#));
                (ItemAnswer { upstream: Some(upstream), attempts, ..answer }, Outcome::Answered)
            }
            Err(refusal) => (
                refused_item(refused(&refusal, &call.method), id, refusal.attempts),
                Outcome::Refused,
            ),
        }
    }
}

/// Whether this tells of a transaction what is true on one branch only: that it is in a block above the fork,
/// or that it is in none, which may be so on the branch of whoever answered and not on the other.
fn is_of_contested_block(call: &Call<'_>, found: &Forwarded, view: &View) -> bool {
    let by_hash = ["eth_getTransactionReceipt", "eth_getTransactionByHash"];
    by_hash.contains(&&*call.method)
        && matches!(found.answer.kind, AnswerKind::Result { .. })
        && wire_eth::receipt_block(&found.body).is_none_or(|block| block.number > view.head.number)
}

/// A whole response that is one error, for a request that could not be read.
fn whole(error: &RpcError, id: Option<&str>) -> Answered {
    Answered {
        body: Some(error.to_response(id)),
        rest: None,
        status: StatusCode::OK,
        upstreams: String::new(),
        attempts: 0,
        cache: None,
    }
}

/// An answer that needs no upstream.
fn local(id: &str, result: &str) -> ItemAnswer {
    local_item(wire_eth::write_result(id, result))
}

const fn local_item(body: Vec<u8>) -> ItemAnswer {
    ItemAnswer {
        body,
        rest: None,
        status: StatusCode::OK,
        upstream: None,
        attempts: 0,
        cache: None,
        reorged: false,
    }
}

fn refused_item(refused: Refused, id: &str, attempts: u8) -> ItemAnswer {
    ItemAnswer {
        body: refused.error.to_response(Some(id)),
        rest: None,
        status: refused.status,
        upstream: None,
        attempts,
        cache: None,
        reorged: refused.reorged,
    }
}

fn wire_view(view: &gateway_core::View) -> View {
    let block = |block: BlockRef| wire_eth::BlockRef { number: block.number, hash: block.hash.0 };
    View {
        head: block(view.head),
        safe: view.safe.map(block),
        finalized: view.finalized.map(block),
        undecided: view.undecided,
    }
}

const fn core_block(block: &wire_eth::BlockRef) -> BlockRef {
    BlockRef { number: block.number, hash: BlockHash(block.hash) }
}

fn core_needs(pinned: &wire_eth::Pinned<'_>, view: &View) -> Needs {
    let names_head = matches!(pinned.params_by_number, Cow::Owned(_));
    match &pinned.needs {
        wire_eth::Needs::Nothing | wire_eth::Needs::Hash(_) => Needs::Anything,
        // Asked of whoever stands at the head, but not about that block: a look-up by hash, say.
        wire_eth::Needs::Head if !names_head => Needs::Number(view.head.number),
        wire_eth::Needs::Head => Needs::Head(core_block(&view.head)),
        wire_eth::Needs::Number(number) => Needs::Number(*number),
        wire_eth::Needs::Ahead(_) => Needs::Ahead,
    }
}
