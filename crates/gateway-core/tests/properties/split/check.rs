//! What must hold at every step of a world that splits.

use std::collections::BTreeMap;

use gateway_core::{BlockRef, Ground};

use super::oracle::{Roll, Standing};
use super::{SplitWorld, secs};
use crate::simulator::{MILLI, SECOND};

/// How a fork stands, as the gateway says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Undecided,
    Won(u8, Ground),
}

/// What the checks remember of one fork.
#[derive(Debug, Default)]
struct Watched {
    /// The roll of the contest that is held here, and when its branches were said to have parted.
    roll: Option<(u64, Roll)>,
    /// Since when each side, and two of them, one of more than two blocks, have been shown; and when two were first.
    sides: BTreeMap<u8, u64>,
    shown_since: Option<u64>,
    /// For how long two such sides were shown, up to when the one that was shown less lately was.
    shown_for: u64,
    shown_first: Option<u64>,
    /// What the rule says, since when without a break.
    says: Option<(Says, u64)>,
    status: Option<Status>,
    /// Whether the head has left all its branches, for one that leaves below.
    left: bool,
}

/// What the gateway says of a fork, by its block's number.
#[derive(Clone, Copy, Debug)]
enum News {
    Won(u64, u8, Ground),
    Over(u64),
    Overruled(u64),
    /// A reorg has taken the head to a block of this number on this line, be it for a moment.
    GoneTo(u64, u8),
}

/// What the rule requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Winner(u8, &'static str),
    Nobody,
    NoContest,
}

/// The rule as it is watched.
#[derive(Debug, Default)]
pub(super) struct Rule {
    forks: BTreeMap<usize, Watched>,
    head: Option<BlockRef>,
    undecided: bool,
    /// The side that the operator has just named.
    pub(super) commanded: Option<u8>,
    /// Whether something was said since the last look, and what of decisions.
    pub(super) stirred: bool,
    news: Vec<News>,
    looked_at: u64,
}

impl Rule {
    /// Reads an event, such as "split at block 12 (0x00000000): the branch of 13 (0x00000001) is followed by votes: …".
    pub(super) fn read(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |place: usize| words.get(place).and_then(|word| word.parse::<u64>().ok());
        let line = |place: usize| {
            let hash = words.get(place)?.trim_matches(['(', ')']).strip_prefix("0x")?;
            u8::from_str_radix(hash, 16).ok()
        };
        if text.starts_with("reorg of ") {
            self.news.extend(number(7).zip(line(8)).map(|(to, line)| News::GoneTo(to, line)));
        } else if text.starts_with("split at block ") {
            let name = words.get(13).map_or("", |word| word.trim_end_matches(':'));
            let grounds = [Ground::Votes, Ground::Finality, Ground::Trust, Ground::Command];
            let ground = grounds.into_iter().find(|ground| ground.name() == name);
            let won = number(3).zip(line(9)).zip(ground);
            self.news.extend(won.map(|((fork, line), ground)| News::Won(fork, line, ground)));
        } else if text.starts_with("the split at block ") {
            self.news.extend(number(4).map(News::Over));
        } else if text.starts_with("finality overrules the decision at block ") {
            self.news.extend(number(6).map(News::Overruled));
        }
    }
}

impl SplitWorld {
    /// The head moves only to a descendant, but for a reorg that is told; and never to a branch that lost.
    pub(super) fn check_head(&mut self, reorg: bool) {
        let Some(view) = self.chain.view() else { return };
        let (head, last) = (view.head, self.rule.head.replace(view.head));
        if let Some(last) = last.filter(|last| *last != head && !reorg) {
            self.require(self.plan.blocks.holds(head, last), || {
                format!("head {head} does not follow {last}, and no reorg was told")
            });
        }
        for (place, watched) in &mut self.rule.forks {
            watched.left |= !self.plan.blocks.holds(head, self.plan.forks[*place].block);
        }
        if view.undecided != self.rule.undecided {
            (self.rule.undecided, self.rule.stirred) = (view.undecided, true);
        }
    }

    /// Holds what the gateway makes of the branches against what the rule says.
    pub(super) fn check_rule(&mut self) {
        if self.now > self.plan.end {
            return;
        }
        self.note_back();
        for fork in 0..self.plan.forks.len() {
            self.note_shown(fork);
        }
        let due = self.now >= self.rule.looked_at + self.plan.block_time;
        if std::mem::take(&mut self.rule.stirred) || due {
            self.rule.looked_at = self.now;
            self.look();
        }
        self.rule.commanded = None;
        self.note_lost();
        for fork in 0..self.plan.forks.len() {
            self.check_says(fork);
        }
    }

