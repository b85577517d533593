//! What a run has shown.

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use units::Span;

use crate::plan::Class;
use crate::tally::Tally;
use crate::watch::Watched;

/// What a run has shown.
#[derive(Clone, Debug)]
pub struct Report {
    /// What drew the times.
    pub seed: u64,
    /// For how long requests were due.
    pub lasts: Span,
    /// The groups in the order of the plan.
    pub groups: Vec<GroupReport>,
    /// Whether the load kept up.
    pub watched: Watched,
}

/// A group of clients.
#[derive(Clone, Debug)]
pub struct GroupReport {
    /// Its name.
    pub name: String,
    /// What its requests are.
    pub class: Class,
    /// What was counted.
    pub figures: Figures,
}

/// Counts and latencies. What is offered is unsent or sent; what is sent is served, late, refused, shed or lost.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Requests that were due.
    pub offered: u64,
    /// Those that were not sent, since the venue took none, before they were of no use.
    pub unsent: u64,
    /// Those that were sent.
    pub sent: u64,
    /// Times that somebody asked again for the same.
    pub repeats: u64,
    /// What was done and told in time.
    pub served: u64,
    /// What was done, and told too late.
    pub late: u64,
    /// What was refused with a reason.
    pub refused: u64,
    /// Of those, in time.
    pub refused_in_time: u64,
    /// What was sent away for overload.
    pub shed: u64,
    /// What got no answer.
    pub lost: u64,
    /// The commonest refusals and sheddings: code and how often.
    pub codes: Vec<(i32, u64)>,
    latencies: Histogram<u64>,
}

impl Figures {
    fn none() -> Self {
        Self::new(&Tally::new(Span::ZERO))
    }

    pub(crate) fn new(tally: &Tally) -> Self {
        let mut codes: Vec<(i32, u64)> =
            tally.refused.iter().chain(&tally.shed).map(|(code, count)| (*code, *count)).collect();
        codes.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self {
            offered: tally.offered,
            unsent: tally.unsent,
            sent: tally.sent,
            repeats: tally.repeats,
            served: tally.served,
            late: tally.late,
            refused: tally.refused.values().sum(),
            refused_in_time: tally.refused_in_time,
            shed: tally.shed.values().sum(),
            lost: tally.lost,
            codes,
            latencies: tally.latencies.clone(),
        }
    }

    /// These and others together.
    fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.offered, other.offered),
            (&mut self.unsent, other.unsent),
            (&mut self.sent, other.sent),
            (&mut self.repeats, other.repeats),
            (&mut self.served, other.served),
            (&mut self.late, other.late),
            (&mut self.refused, other.refused),
            (&mut self.refused_in_time, other.refused_in_time),
            (&mut self.shed, other.shed),
            (&mut self.lost, other.lost),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
        for (code, count) in &other.codes {
            match self.codes.iter_mut().find(|(known, _)| known == code) {
                Some((_, sum)) => *sum = sum.saturating_add(*count),
                None => self.codes.push((*code, *count)),
            }
        }
        // Both have the same bounds, so nothing is left out.
        let _added = self.latencies.add(&other.latencies).is_ok();
    }

    /// The latency that a part of what was done stayed below, from when it was due; `None` where nothing was done.
    #[must_use]
    pub fn latency(&self, quantile: f64) -> Option<Span> {
        let some = !self.latencies.is_empty();
        some.then(|| Span::from_micros(self.latencies.value_at_quantile(quantile)))
    }

    /// The part of what was offered that was done in time.
    #[must_use]
    pub fn served_share(&self) -> f64 {
        share(self.served, self.offered)
    }

    /// Those who were told in time: that it was done, or why not. Being sent away for overload is neither.
    #[must_use]
    pub const fn told(&self) -> u64 {
        self.served.saturating_add(self.refused_in_time)
    }

    fn json(&self) -> Value {
        let millis =
            |quantile| self.latency(quantile).map(|latency| latency.as_micros() as f64 / 1e3);
        json!({
            "offered": self.offered, "unsent": self.unsent, "sent": self.sent, "repeats": self.repeats,
            "served": self.served, "late": self.late, "refused": self.refused, "shed": self.shed, "lost": self.lost,
            "told": self.told(), "served_share": self.served_share(),
            "codes": self.codes.iter().map(|(code, count)| json!({"code": code, "count": count})).collect::<Vec<_>>(),
            "latency_ms": {"p50": millis(0.5), "p90": millis(0.9), "p99": millis(0.99), "p99.9": millis(0.999),
                "max": millis(1.0)},
        })
    }
}

/// One number over another; 0 where there is no other.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Report {
    /// All groups of a class together.
    #[must_use]
    pub fn class(&self, class: Class) -> Figures {
        let mut all = Figures::none();
        for group in self.groups.iter().filter(|group| group.class == class) {
            all.add(&group.figures);
        }
        all
    }

    /// A group by its name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&GroupReport> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// What was done in time of what changes something, in a second: the use that clients had of the engine.
    #[must_use]
    pub fn goodput(&self) -> f64 {
        let of = |class| self.class(class).served;
        let served = of(Class::Reduce).saturating_add(of(Class::NewRisk));
        let seconds = self.lasts.as_millis() as f64 / 1e3;
        if seconds > 0.0 { served as f64 / seconds } else { 0.0 }
    }

    /// All of it as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let group = |group: &GroupReport| json!({"name": group.name, "class": group.class.word(), "figures": group.figures.json()});
        let classes = Class::ALL
            .map(|class| json!({"class": class.word(), "figures": self.class(class).json()}));
        let millis = |span: Span| span.as_micros() as f64 / 1e3;
        json!({
            "seed": self.seed, "seconds": millis(self.lasts) / 1e3, "goodput": self.goodput(),
            "classes": classes, "groups": self.groups.iter().map(group).collect::<Vec<_>>(),
            "load": {
                "void": self.watched.void(), "busy_percent": self.watched.busy_percent(),
                "used_ms": self.watched.used.map(millis), "waited_ms": self.watched.waited.map(millis),
                "lag_p99_ms": millis(self.watched.lag_p99), "lag_max_ms": millis(self.watched.lag_max),
            },
        })
    }
}
