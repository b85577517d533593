//! Calls that ask the same at the same time share one request to an upstream, over all worker threads.
//!
//! The first of them leads: it asks, and whoever comes with the same question meanwhile follows and waits
//! for its answer, each as long as its own client does. Only calls whose answer is a function of a named
//! block are shared: what else could change between two moments, such as a pending nonce, must be asked
//! after the client asked for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::{BlockHash, CacheKey, Failure, KeptKey, Permit, Refusal, RefusalReason};
use runtime::clock;
use runtime::task::{self, sync::oneshot};
use units::Timestamp;

use crate::plan::Forwarded;

/// Calls under way that others may join. A gateway has some hundred under way at most times; beyond this,
/// when nothing answers any more, each further call goes alone.
const LED_MAX: usize = 16_384;

/// Most that may wait for one answer; the list is walked when it comes.
const FOLLOWERS_MAX: usize = 4_096;

/// Longest key that is remembered while its call is under way, in bytes: multicalls of hundreds of reads
/// fit, and [`LED_MAX`] of the usual 200 bytes take 3 MiB.
const KEY_BYTES_MAX: usize = 64 * 1024;

/// Most that all keys of calls under way may take, in bytes.
const KEYS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The calls under way that others may join.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    led: Mutex<Led>,
    followed: AtomicU64,
}

#[derive(Debug, Default)]
struct Led {
    calls: HashMap<u64, LedCall>,
    key_bytes: usize,
}

/// One call under way and who waits for its answer.
#[derive(Debug)]
struct LedCall {
    key: KeptKey,
    /// The head by which it was asked: what an upstream needs to have depends on it.
    head: BlockHash,
    followers: Vec<Follower>,
}

#[derive(Debug)]
struct Follower {
    deadline: Timestamp,
    tell: oneshot::Sender<Landing>,
}

/// What a call is to do about others like it.
pub(crate) enum Role {
    /// Ask, and tell the followers.
    Lead(Lead),
    /// Wait for the leader.
    Follow(oneshot::Receiver<Landing>),
    /// Ask for itself.
    Alone,
}

/// What a follower is told.
#[derive(Debug)]
pub(crate) enum Landing {
    /// The answer.
    Answer(Forwarded),
    /// That there is none to be had.
    Refused(Refusal),
    /// To lead from here on: the leader has gone before there was an end.
    Lead(Lead),
}

/// A call that can go on without the client that it began for.
pub(crate) trait Onward: Debug + Send {
    /// Carries it to its end for those who follow, the most patient of whom waits until `deadline`.
    fn run(self: Box<Self>, deadline: Timestamp, led: Lead) -> Errand;
}