    /// Since when two sides of a fork have been shown by upstreams that are there.
    fn note_shown(&mut self, fork: usize) {
        let seen = self.seen();
        let mut lengths: BTreeMap<u8, u64> = BTreeMap::new();
        let mut last: BTreeMap<u8, u64> = BTreeMap::new();
        for (side, voters) in seen.sides(&self.plan.forks[fork]) {
            let there = |voter: &&usize| seen.is_fresh(**voter) && self.told[**voter].lost < 2;
            let fresh = || voters.iter().filter(there);
            let heads = fresh().filter_map(|voter| self.told[*voter].head).max();
            last.extend(fresh().map(|voter| self.told[*voter].head_at).max().map(|at| (side, at)));
            if let Some(head) = heads {
                lengths.insert(side, head.number - self.plan.forks[fork].block.number);
            }
        }
        let now = self.now;
        let watched = self.rule.forks.entry(fork).or_default();
        watched.sides.retain(|side, _| lengths.contains_key(side));
        for side in lengths.keys() {
            watched.sides.entry(*side).or_insert(now);
        }
        let all = || watched.sides.iter();
        let pairs = all().flat_map(|one| all().map(move |other| (one, other)));
        let long = |side: &u8| lengths[side] > 2;
        let pairs: Vec<(u64, u64)> = pairs
            .filter(|((one, _), (other, _))| one < other && (long(one) || long(other)))
            .map(|((one, a), (other, b))| (*a.max(b), last[one].min(last[other])))
            .collect();
        watched.shown_since = pairs.iter().map(|(since, _)| *since).min();
        let shown_for = pairs.iter().map(|(since, until)| until.saturating_sub(*since));
        watched.shown_for = shown_for.max().unwrap_or(0);
        if watched.sides.len() > 1 {
            watched.shown_first.get_or_insert(now);
        }
    }

    /// Looks at what the gateway says it has decided, and at the contest that it holds, if it holds one.
    fn look(&mut self) {
        let snapshot = self.chain.snapshot(self.time());
        let open = snapshot.contest.as_ref().filter(|contest| contest.ground.is_none());
        self.require(self.chain.view().is_none_or(|view| view.undecided == open.is_some()), || {
            "clients are not told that nobody has won, or are although somebody has".to_owned()
        });
        let shown = snapshot
            .contest
            .as_ref()
            .map(|contest| (self.place(contest.fork.number), contest.parted_at.as_nanos()));
        for news in std::mem::take(&mut self.rule.news) {
            self.take_news(news, shown);
        }
        let open = open.and(shown);
        for place in 0..self.plan.forks.len() {
            let before = self.rule.forks[&place].status;
            match open.filter(|(fork, _)| *fork == place) {
                Some((_, parted)) => {
                    self.take_roll(place, parted);
                    self.change(place, Some(Status::Undecided));
                }
                None if before == Some(Status::Undecided) => self.change(place, None),
                None => {}
            }
        }
    }

    /// Which fork is at a number.
    fn place(&self, number: u64) -> usize {
        let place = self.plan.forks.iter().position(|fork| fork.block.number == number);
        place.unwrap_or_else(|| self.fail(&format!("nobody parted at block {number}")))
    }

    fn take_news(&mut self, news: News, shown: Option<(usize, u64)>) {
        match news {
            News::Won(number, side, ground) => {
                let place = self.place(number);
                if let Some((_, parted)) = shown.filter(|(fork, _)| *fork == place) {
                    self.take_roll(place, parted);
                } else if self.rule.forks[&place].roll.is_none() {
                    let parted = self.rule.forks[&place].shown_since.unwrap_or(self.now);
                    self.take_roll(place, parted);
                }
                self.change(place, Some(Status::Won(side, ground)));
            }
            News::Over(number) => self.change(self.place(number), None),
            News::GoneTo(number, line) => {
                for (place, watched) in &mut self.rule.forks {
                    let fork = &self.plan.forks[*place];
                    watched.left |= number > fork.block.number && fork.side_of(line).is_none();
                }
            }
            News::Overruled(number) => {
                // What was decided above is void.
                for (place, watched) in &mut self.rule.forks {
                    if self.plan.forks[*place].block.number > number {
                        (watched.status, watched.roll) = (None, None);
                        self.lost.retain(|_, (fork, ..)| fork != place);
                    }
                }
            }
        }
    }

