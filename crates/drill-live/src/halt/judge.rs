//! Who was misled: pure arithmetic over what clients were answered.

use std::collections::BTreeMap;

use incident::{Outcome, Series};

/// Blocks behind the chain's head from which on an answer is old. Source: what the gateway itself lets an upstream lag.
const OLD_BLOCKS: u64 = 3;

/// What went on when a question was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The nodes of one provider fail, and the chain goes on.
    Alone,
    /// The chain stands.
    Stands,
    /// It goes on again.
    Back,
}

/// A question and its answer.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Seconds since the run began.
    pub(super) at: f64,
    pub(super) phase: Phase,
    /// The chain's newest block then.
    pub(super) head: u64,
    /// Nothing where there was no answer.
    pub(super) answer: Option<Answer>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) number: u64,
    pub(super) hash: String,
    /// Whether the gateway said that the chain stands.
    pub(super) labelled: bool,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub(super) samples: Vec<Sample>,
    /// The chain's blocks by number.
    pub(super) blocks: BTreeMap<u64, String>,
    /// When the last block was made before the chain stood, and when it went on.
    pub(super) stood: Option<(f64, f64)>,
}

impl Log {
    /// By how many blocks answers were behind the chain.
    pub(super) fn lag(&self) -> Series {
        let points = self.samples.iter().filter_map(|sample| {
            let number = sample.answer.as_ref()?.number;
            Some((sample.at, sample.head.saturating_sub(number) as f64))
        });
        let name = "answers behind the chain's head, measured";
        Series::new("lag", name, "blocks", points.collect())
    }

    /// Whether an answer is old or of another branch.
    fn is_wrong(&self, sample: &Sample, answer: &Answer) -> bool {
        let other = self.blocks.get(&answer.number).is_some_and(|hash| *hash != answer.hash);
        other || answer.number.saturating_add(OLD_BLOCKS) < sample.head
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Judged {
    /// Shares of answers while one provider failed alone.
    pub(super) alone_misled: f64,
    wrong: f64,
    false_alarm: f64,
    /// Seconds until it was said that the chain stands; none where it never was, or the chain did not stand.
    announced: Option<f64>,
    /// Shares of answers while the chain stood; the second from when it was first said.
    labelled: Option<f64>,
    unlabelled_after: f64,
    back: Option<f64>,
    unanswered: f64,
}

impl Judged {
    pub(super) fn of(log: &Log) -> Self {
        let answers = |phase: Phase| {
            let of = log.samples.iter().filter(move |sample| sample.phase == phase);
            of.filter_map(|sample| sample.answer.as_ref().map(|answer| (sample, answer)))
        };
        let count = |phase: Phase, holds: &dyn Fn(&Sample, &Answer) -> bool| {
            let of = answers(phase).filter(|(sample, answer)| holds(sample, answer)).count();
            share(of, answers(phase).count())
        };
        let wrong = |sample: &Sample, answer: &Answer| log.is_wrong(sample, answer);
        let first = answers(Phase::Stands).find(|(_, answer)| answer.labelled);
        let first = first.map(|(sample, _)| sample.at);
        let after = |sample: &Sample| first.is_some_and(|first| sample.at >= first);
        let later = answers(Phase::Stands).filter(|(sample, _)| after(sample)).count();
        let silent = answers(Phase::Stands).filter(|(it, answer)| after(it) && !answer.labelled);
        let stands = log.samples.iter().filter(|sample| sample.phase == Phase::Stands);
        let stood_at = stands.map(|sample| sample.head).max().unwrap_or_default();
        let back = log.stood.and_then(|(_, end)| {
            // The block at which the chain stood is no sign of life, also where nobody calls it that.
            let fresh = |(sample, answer): &(&Sample, &Answer)| {
                !answer.labelled && !log.is_wrong(sample, answer) && answer.number > stood_at
            };
            Some(answers(Phase::Back).find(fresh)?.0.at - end)
        });
        let unanswered = log.samples.iter().filter(|sample| sample.answer.is_none()).count();
        Self {
            alone_misled: count(Phase::Alone, &|sample, answer| {
                answer.labelled || wrong(sample, answer)
            }),
            wrong: count(Phase::Alone, &wrong),
            false_alarm: count(Phase::Alone, &|_, answer| answer.labelled),
            announced: log.stood.and_then(|(begin, _)| Some((first? - begin).max(0.0))),
            labelled: log.stood.map(|_| count(Phase::Stands, &|_, answer| answer.labelled)),
            unlabelled_after: share(silent.count(), later),
            back,
            unanswered: share(unanswered, log.samples.len()),
        }
    }

    /// Minutes of a stall of so many in which nobody was told of it.
    pub(super) fn stall_misled(&self, minutes: f64) -> f64 {
        let Some(announced) = self.announced else { return minutes };
        let until = (announced / 60.0).min(minutes);
        until + (minutes - until) * self.unlabelled_after
    }

    pub(super) fn put(&self, outcome: &mut Outcome) {
        outcome.figure("wrong_percent", self.wrong * 100.0);
        outcome.figure("false_alarm_percent", self.false_alarm * 100.0);
        outcome.figure("unanswered_percent", self.unanswered * 100.0);
        for (id, value) in [
            ("announced_seconds", self.announced),
            ("labelled_percent", self.labelled.map(|share| share * 100.0)),
            ("back_seconds", self.back),
        ] {
            if let Some(value) = value {
                outcome.figure(id, value);
            }
        }
    }
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: f64, phase: Phase, head: u64, answer: (u64, &str, bool)) -> Sample {
        let (number, hash, labelled) = answer;
        Sample { at, phase, head, answer: Some(Answer { number, hash: hash.to_owned(), labelled }) }
    }

    #[test]
    fn misled_is_who_is_told_less_or_more_than_is_so() {
        // The drill's damage would count a gateway that cries wolf, or one that says nothing, as good.
        let log = Log {
            samples: vec![
                sample(0.0, Phase::Alone, 10, (10, "a", false)),
                sample(1.0, Phase::Alone, 14, (10, "a", false)),
                sample(2.0, Phase::Alone, 14, (14, "x", false)),
                sample(3.0, Phase::Alone, 14, (14, "b", true)),
                sample(10.0, Phase::Stands, 20, (20, "c", false)),
                sample(13.0, Phase::Stands, 20, (20, "c", true)),
                sample(14.0, Phase::Stands, 20, (20, "c", false)),
                sample(15.0, Phase::Back, 20, (20, "c", false)),
                sample(15.0, Phase::Back, 26, (20, "c", true)),
                sample(16.0, Phase::Back, 26, (26, "d", false)),
            ],
            blocks: [(10, "a"), (14, "b"), (20, "c"), (26, "d")]
                .map(|(number, hash)| (number, hash.to_owned()))
                .into(),
            stood: Some((10.0, 15.0)),
        };
        let judged = Judged::of(&log);
        let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(close(judged.alone_misled, 0.75) && close(judged.wrong, 0.5), "{judged:?}");
        assert_eq!((judged.announced, judged.back), (Some(3.0), Some(1.0)));
        // Three seconds, and half of the rest.
        assert!(close(judged.stall_misled(100.05), 0.05 + 50.0));
        assert!(close(Judged::default().stall_misled(7.0), 7.0), "it was never said");
    }
}
