//! Several servers that do the same work: how much each may have under way, and so how many places there are.

use units::{Span, Timestamp};

use crate::limit::{Limit, LimitSettings};
use crate::settings::Mode;
use crate::window::Sample;

/// Places while no server is known to be there: so many look for one, the others wait until one is found.
const SEEKERS: u32 = 16;

/// How long servers may take to be heard of after the start before their coming counts as a return.
const START: Span = Span::from_secs(5);

/// What a server is good for at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It serves.
    Serving,
    /// It is asked where none serves.
    Doubtful,
    /// It is there and wants to be left alone.
    Resting,
    /// It is away.
    Away,
}

/// One server's limit, and how the server was when it was last looked at.
#[derive(Clone, Debug)]
struct Member {
    limit: Limit,
    condition: Condition,
    /// Whether it was ever there.
    known: bool,
    /// What it had under way when it was last looked at.
    under_way: u32,
}

/// The limits of all servers that do the same work.
///
/// The places to be given are what the limits of those that serve add up to, or of the doubtful where none
/// serves. A server that comes back starts at its lowest limit, whatever it bore before. So after an outage
/// of all there are few places at first, and the storm waits outside.
#[derive(Clone, Debug)]
pub struct Pool {
    mode: Mode,
    settings: LimitSettings,
    started_at: Timestamp,
    members: Vec<Member>,
}

impl Pool {
    /// So many servers of which nothing is known.
    #[must_use]
    pub fn new(mode: Mode, settings: LimitSettings, servers: usize, now: Timestamp) -> Self {
        let member = Member {
            limit: Limit::new(settings, now),
            condition: Condition::Away,
            known: false,
            under_way: 0,
        };
        Self { mode, settings, started_at: now, members: vec![member; servers] }
    }

    /// Takes in how a server is and what it did since the last time; how much it may have under way. With
    /// the defence off that is the most there is, always.
    pub fn observe(
        &mut self,
        now: Timestamp,
        server: usize,
        condition: Condition,
        sample: &Sample<'_>,
    ) -> u32 {
        let starting = now.since(self.started_at) < START;
        let Some(member) = self.members.get_mut(server) else { return self.settings.min };
        let was_away = member.condition == Condition::Away;
        member.condition = condition;
        member.under_way = sample.peak;
        if condition != Condition::Away {
            if was_away && (member.known || !starting) {
                member.limit.restart(now);
            }
            member.known = true;
        }
        member.limit.observe(now, sample);
        match (self.mode, condition) {
            (Mode::Fifo, _) => self.settings.max,
            // Enough to find out whether it is back.
            (Mode::Fair, Condition::Away) => self.settings.min,
            (Mode::Fair, Condition::Serving | Condition::Doubtful | Condition::Resting) => {
                member.limit.get()
            }
        }
    }

    /// How many places there are. What hangs at a server that is not counted any more holds no place of those
    /// that are: else the calls that a dead server took along would keep out all others.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        let hanging = |counted: Condition| {
            let others = self.members.iter().filter(|member| member.condition != counted);
            others.fold(0_u32, |sum, member| sum.saturating_add(member.under_way))
        };
        let sum = |condition: Condition| {
            let such = self.members.iter().filter(|member| member.condition == condition);
            such.fold(0_u32, |sum, member| sum.saturating_add(member.limit.get()))
        };
        match (self.mode, sum(Condition::Serving), sum(Condition::Doubtful)) {
            (Mode::Fifo, ..) => {
                let servers = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
                self.settings.max.saturating_mul(servers)
            }
            (Mode::Fair, 0, 0) => SEEKERS,
            (Mode::Fair, 0, doubtful) => doubtful.saturating_add(hanging(Condition::Doubtful)),
            (Mode::Fair, serving, _) => serving.saturating_add(hanging(Condition::Serving)),
        }
    }

    /// Whether no server is known to be there.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.members.iter().all(|member| member.condition == Condition::Away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Sample<'_> =
        Sample { answered: &[], failed: 0, given_up: 0, throttled: 0, peak: 0 };

    fn at(secs: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_secs(3_600 + secs))
    }

    fn pool(mode: Mode) -> Pool {
        Pool::new(mode, LimitSettings::default(), 3, at(0))
    }

    fn look(pool: &mut Pool, secs: u64, conditions: [Condition; 3]) -> [u32; 3] {
        let mut servers = 0..;
        conditions.map(|condition| {
            let server = servers.next().expect("without end");
            pool.observe(at(secs), server, condition, &NOTHING)
        })
    }

    #[test]
    fn what_hangs_at_a_dead_server_keeps_nobody_out() {
        // One of three nodes that hangs would close the gateway until its calls time out.
        let mut pool = pool(Mode::Fair);
        look(&mut pool, 1, [Condition::Serving; 3]);
        let before = pool.capacity();
        let hanging = Sample { peak: 20, ..NOTHING };
        pool.observe(at(2), 2, Condition::Away, &hanging);
        assert_eq!(pool.capacity(), before);
    }

    #[test]
    fn places_are_those_of_who_serves_and_only_else_of_the_doubtful() {
        use Condition::{Away, Doubtful, Resting, Serving};
        let mut pool = pool(Mode::Fair);
        assert_eq!((pool.capacity(), pool.is_out()), (SEEKERS, true));
        assert_eq!(look(&mut pool, 1, [Serving, Serving, Doubtful]), [20, 20, 20]);
        assert_eq!((pool.capacity(), pool.is_out()), (40, false));
        look(&mut pool, 2, [Resting, Doubtful, Doubtful]);
        assert_eq!(pool.capacity(), 40);
        look(&mut pool, 3, [Resting, Away, Away]);
        assert_eq!((pool.capacity(), pool.is_out()), (SEEKERS, false));
    }

    #[test]
    fn the_first_to_return_is_not_met_by_all_who_missed_it() {
        use Condition::{Away, Serving};
        let mut pool = pool(Mode::Fair);
        look(&mut pool, 1, [Serving; 3]);
        assert_eq!(look(&mut pool, 2, [Away; 3]), [4; 3]);
        assert_eq!(look(&mut pool, 9, [Serving, Away, Away]), [4; 3]);
        assert_eq!(pool.capacity(), 4);
        // Also where we were started into the outage.
        let mut pool = self::pool(Mode::Fair);
        look(&mut pool, 1, [Away; 3]);
        assert_eq!(look(&mut pool, 9, [Serving, Away, Away]), [4; 3]);
    }

    #[test]
    fn with_the_defence_off_there_is_no_bound_but_the_largest() {
        let mut pool = pool(Mode::Fifo);
        assert_eq!(look(&mut pool, 9, [Condition::Away; 3]), [1_000; 3]);
        assert_eq!(pool.capacity(), 3_000);
    }
}
