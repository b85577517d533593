//! The way in to the upstreams: every call that needs one has a place before it starts, or waits for one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use admission_core::{
    Admission, Arrival, Class, ClassCounts, Condition, Decision, LimitSettings, Output, Pool,
    Sample, Settings, ShedReason, Ticket,
};
use gateway_core::{Chain, MethodClass, Refusal, RefusalReason, Standing, UpstreamId};
use runtime::clock;
use runtime::http::{HeaderName, Request};
use runtime::metrics::histogram::Histogram;
use runtime::task::{self, sync::oneshot};
use units::{Span, Timestamp};

use crate::config::AdmissionConfig;

/// Stands for one client, for the sake of fairness: nothing can be read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientId(u64);

impl ClientId {
    /// The client of a request: its peer, or whom a proxy before us names last in this header, for what
    /// stands before that may be the client's own invention.
    pub(crate) fn of(request: &Request, header: Option<&HeaderName>) -> Self {
        let named = header.and_then(|name| request.headers().get_all(name).iter().next_back());
        let last = named.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        let address = last.and_then(|text| text.trim().parse().ok());
        Self::at(address.unwrap_or_else(|| request.peer().ip()))
    }

    /// The client at an address: the address itself, or the network that an IPv6 subscriber is given, for
    /// within it he may have any address he likes.
    fn at(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
        })
    }
}

/// The importance of methods: what moves money and tells whether it moved, then what applications show, then
/// what indexers gather.
const fn importance(class: MethodClass) -> Class {
    match class {
        MethodClass::Submit | MethodClass::Transaction => Class::First,
        MethodClass::Execution
        | MethodClass::State
        | MethodClass::Block
        | MethodClass::Fee
        | MethodClass::Meta => Class::Second,
        MethodClass::Logs => Class::Third,
        MethodClass::Trace => Class::Fourth,
    }
}

/// A class of importance as it is written in metrics.
pub(crate) const fn class_name(class: Class) -> &'static str {
    match class {
        Class::First => "submit",
        Class::Second => "read",
        Class::Third => "logs",
        Class::Fourth => "trace",
    }
}

/// What the way in to one chain's upstreams looks like at one moment.
#[derive(Clone, Debug)]
pub struct AdmissionSnapshot {
    /// How many calls may be under way.
    pub places: u32,
    /// How many are.
    pub taken: u32,
    /// How many wait for a place.
    pub waiting: usize,
    /// How many were sent away since the start.
    pub shed: u64,
    /// The same by importance, most important first.
    pub classes: Vec<AdmissionClass>,
}

/// One class of importance at one moment.
#[derive(Clone, Debug)]
pub struct AdmissionClass {
    /// Its name: `submit`, `read`, `logs` or `trace`.
    pub name: &'static str,
    /// How many of it wait.
    pub waiting: usize,
    /// What happened to it since the start.
    pub counts: ClassCounts,
}

/// The admission of one chain, shared by all worker threads.
#[derive(Debug)]
pub(crate) struct Gate {
    inner: Mutex<Inner>,
    /// How long those who waited did, by importance.
    delays: [Histogram; Class::ALL.len()],
}

#[derive(Debug)]
struct Inner {
    admission: Admission,
    pool: Pool,
    /// Those who wait for a word.
    waiters: BTreeMap<Ticket, oneshot::Sender<Output>>,
}

impl Inner {
    /// Tells those who waited what became of them. Under the lock, so that one who leaves finds his ticket
    /// either here or told.
    fn tell(&mut self) {
        while let Some(output) = self.admission.poll_output() {
            let (Output::Admit { ticket, .. } | Output::Shed { ticket, .. }) = output;
            let Some(waiter) = self.waiters.remove(&ticket) else { continue };
            // Whoever leaves at this moment looks for the word when he has the lock.
            let _waits = waiter.send(output).is_ok();
        }
    }
}

impl Gate {
    /// The way in to so many upstreams. Waits are recorded in `delays`, by importance.
    pub(crate) fn new(
        config: &AdmissionConfig,
        upstreams: usize,
        delays: [Histogram; Class::ALL.len()],
    ) -> Self {
        let pool = Pool::new(config.mode, LimitSettings::default(), upstreams, clock::now());
        let settings = Settings::calls(config.mode, config.max_queue);
        let admission = Admission::new(settings, pool.capacity());
        let inner = Inner { admission, pool, waiters: BTreeMap::new() };
        Self { inner: Mutex::new(inner), delays }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call in: at once where there is a place, else when its turn comes.
    ///
    /// # Errors
    /// Where it is sent away, with what its client is to be told.
    pub(crate) async fn admit(
        &self,
        class: MethodClass,
        client: ClientId,
        deadline: Timestamp,
    ) -> Result<Place<'_>, Refusal> {
        let class = importance(class);
        let now = clock::now();
        let (mut waiter, until) = {
            let mut inner = self.inner();
            let arrival = Arrival { class, client: client.0, cost: 1, deadline };
            match inner.admission.arrive(now, arrival) {
                Decision::Admitted => return Ok(Place { gate: self, class }),
                // Come back later: that there is nobody is not known to be so for long.
                Decision::Shed(ShedReason::Deadline) => {
                    return Err(turned_away(RefusalReason::Deadline));
                }
                Decision::Shed(_) => return Err(turned_away(RefusalReason::Busy)),
                Decision::Waits { ticket, until } => {
                    let (sender, told) = oneshot::channel();
                    inner.waiters.insert(ticket, sender);
                    // Somebody else may have had to make room.
                    inner.tell();
                    (Waiter { gate: self, class, ticket, told: Some(told) }, until)
                }
            }
        };
        match waiter.wait(until).await {
            Some(Output::Admit { waited, .. }) => {
                self.record(class, waited);
                Ok(Place { gate: self, class })
            }
            Some(Output::Shed { .. }) | None => Err(turned_away(self.reason(until))),
        }
    }

