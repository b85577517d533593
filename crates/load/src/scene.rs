//! The crowd of a venue's worst day, in proportion to what it can do.

use units::Span;

use crate::ask::Ask;
use crate::door::Way;
use crate::holder::Holder;
use crate::plan::{Class, Group, Insist};
use crate::stage::Troupe;

/// How much is asked of a venue.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// What it can do in a second.
    pub capacity: u32,
    /// How many times that is offered.
    pub times: u32,
    /// How much of what it can do are requests that cut risk, in hundredths; each is another one, and those that are
    /// asked again are not counted.
    pub reduce_percent: u32,
    /// Connections of a client that trades or asks over HTTP, and what one has under way on a socket: what a client has
    /// who does not wait for one answer before he asks the next.
    pub lines: usize,
}

/// A client that trades waits so long: what comes later is of no use to him.
const PATIENCE: Span = Span::from_secs(1);

/// Whoever wants to get out waits as long as a request holds.
const PATIENCE_OUT: Span = Span::from_secs(5);

/// He asks again after a third of a second.
const INSIST: Insist = Insist { every: Span::from_millis(330), for_long: Span::from_secs(5) };

/// The parts of what is not about cutting risk, in hundredths: those who pretend, those who send as much and do not,
/// those who trade over HTTP, those who trade over sockets, those who ask.
const PARTS: [u32; 5] = [16, 16, 24, 24, 20];

/// One in so many of those who close comes over a socket that is open already.
const WIRED: usize = 4;

/// Those who close: over sockets, and over HTTP. Each of the two groups asks in the order of these.
#[must_use]
pub fn who_close(troupe: &Troupe) -> (&[Holder], &[Holder]) {
    troupe.closers.split_at(troupe.closers.len() / WIRED)
}

/// The groups of a scene. Closing goes on for as long as there are positions: those who close have one each.
#[must_use]
pub fn groups(scene: &Scene, troupe: &Troupe) -> Vec<Group> {
    let percent = |whole: u32, part: u32| {
        let part = u64::from(whole).saturating_mul(u64::from(part)).checked_div(100);
        part.and_then(|part| u32::try_from(part).ok()).unwrap_or(u32::MAX)
    };
    let reduce = percent(scene.capacity, scene.reduce_percent);
    let rest = scene.capacity.saturating_mul(scene.times).saturating_sub(reduce);
    let (closing, cancelling) = (reduce.div_ceil(2), reduce / 2);
    let (wired, others) = who_close(troupe);
    let by_wire = closing / u32::try_from(WIRED).unwrap_or(1);
    let out = |name: &str, ask, way, holders: &[_], names, per_second| Group {
        name: name.to_owned(),
        class: Class::Reduce,
        asks: vec![ask],
        holders: holders.to_vec(),
        names,
        per_second,
        lines: 1,
        way,
        patience: PATIENCE_OUT,
        insist: Some(INSIST),
    };
    let crowd = |name: &str, class, asks: &[Ask], holders: &[_], way, part| Group {
        name: name.to_owned(),
        class,
        asks: asks.to_vec(),
        holders: holders.to_vec(),
        names: 1,
        per_second: percent(rest, part),
        lines: scene.lines,
        way,
        patience: PATIENCE,
        insist: None,
    };
    let (new, query) = (Class::NewRisk, Class::Query);
    let dressed = [Ask::FalselyReducing, Ask::TurningAround];
    let [pretend, equal, trade, wire, ask] = PARTS;
    vec![
        out("close", Ask::Close, Way::Http, others, 1, closing.saturating_sub(by_wire)),
        out("close over sockets", Ask::Close, Way::Socket, wired, 1, by_wire),
        out("cancel", Ask::Cancel, Way::Http, &troupe.cancellers, troupe.orders, cancelling),
        crowd("pretend", new, &dressed, &troupe.abusers, Way::Http, pretend),
        crowd("as many, honest", new, &[Ask::NewRisk], &troupe.equals, Way::Http, equal),
        crowd("trade", new, &[Ask::NewRisk], &troupe.traders, Way::Http, trade),
        crowd("trade over sockets", new, &[Ask::NewRisk], &troupe.wired, Way::Socket, wire),
        crowd("ask", query, &[Ask::Query], &troupe.askers, Way::Http, ask),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_offered_as_the_scene_says() {
        // A hundred times of a table that is eighty times would flatter the venue.
        let rates = |times, reduce_percent| {
            let scene = Scene { capacity: 500, times, reduce_percent, lines: 8 };
            let groups = groups(&scene, &Troupe::default());
            let of = |class| {
                groups
                    .iter()
                    .filter(|group| group.class == class)
                    .map(|group| group.per_second)
                    .sum::<u32>()
            };
            [of(Class::Reduce), of(Class::NewRisk), of(Class::Query)]
        };
        assert_eq!(rates(100, 60), [300, 39_760, 9_940]);
        assert_eq!(rates(1, 10), [50, 360, 90]);
    }
}