/// A call that goes on by itself.
pub(crate) type Errand = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Sharing {
    /// Joins the call of this key that is under way at this head, or begins one.
    pub(crate) fn join(
        self: &Arc<Self>,
        key: &CacheKey<'_>,
        head: BlockHash,
        deadline: Timestamp,
        permit: Permit,
    ) -> Role {
        let mut led = self.led();
        let Led { calls, key_bytes } = &mut *led;
        let full = calls.len() >= LED_MAX;
        match calls.entry(key.fingerprint()) {
            Entry::Occupied(mut found) => {
                let call = found.get_mut();
                if call.head != head || !call.key.is(key) || call.followers.len() >= FOLLOWERS_MAX {
                    return Role::Alone;
                }
                let (tell, told) = oneshot::channel();
                call.followers.push(Follower { deadline, tell });
                Role::Follow(told)
            }
            Entry::Vacant(place) => {
                let bytes = key.bytes();
                if full || bytes > KEY_BYTES_MAX || *key_bytes + bytes > KEYS_BYTES_MAX {
                    return Role::Alone;
                }
                *key_bytes += bytes;
                place.insert(LedCall { key: key.to_kept(), head, followers: Vec::new() });
                let sharing = Arc::clone(self);
                let fingerprint = key.fingerprint();
                let (baton, alone) = (Mutex::new(None), AtomicBool::new(false));
                Role::Lead(Lead(Some(Leading { sharing, fingerprint, permit, baton, alone })))
            }
        }
    }

    /// Calls that were answered by another one's request, since the start.
    pub(crate) fn followed(&self) -> u64 {
        self.followed.load(Ordering::Relaxed)
    }

    fn led(&self) -> MutexGuard<'_, Led> {
        self.led.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a call; those who waited for it.
    fn end(&self, fingerprint: u64) -> Vec<Follower> {
        let mut led = self.led();
        let Some(call) = led.calls.remove(&fingerprint) else { return Vec::new() };
        led.key_bytes = led.key_bytes.saturating_sub(call.key.bytes());
        call.followers
    }

    /// Ends a call for which nobody waits; whether that is so.
    fn end_if_unawaited(&self, fingerprint: u64) -> bool {
        let mut led = self.led();
        let followers = led.calls.get(&fingerprint).map(|call| call.followers.as_slice());
        if followers.unwrap_or_default().iter().any(|follower| !follower.tell.is_closed()) {
            return false;
        }
        if let Some(call) = led.calls.remove(&fingerprint) {
            led.key_bytes = led.key_bytes.saturating_sub(call.key.bytes());
        }
        true
    }

    /// Until when the most patient of those who still wait does so; `None` where nobody waits.
    fn awaited_until(&self, fingerprint: u64) -> Option<Timestamp> {
        let led = self.led();
        let followers = led.calls.get(&fingerprint)?.followers.iter();
        followers.filter(|f| !f.tell.is_closed()).map(|f| f.deadline).max()
    }

    /// Takes the most patient follower off the list; where nobody waits the call is ended.
    fn successor(&self, fingerprint: u64) -> Option<Follower> {
        let mut led = self.led();
        let followers = &mut led.calls.get_mut(&fingerprint)?.followers;
        followers.retain(|follower| !follower.tell.is_closed());
        let patient = followers.iter().enumerate().max_by_key(|(_, follower)| follower.deadline);
        if let Some(at) = patient.map(|(at, _)| at) {
            return Some(followers.swap_remove(at));
        }
        drop(led);
        drop(self.end(fingerprint));
        None
    }
}

/// The right and the duty to ask for all who follow. Dropped before an end, by a client that leaves or by a
/// panic, it goes on to where the call does.
#[derive(Debug)]
pub(crate) struct Lead(Option<Leading>);

#[derive(Debug)]
struct Leading {
    sharing: Arc<Sharing>,
    fingerprint: u64,
    /// From before the upstream was asked, so that it holds for whoever leads later, too.
    permit: Permit,
    /// The call itself, where it goes on without the client that it began for.
    baton: Mutex<Option<Box<dyn Onward>>>,
    /// Nobody follows, and nobody will: it is a call like any other.
    alone: AtomicBool,
}

impl Lead {
    /// With what the answer may be kept; it is worth it where others have asked for it meanwhile.
    pub(crate) fn permit(&self) -> Option<Permit> {
        let permit = self.leading()?.permit;
        Some(if self.awaited_until().is_some() { permit.wanted() } else { permit })
    }

    /// Until when somebody else waits for the answer; `None` where nobody does.
    pub(crate) fn awaited_until(&self) -> Option<Timestamp> {
        let leading = self.leading()?;
        leading.sharing.awaited_until(leading.fingerprint)
    }

    /// Has nobody follow from here on, where nobody does: the answer is then this client's alone. Whether it is.
    pub(crate) fn go_alone(&self) -> bool {
        let Some(leading) = self.leading() else { return true };
        let alone = leading.sharing.end_if_unawaited(leading.fingerprint);
        leading.alone.store(alone, Ordering::Relaxed);
        alone
    }

    fn leading(&self) -> Option<&Leading> {
        self.0.as_ref().filter(|leading| !leading.alone.load(Ordering::Relaxed))
    }

    /// Leaves the call behind, to go on by itself once this is dropped.
    pub(crate) fn leave(&self, baton: Box<dyn Onward>) {
        if let Some(leading) = self.leading() {
            *leading.baton.lock().unwrap_or_else(PoisonError::into_inner) = Some(baton);
        }
    }

