//! Which answers are offered to the cache, and as answers about which block.

use gateway_core::{BlockHash, BlockRef, CacheKey, KEPT_BYTES_MAX, Offer, Permit, Refusal, Source};
use wire_eth::{AnswerKind, Proof, Subject};

use crate::chain::{ChainShell, Kept};
use crate::plan::{Forward, Forwarded};
use crate::remainder::Passing;
use crate::sharing::Lead;

/// Largest block whose number is read from the answer, in bytes; the whole block is scanned for it.
const SCANNED_BYTES_MAX: usize = 64 * 1024;

/// What a kept answer takes beside its bytes: where things are in them, and who counts its users.
const KEPT_OVERHEAD_BYTES: usize = size_of::<Kept>() + 32;

/// Keeps the answer, and then tells it to all who follow: so that who comes next finds it kept.
pub(crate) fn settle(
    chain: &ChainShell,
    plan: &Forward<'_>,
    key: &CacheKey<'_>,
    led: Lead,
    end: &Result<Forwarded, Refusal>,
) {
    if let (Ok(found), Some(permit)) = (end, led.permit()) {
        keep(chain, plan, key, permit, found);
    }
    led.land(plan.deadline, end);
}

/// What a call's answer is kept under, and shared under while it is asked for.
pub(crate) fn key_of<'k>(chain: &ChainShell, plan: &Forward<'k>) -> CacheKey<'k> {
    let (method, params) = plan.by_hash;
    CacheKey::new(chain.seed, method, params.unwrap_or_default())
}

/// Offers an answer to the cache. Errors and `null` are none that last; and an empty list looks the same
/// where there is nothing and where the upstream has lost what there was.
pub(crate) fn keep(
    chain: &ChainShell,
    plan: &Forward<'_>,
    key: &CacheKey<'_>,
    permit: Permit,
    found: &Forwarded,
) {
    if plan.passing.is_some_and(Passing::is_passed) {
        return;
    }
    let lasts = found.answer.kind == AnswerKind::Result { null: false };
    let value = found.body.get(found.answer.value.clone()).unwrap_or_default();
    let bytes = found.body.len() + KEPT_OVERHEAD_BYTES;
    if !permit.is_wanted() || !lasts || value == b"[]" || !fits(found.body.len()) {
        return;
    }
    let Some(source) = source_of(plan, found) else { return };
    if !is_proven(chain, plan, value) {
        return;
    }
    // Shared, not copied: a body has a buffer of its own, of its own size.
    let value = Kept { body: found.body.clone(), answer: found.answer.clone() };
    chain.keep(permit, key, Offer { value, bytes, source, origin: found.upstream });
}

/// Whether an answer of so many bytes is small enough to be kept.
pub(crate) const fn fits(bytes: usize) -> bool {
    bytes.saturating_add(KEPT_OVERHEAD_BYTES) <= KEPT_BYTES_MAX
}

/// Whether the block's hash vouches for a block or its receipts, as far as it can: what is kept is served
/// again and again. Of a block whose transactions are given by their hashes it vouches for the header; on
/// a chain whose headers hash in another way nothing can be proven, and blocks are kept as they came.
fn is_proven(chain: &ChainShell, plan: &Forward<'_>, value: &[u8]) -> bool {
    if !chain.headers.are_checked() {
        return true;
    }
    let proof = match plan.method {
        "eth_getBlockByNumber" | "eth_getBlockByHash" => {
            core::str::from_utf8(value).map(wire_eth::prove_block)
        }
        "eth_getBlockReceipts" => {
            let hash = match plan.subject {
                Subject::Block(block) => block.hash,
                Subject::Hash(hash) => hash,
                Subject::Through(_) | Subject::Transaction | Subject::Open => return false,
            };
            let Some(root) = chain.headers.receipts_root(&hash) else { return false };
            core::str::from_utf8(value).map(|value| wire_eth::prove_receipts(value, &root))
        }
        _ => return true,
    };
    matches!(proof, Ok(Proof::Whole | Proof::Header))
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