    fn change(&mut self, place: usize, status: Option<Status>) {
        let before = self.rule.forks[&place].status;
        if before == status {
            return;
        }
        self.check_change(place, before, status);
        let watched = self.rule.forks.entry(place).or_default();
        (watched.status, watched.left, watched.says) = (status, false, None);
        if status.is_none() {
            watched.roll = None;
        }
    }

    /// Freezes the roll of a contest that is new.
    fn take_roll(&mut self, place: usize, parted: u64) {
        let watched = &self.rule.forks[&place];
        if watched.roll.is_some() && watched.status.is_some() {
            return;
        }
        let first = watched.shown_first;
        self.require(first.is_some_and(|first| first <= parted), || {
            format!("said to have parted at {} s, but that was not shown yet", secs(parted))
        });
        let roll = self.roll_of(parted);
        self.rule.forks.entry(place).or_default().roll = Some((parted, roll));
    }

    /// The roll as of when branches parted; shortly after the start everyone is only just being heard.
    fn roll_of(&self, parted: u64) -> Roll {
        let starting = parted - self.plan.start < 30 * SECOND;
        let height = self.chain.view().map_or(0, |view| view.head.number);
        self.seen().roll(if starting { self.now } else { parted }, height)
    }

    /// GW-7: a branch wins only by the rule, and a winner changes only by finality or the operator's command.
    fn check_change(&mut self, place: usize, before: Option<Status>, after: Option<Status>) {
        let won = |status: Option<Status>| match status {
            Some(Status::Won(side, ground)) => Some((side, ground)),
            Some(Status::Undecided) | None => None,
        };
        match (won(before), won(after)) {
            (Some((old, _)), Some((new, ground))) if old != new => {
                let allowed = matches!(ground, Ground::Finality | Ground::Command);
                self.require(allowed, || format!("the winner {old} became {new} by {ground:?}"));
            }
            (Some((old, _)), None) => {
                let back = self.lost.values().all(|(fork, ..)| *fork != place);
                // What was decided above a branch that all have left is void.
                let void = self.rule.forks[&place].left;
                self.require(after.is_none() && (back || void), || {
                    format!("what {old} had won is open again: {after:?}, {:?}", self.lost)
                });
            }
            (_, _) => {}
        }
        if after.is_none() {
            self.lost.retain(|_, (fork, ..)| *fork != place);
        }
        let Some((side, ground)) = won(after) else {
            if after.is_some() {
                self.tally("undecided");
            }
            return;
        };
        self.check_win(place, side, ground, before == Some(Status::Undecided));
        self.mark_losers(place, side);
    }

    fn check_win(&mut self, place: usize, side: u8, ground: Ground, open: bool) {
        self.tally(match ground {
            Ground::Votes => "won by votes",
            Ground::Finality => "won by finality",
            Ground::Trust => "won by trust",
            Ground::Command => "won by command",
        });
        if ground == Ground::Command {
            let named = self.rule.commanded;
            self.require(named == Some(side), || format!("commanded {named:?}, followed {side}"));
            return;
        }
        let watched = &self.rule.forks[&place];
        let Some((_, roll)) = &watched.roll else { self.fail("a winner without a roll") };
        let mut seen = self.seen();
        // Those who had lost before are heard where finality changes the winner.
        let nobody = BTreeMap::new();
        let decided = matches!(watched.status, Some(Status::Won(..)));
        if decided {
            seen.lost = &nobody;
        }
        let standing = seen.standing(&self.plan.forks[place], roll, (open, decided));
        let elected = standing.may.contains(&(side, ground.name()));
        self.require(elected, || {
            format!(
                "split: side {side} won by {ground:?}, but the rule says {standing:?} of {roll:?}"
            )
        });
    }

    /// Whoever stands on another branch than the one that won has lost.
    fn mark_losers(&mut self, place: usize, won: u8) {
        // Those who had lost before and were right after all are on no probation.
        for (voter, (fork, side, _)) in &self.lost {
            if *fork == place && *side == won {
                self.told[*voter].back_at = None;
            }
        }
        self.lost.retain(|_, (fork, ..)| *fork != place);
        let sides: Vec<_> = self.seen().sides(&self.plan.forks[place]).into_iter().collect();
        for (side, voters) in sides.into_iter().filter(|(side, _)| *side != won) {
            self.lost.extend(voters.into_iter().map(|voter| (voter, (place, side, 0))));
        }
    }