    /// Tells the end to all who follow. A refusal that only says that there was too little time until the
    /// leader's `deadline` is not told to who has more: then the most patient one leads.
    pub(crate) fn land(mut self, deadline: Timestamp, end: &Result<Forwarded, Refusal>) {
        let too_little_time = end.as_ref().is_err_and(|refusal| is_for_time(refusal.reason));
        if too_little_time && self.awaited_until().is_some_and(|until| until > deadline) {
            return;
        }
        let Some(leading) = self.0.take().filter(|it| !it.alone.load(Ordering::Relaxed)) else {
            return;
        };
        for follower in leading.sharing.end(leading.fingerprint) {
            let landing = match end {
                Ok(found) => Landing::Answer(found.clone()),
                Err(refusal) => Landing::Refused(*refusal),
            };
            if follower.tell.send(landing).is_ok() {
                leading.sharing.followed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Whether a call that had more time might have been answered.
const fn is_for_time(reason: RefusalReason) -> bool {
    match reason {
        RefusalReason::Deadline | RefusalReason::MissingBlock => true,
        RefusalReason::Failed(why) | RefusalReason::Budget(why) => matches!(why, Failure::Timeout),
        RefusalReason::NoUpstream
        | RefusalReason::Busy
        | RefusalReason::Throttled(_)
        | RefusalReason::Reorged => false,
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let Some(mut leading) = self.0.take().filter(|it| !it.alone.load(Ordering::Relaxed)) else {
            return;
        };
        let baton = leading.baton.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(baton) = baton {
            let until = leading.sharing.awaited_until(leading.fingerprint);
            let until = until.unwrap_or_else(clock::now);
            drop(task::spawn(baton.run(until, Self(Some(leading)))));
            return;
        }
        while let Some(follower) = leading.sharing.successor(leading.fingerprint) {
            match follower.tell.send(Landing::Lead(Self(Some(leading)))) {
                Err(Landing::Lead(mut lead)) => match lead.0.take() {
                    Some(back) => leading = back,
                    None => return,
                },
                Ok(()) | Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::{BlockRef, Cache, Chain, ChainSettings, Looked};
    use units::Span;

    use super::*;

    fn permit() -> Permit {
        let settings = ChainSettings::new("test", 1, Span::from_secs(1), Vec::new());
        let mut chain = Chain::new(settings, 1, Timestamp::ZERO);
        let head = BlockRef { number: 1, hash: BlockHash::default() };
        let key = CacheKey::new(1, "eth_call", "[]");
        match Cache::<()>::new(0).look_up(&mut chain, &key, head, 0) {
            Looked::Miss(permit) => permit,
            Looked::Hit { .. } => unreachable!("nothing is kept"),
        }
    }

    fn join(sharing: &Arc<Sharing>, params: &str, seconds: u64) -> Role {
        let key = CacheKey::new(1, "eth_call", params);
        let deadline = Timestamp::ZERO.after(Span::from_secs(seconds));
        sharing.join(&key, BlockHash::default(), deadline, permit())
    }

    fn lead(role: Role) -> Lead {
        let Role::Lead(lead) = role else { panic!("somebody else leads") };
        lead
    }

    fn follow(role: Role) -> oneshot::Receiver<Landing> {
        let Role::Follow(told) = role else { panic!("nobody to follow") };
        told
    }

    fn refused(reason: RefusalReason) -> Result<Forwarded, Refusal> {
        Err(Refusal { reason, attempts: 1, may_have_taken_effect: false })
    }

    #[test]
    fn a_leader_that_is_lost_is_followed_by_the_most_patient_one() {
        // A panic in one client's task would leave all others waiting until their time is up.
        let sharing = Arc::new(Sharing::default());
        let first = lead(join(&sharing, "[]", 10));
        let mut short = follow(join(&sharing, "[]", 20));
        let mut long = follow(join(&sharing, "[]", 30));
        let lost = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _led = first;
            panic!("in the leader's task");
        }));
        assert!(lost.is_err() && short.try_recv().is_err());
        let Ok(Landing::Lead(second)) = long.try_recv() else { panic!("nobody leads") };
        // Its client has gone before it heard of it: the next one is told.
        drop(second);
        drop(long);
        let Ok(Landing::Lead(third)) = short.try_recv() else { panic!("nobody leads") };
        third.land(Timestamp::MAX, &refused(RefusalReason::NoUpstream));
        drop(lead(join(&sharing, "[]", 10)));
        assert!(sharing.led().calls.is_empty() && sharing.led().key_bytes == 0);
    }

    #[test]
    fn a_follower_that_leaves_with_the_lead_in_its_hands_does_not_end_it() {
        let sharing = Arc::new(Sharing::default());
        let first = lead(join(&sharing, "[]", 10));
        let mut short = follow(join(&sharing, "[]", 20));
        let long = follow(join(&sharing, "[]", 30));
        // The lead goes to the more patient one, whose client leaves before its task runs again.
        drop(first);
        assert!(short.try_recv().is_err());
        drop(long);
        assert!(matches!(short.try_recv(), Ok(Landing::Lead(_))));
    }

    #[test]
    fn a_refusal_for_want_of_time_is_told_to_none_that_has_more() {
        let sharing = Arc::new(Sharing::default());
        let at = |seconds| Timestamp::ZERO.after(Span::from_secs(seconds));
        let first = lead(join(&sharing, "[]", 10));
        let mut follower = follow(join(&sharing, "[]", 20));
        first.land(at(10), &refused(RefusalReason::Failed(Failure::Timeout)));
        let Ok(Landing::Lead(second)) = follower.try_recv() else { panic!("nobody leads") };
        let mut other = follow(join(&sharing, "[]", 15));
        second.land(at(20), &refused(RefusalReason::Deadline));
        assert!(matches!(other.try_recv(), Ok(Landing::Refused(_))));
    }

    #[test]
    fn calls_that_cannot_be_remembered_go_alone() {
        // A flood of huge or of different calls would fill the memory.
        let sharing = Arc::new(Sharing::default());
        let huge = "x".repeat(KEY_BYTES_MAX + 1);
        assert!(matches!(join(&sharing, &huge, 10), Role::Alone));
        let large = |n: usize| format!("{n:0width$}", width = KEY_BYTES_MAX - 8);
        let led: Vec<Role> = (0..600).map(|n| join(&sharing, &large(n), 10)).collect();
        let leads = led.iter().filter(|role| matches!(role, Role::Lead(_))).count();
        assert_eq!(leads, KEYS_BYTES_MAX / KEY_BYTES_MAX);
        drop(led);
        assert_eq!(sharing.led().key_bytes, 0);
        let first = lead(join(&sharing, "[]", 10));
        let followers: Vec<Role> = (0..=FOLLOWERS_MAX).map(|_| join(&sharing, "[]", 10)).collect();
        assert!(matches!(followers.last(), Some(Role::Alone)));
        drop((followers, first));
        assert!(sharing.led().calls.is_empty());
    }

    #[test]
    fn another_head_is_another_question() {
        // What an upstream must have to answer is told by the head, also where the parameters are the same.
        let sharing = Arc::new(Sharing::default());
        let _first = lead(join(&sharing, r#"["0x5"]"#, 10));
        let key = CacheKey::new(1, "eth_call", r#"["0x5"]"#);
        let role = sharing.join(&key, BlockHash([1; 32]), Timestamp::MAX, permit());
        assert!(matches!(role, Role::Alone));
    }

    #[test]
    fn a_call_that_goes_alone_does_not_end_another_ones() {
        // Its answer goes to its own client piece by piece; who follows would get a part of it, or wait for ever.
        let sharing = Arc::new(Sharing::default());
        let followed = lead(join(&sharing, "[1]", 10));
        let mut waiting = follow(join(&sharing, "[1]", 10));
        assert!(!followed.go_alone());
        let alone = lead(join(&sharing, "[]", 10));
        assert!(alone.go_alone() && alone.permit().is_none() && alone.awaited_until().is_none());
        let next = lead(join(&sharing, "[]", 10));
        let mut behind = follow(join(&sharing, "[]", 10));
        alone.land(Timestamp::MAX, &refused(RefusalReason::NoUpstream));
        assert!(behind.try_recv().is_err() && waiting.try_recv().is_err());
        next.land(Timestamp::MAX, &refused(RefusalReason::NoUpstream));
        assert!(matches!(behind.try_recv(), Ok(Landing::Refused(_))));
        drop(followed);
        assert!(matches!(waiting.try_recv(), Ok(Landing::Lead(_))));
    }
}