    /// Why a call that waited in vain did: because nobody is there, if so.
    fn reason(&self, until: Timestamp) -> RefusalReason {
        let waited_to_the_end = until <= clock::now();
        if waited_to_the_end && self.inner().pool.is_out() {
            RefusalReason::NoUpstream
        } else {
            RefusalReason::Busy
        }
    }

    fn record(&self, class: Class, waited: Span) {
        if let Some(delays) = self.delays.get(class as usize) {
            delays.observe(Duration::from_nanos(waited.as_nanos()).as_secs_f64());
        }
    }

    /// Learns how the upstreams are and what they did, and sets how much each may have under way.
    pub(crate) fn adapt(&self, now: Timestamp, core: &mut Chain) {
        let upstreams = core.settings().upstreams.len();
        let looks: Vec<_> = (0..=u8::MAX)
            .take(upstreams)
            .map(UpstreamId)
            .map(|id| (id, core.standing(now, id), core.take_load(id)))
            .collect();
        let mut inner = self.inner();
        for (id, standing, load) in looks {
            let sample = Sample {
                answered: &load.answered,
                failed: load.failed,
                given_up: load.given_up,
                throttled: load.throttled,
                peak: load.peak,
            };
            let room = inner.pool.observe(now, id.index(), condition(standing), &sample);
            core.set_room(id, room);
        }
        let capacity = inner.pool.capacity();
        inner.admission.set_capacity(now, capacity);
        inner.admission.on_wake(now);
        inner.tell();
    }

    /// What it looks like now.
    pub(crate) fn snapshot(&self) -> AdmissionSnapshot {
        let inner = self.inner();
        let classes = Class::ALL.map(|class| AdmissionClass {
            name: class_name(class),
            waiting: inner.admission.waiting_of(class),
            counts: *inner.admission.counts(class),
        });
        AdmissionSnapshot {
            places: inner.admission.capacity(),
            taken: inner.admission.in_use(),
            waiting: inner.admission.waiting(),
            shed: classes.iter().map(|class| class.counts.shed()).sum(),
            classes: classes.to_vec(),
        }
    }

    fn release(&self, class: Class) {
        let now = clock::now();
        let mut inner = self.inner();
        inner.admission.release(now, class);
        inner.tell();
    }
}

/// The refusal of a call that was not let in.
const fn turned_away(reason: RefusalReason) -> Refusal {
    Refusal { reason, attempts: 0, may_have_taken_effect: false }
}

const fn condition(standing: Standing) -> Condition {
    match standing {
        Standing::Serving => Condition::Serving,
        Standing::Doubtful => Condition::Doubtful,
        Standing::Paused => Condition::Resting,
        Standing::Out => Condition::Away,
    }
}

/// The right to be under way; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    gate: &'a Gate,
    class: Class,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.release(self.class);
    }
}

/// A call that waits for its turn.
struct Waiter<'a> {
    gate: &'a Gate,
    class: Class,
    ticket: Ticket,
    /// `None` once the word has come.
    told: Option<oneshot::Receiver<Output>>,
}

impl Waiter<'_> {
    /// Waits for the word, or brings it about when the time is up.
    async fn wait(&mut self, until: Timestamp) -> Option<Output> {
        let told = self.told.as_mut()?;
        let output = task::select! {
            biased;
            output = &mut *told => output.ok(),
            () = clock::sleep_until(until) => {
                let mut inner = self.gate.inner();
                inner.admission.on_wake(clock::now().max(until));
                inner.tell();
                told.try_recv().ok()
            }
        };
        self.told = None;
        output
    }
}

impl Drop for Waiter<'_> {
    /// A client that leaves keeps nobody waiting, and leaves no place behind that nobody uses.
    fn drop(&mut self) {
        let Some(mut told) = self.told.take() else { return };
        let mut inner = self.gate.inner();
        if inner.waiters.remove(&self.ticket).is_some() {
            inner.admission.leave(self.ticket);
            return;
        }
        drop(inner);
        if let Ok(Output::Admit { .. }) = told.try_recv() {
            self.gate.release(self.class);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_client() {
        // With every address of its network a client would have as many turns as it likes.
        let at = |text: &str| ClientId::at(text.parse().expect("an address"));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(at("192.0.2.1"), at("::ffff:192.0.2.1"));
    }
}