    /// Who shows a head on the branch that won again.
    fn note_back(&mut self) {
        let height = self.rule.head.map_or(0, |head| head.number);
        for (voter, told) in self.told.iter_mut().enumerate() {
            let Some((place, ..)) = self.lost.get(&voter).copied() else { continue };
            let Some(Status::Won(won, _)) = self.rule.forks[&place].status else { continue };
            let side = told.head.and_then(|head| self.plan.forks[place].side(head));
            if side == Some(won) {
                self.lost.remove(&voter);
                told.back_at = Some(height);
            }
        }
    }

    /// Who shows a head on a branch that lost.
    fn note_lost(&mut self) {
        for (place, watched) in &self.rule.forks {
            let Some(Status::Won(won, _)) = watched.status else { continue };
            for (voter, told) in self.told.iter().enumerate() {
                let side = told.head.and_then(|head| self.plan.forks[*place].side(head));
                if let Some(side) = side.filter(|side| *side != won) {
                    // Whether it is, is seen once its parents are known.
                    let sure = self.now + 2 * self.plan.block_time + 2 * SECOND;
                    self.lost.entry(voter).or_insert((*place, side, sure));
                }
            }
        }
    }

    /// What the rule has said for a while has come about: within five block times after two branches are seen.
    fn check_says(&mut self, place: usize) {
        let says = self.says(place);
        let now = self.now;
        let watched = self.rule.forks.entry(place).or_default();
        watched.says = match (says, watched.says) {
            (Some(new), Some((old, since))) if new == old => Some((old, since)),
            (new, _) => new.map(|new| (new, now)),
        };
        // Where headers are lost on their way, or take long, those who changed branches are believed on the old one
        // until the new one is known.
        let slow = |voter: &super::voter::Voter| voter.loss > 0 || voter.latency > 40 * MILLI;
        let calm = !self.plan.voters.iter().any(slow) && says != Some(Says::NoContest);
        let block_time = self.plan.block_time;
        let patience = if calm { block_time } else { 3 * block_time + 2 * SECOND };
        let (says, since) = match watched.says {
            Some((says, since)) if now - since > patience => (says, since),
            Some(_) | None => return,
        };
        let status = watched.status;
        let holds = match (says, status) {
            (Says::Winner(side, _), Some(Status::Won(won, _))) if side == won => true,
            // Decided before, on what was known then; or by the operator, who is not overruled.
            (Says::Winner(_, ground), Some(Status::Won(_, by))) => {
                ground != Ground::Finality.name() || by == Ground::Command
            }
            (Says::Winner(..), Some(Status::Undecided) | None) => false,
            (Says::Nobody, status) => status.is_some(),
            (Says::NoContest, status) => status != Some(Status::Undecided),
        };
        self.require(holds, || {
            let since = (now - since) as f64 / self.plan.block_time as f64;
            format!(
                "fork {place}: the rule says {says:?} for {since:.1} block times, but {status:?}"
            )
        });
    }

    /// What the rule says on a fork now, where it says something for certain.
    fn says(&self, place: usize) -> Option<Says> {
        let watched = &self.rule.forks[&place];
        let lower = self.rule.forks.range(..place).any(|(_, lower)| {
            lower.sides.len() > 1 && !matches!(lower.status, Some(Status::Won(..)))
        });
        if lower || self.chain.view().is_none() {
            return None;
        }
        let open = watched.status == Some(Status::Undecided);
        // Branches that are shown no more are not apart for longer than they were shown.
        let ripe = watched.shown_since.filter(|_| watched.shown_for > 2 * self.plan.block_time);
        let roll = match &watched.roll {
            Some((_, roll)) => roll.clone(),
            None => self.roll_of(ripe?),
        };
        let decided = matches!(watched.status, Some(Status::Won(..)));
        let mut seen = self.seen();
        let nobody = BTreeMap::new();
        if decided {
            seen.lost = &nobody;
        }
        let standing: Standing = seen.standing(&self.plan.forks[place], &roll, (open, decided));
        if standing.moot {
            return None;
        }
        if decided {
            let (side, ground) = standing.must?;
            return Some(Says::Winner(side, ground));
        }
        if standing.contenders.len() < 2 {
            return Some(Says::NoContest);
        }
        if !open && ripe.is_none() {
            return None;
        }
        match standing.must {
            Some((side, ground)) => Some(Says::Winner(side, ground)),
            None => standing.may.is_empty().then_some(Says::Nobody),
        }
    }
}
