//! One call that is not a submission: answered from what is kept, by another one's request, or by asking.

use std::sync::Arc;

use gateway_core::{
    BlockHash, BlockRef, CacheKey, KEPT_BYTES_MAX, Looked, Offer, Permit, Refusal, RefusalReason,
    Source,
};
use runtime::http::Bytes;
use runtime::{clock, task};
use wire_eth::{AnswerKind, Subject};

use crate::chain::{ChainShell, Kept};
use crate::forward::{Forward, Forwarded, forward};
use crate::sharing::{Landing, Lead, Role};
use crate::upstream::Clients;

/// Largest block whose number is read from the answer, in bytes; the whole block is scanned for it.
const SCANNED_BYTES_MAX: usize = 64 * 1024;

/// What a kept answer takes beside its bytes: where things are in them, and who counts its users.
const KEPT_OVERHEAD_BYTES: usize = size_of::<Kept>() + 32;

/// Where an answer came from, for the client and the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CacheUse {
    /// It was kept.
    Hit,
    /// Another call that was under way had asked for it.
    Shared,
    /// An upstream was asked, for the answer was not kept.
    Miss,
}

impl CacheUse {
    /// The value of the header that tells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Shared => "shared",
            Self::Miss => "miss",
        }
    }
}

/// A call's answer and where it came from; `None` where it can only come from an upstream.
pub(crate) type Read = (Forwarded, Option<CacheUse>);

/// Carries one call to its one end by the cheapest way that gives the same answer.
///
/// # Errors
/// The refusal, where no answer can be given.
pub(crate) async fn read(
    chain: &Arc<ChainShell>,
    clients: &Arc<Clients>,
    plan: &Forward<'_>,
    head: BlockRef,
) -> Result<Read, Refusal> {
    let off = chain.config.cache_bytes == 0;
    if off || plan.subject == Subject::Open || !plan.idempotent {
        return Ok((forward(chain, clients, plan, None).await?, None));
    }
    let key = key_of(chain, plan);
    let permit = match chain.look_up(&key, head) {
        Looked::Hit { value, origin } => {
            let found = Forwarded {
                body: value.body,
                answer: value.answer,
                upstream: origin,
                attempts: 0,
                by_hash: true,
            };
            return Ok((found, Some(CacheUse::Hit)));
        }
        Looked::Miss(permit) => permit,
    };
    // "Not yet mined" must not be told to who asks after somebody else was told so.
    if plan.subject == Subject::Transaction {
        let found = forward(chain, clients, plan, None).await?;
        keep(chain, plan, permit, &found);
        return Ok((found, Some(CacheUse::Miss)));
    }
    match chain.sharing.join(&key, head.hash, plan.deadline, permit) {
        Role::Alone => {
            let found = forward(chain, clients, plan, None).await?;
            keep(chain, plan, permit, &found);
            Ok((found, Some(CacheUse::Miss)))
        }
        Role::Lead(led) => Ok((lead(chain, clients, plan, led).await?, Some(CacheUse::Miss))),
        Role::Follow(told) => {
            let landing = task::select! {
                biased;
                landing = told => landing,
                () = clock::sleep_until(plan.deadline) => return Err(out_of_time()),
            };
            match landing {
                Ok(Landing::Answer(found)) => {
                    Ok((Forwarded { attempts: 0, ..found }, Some(CacheUse::Shared)))
                }
                Ok(Landing::Refused(refusal)) => Err(refusal),
                Ok(Landing::Lead(led)) => {
                    Ok((lead(chain, clients, plan, led).await?, Some(CacheUse::Miss)))
                }
                // No leader is ever dropped without a word; but who waits must not wait for nothing.
                Err(_) => Ok((forward(chain, clients, plan, None).await?, Some(CacheUse::Miss))),
            }
        }
    }
}

/// Asks for all who follow, too.
async fn lead(
    chain: &Arc<ChainShell>,
    clients: &Arc<Clients>,
    plan: &Forward<'_>,
    led: Lead,
) -> Result<Forwarded, Refusal> {
    let end = forward(chain, clients, plan, Some(&led)).await;
    settle(chain, plan, led, &end);
    end
}

/// Keeps the answer, and then tells it to all who follow: so that who comes next finds it kept.
pub(crate) fn settle(
    chain: &ChainShell,
    plan: &Forward<'_>,
    led: Lead,
    end: &Result<Forwarded, Refusal>,
) {
    if let (Ok(found), Some(permit)) = (end, led.permit()) {
        keep(chain, plan, permit, found);
    }
    led.land(plan.deadline, end);
}

fn key_of<'k>(chain: &ChainShell, plan: &Forward<'k>) -> CacheKey<'k> {
    let (method, params) = plan.by_hash;
    CacheKey::new(chain.seed, method, params.unwrap_or_default())
}

fn out_of_time() -> Refusal {
    Refusal { reason: RefusalReason::Deadline, attempts: 0, may_have_taken_effect: false }
}

/// Offers an answer to the cache. Errors and `null` are none that last; and an empty list looks the same
/// where there is nothing and where the upstream has lost what there was.
fn keep(chain: &ChainShell, plan: &Forward<'_>, permit: Permit, found: &Forwarded) {
    let lasts = found.answer.kind == AnswerKind::Result { null: false };
    let value = found.body.get(found.answer.value.clone()).unwrap_or_default();
    let bytes = found.body.len() + KEPT_OVERHEAD_BYTES;
    if !lasts || value == b"[]" || bytes > KEPT_BYTES_MAX {
        return;
    }
    let Some(source) = source_of(plan, found) else { return };
    // A copy of its own: what came from the socket may be a small part of a large buffer.
    let body = Bytes::copy_from_slice(&found.body);
    let value = Kept { body, answer: found.answer.clone() };
    chain.keep(
        permit,
        &key_of(chain, plan),
        Offer { value, bytes, source, origin: found.upstream },
    );
}

/// The block that an answer is of, by how its upstream was asked and by what it says.
fn source_of(plan: &Forward<'_>, found: &Forwarded) -> Option<Source> {
    let core_block =
        |block: wire_eth::BlockRef| BlockRef { number: block.number, hash: BlockHash(block.hash) };
    Some(match plan.subject {
        Subject::Block(block) if found.by_hash => Source::Block(core_block(block)),
        Subject::Block(block) => Source::Through(block.number),
        Subject::Through(number) => Source::Through(number),
        Subject::Hash(hash) => {
            match named_block(plan, found).filter(|named| named.hash.0 == hash) {
                Some(block) => Source::Block(block),
                None => Source::Hash(BlockHash(hash)),
            }
        }
        Subject::Transaction => Source::Block(core_block(wire_eth::receipt_block(&found.body)?)),
        Subject::Open => return None,
    })
}

/// The block that an answer is, where a block was asked for by its hash.
fn named_block(plan: &Forward<'_>, found: &Forwarded) -> Option<BlockRef> {
    let is_block = matches!(plan.by_hash.0, "eth_getBlockByHash" | "eth_getHeaderByHash");
    if !is_block || found.body.len() > SCANNED_BYTES_MAX {
        return None;
    }
    let header = wire_eth::read_header(&found.body).ok()??;
    Some(BlockRef { number: header.number, hash: BlockHash(header.hash) })
}
