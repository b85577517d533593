//! One call that is not a submission: answered from what is kept, by another one's request, or by asking.

use std::sync::Arc;

use gateway_core::{BlockRef, CacheKey, Looked, Needs, Refusal, RefusalReason};
use runtime::{clock, task};
use wire_eth::Subject;

use crate::chain::ChainShell;
use crate::forward::forward;
use crate::keeping::{keep, key_of, settle};
use crate::plan::{Forward, Forwarded};
use crate::sharing::{Landing, Lead, Role};
use crate::upstream::Clients;

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
    let question = CacheKey::new(chain.seed, plan.method, plan.params).fingerprint();
    let permit = match chain.look_up(&key, head, question, plan.needs) {
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
    if let Some(passing) = plan.passing.filter(|_| permit.is_wanted()) {
        passing.want_to_keep();
    }
    // "Not yet mined" must not be told to who asks after somebody else was told so.
    if plan.subject == Subject::Transaction {
        let found = forward(chain, clients, plan, None).await?;
        keep(chain, plan, &key, permit, &found);
        return Ok((found, Some(CacheUse::Miss)));
    }
    match chain.sharing.join(&key, head.hash, plan.deadline, permit) {
        Role::Alone => {
            let found = forward(chain, clients, plan, None).await?;
            keep(chain, plan, &key, permit, &found);
            Ok((found, Some(CacheUse::Miss)))
        }
        Role::Lead(led) => {
            Ok((lead(chain, clients, plan, (led, &key)).await?, Some(CacheUse::Miss)))
        }
        Role::Follow(told) => {
            let landing = task::select! {
                biased;
                landing = told => landing,
                () = clock::sleep_until(plan.deadline) => return Err(out_of_time()),
            };
            match landing {
                Ok(Landing::Answer(found)) => {
                    if let Needs::Head(block) = plan.needs {
                        chain.core().on_served(block);
                    }
                    Ok((Forwarded { attempts: 0, ..found }, Some(CacheUse::Shared)))
                }
                Ok(Landing::Refused(refusal)) => Err(refusal),
                Ok(Landing::Lead(led)) => {
                    Ok((lead(chain, clients, plan, (led, &key)).await?, Some(CacheUse::Miss)))
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
    (led, key): (Lead, &CacheKey<'_>),
) -> Result<Forwarded, Refusal> {
    let end = forward(chain, clients, plan, Some(&led)).await;
    // That this client has too much in line says nothing of who follows: the next one leads.
    if let Err(Refusal { reason: RefusalReason::Busy, attempts: 0, .. }) = end {
        return end;
    }
    settle(chain, plan, key, led, &end);
    end
}

fn out_of_time() -> Refusal {
    Refusal { reason: RefusalReason::Deadline, attempts: 0, may_have_taken_effect: false }
}
