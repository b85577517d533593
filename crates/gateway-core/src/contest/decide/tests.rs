//! The rule over constellations that happened, or that would break a simpler rule.

use super::*;
use crate::contest::roll::Candidate;
use crate::label::Label;
use crate::settings::Votes;

/// An upstream of the roll: its operator, what it runs, and the branch that it stands on now.
struct Stands(usize, &'static str, Option<usize>);

/// What came of it: the winner, or that there is none; and who may not even contest.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Won(usize, Ground),
    Undecided,
    /// Fewer than two branches contest: these are the odd ones out.
    Odd(Vec<usize>),
}

struct Case {
    roll: Vec<Stands>,
    finalized: Vec<(usize, usize)>,
    beacon: Option<usize>,
    trusted: Vec<usize>,
    hear_lone: bool,
    votes: Votes,
}

fn case(roll: Vec<Stands>) -> Case {
    Case {
        roll,
        finalized: Vec::new(),
        beacon: None,
        trusted: Vec::new(),
        hear_lone: false,
        votes: Votes::Operator,
    }
}

impl Case {
    fn roll(&self) -> Roll {
        let candidates: Vec<Candidate> = self
            .roll
            .iter()
            .enumerate()
            .map(|(upstream, Stands(operator, version, _))| {
                let family = version.split('/').next().unwrap_or_default().to_ascii_lowercase();
                let label = Some(Label::new(&family, false, version));
                let trusted = self.trusted.contains(&upstream);
                Candidate { upstream, operator: *operator, label, trusted }
            })
            .collect();
        Roll::freeze(&candidates, self.votes)
    }

    fn came(&self) -> Came {
        let roll = self.roll();
        let branches = self.roll.iter().filter_map(|stands| stands.2).max().map_or(0, |b| b + 1);
        let evidence: Vec<Evidence> = (0..branches)
            .map(|branch| {
                let on = |(_, stands): &(usize, &Stands)| stands.2 == Some(branch);
                let voting: Vec<usize> =
                    self.roll.iter().enumerate().filter(on).map(|(index, _)| index).collect();
                let finalized = self.finalized.iter().filter(|(_, on)| *on == branch);
                Evidence {
                    seen: voting.clone(),
                    voting,
                    finalized: finalized.map(|(operator, _)| *operator).collect(),
                    beacon: self.beacon == Some(branch),
                    stub: false,
                }
            })
            .collect();
        let contend = contenders(&roll, &evidence, self.hear_lone);
        if contend.iter().filter(|contends| **contends).count() < 2 {
            let odd = contend.iter().enumerate().filter(|(_, contends)| !**contends);
            return Came::Odd(odd.map(|(branch, _)| branch).collect());
        }
        let kept: Vec<usize> = (0..branches).filter(|branch| contend[*branch]).collect();
        let evidence: Vec<Evidence> = kept.iter().map(|branch| evidence[*branch].clone()).collect();
        match decide(&roll, &evidence) {
            Decision::Won(position, ground, _) => Came::Won(kept[position], ground),
            Decision::Undecided(_) => Came::Undecided,
        }
    }
}

const A: Option<usize> = Some(0);
const B: Option<usize> = Some(1);
const NOWHERE: Option<usize> = None;

fn check(roll: Vec<Stands>, expect: &Came) {
    assert_eq!(case(roll).came(), *expect);
}

#[test]
fn three_geths_lose_to_two_other_clients() {
    // Infura on 2020-11-11: most endpoints ran the client with the bug, and every count of endpoints follows it.
    let roll = vec![
        Stands(0, "Geth/v1.9.13", A),
        Stands(1, "Geth/v1.9.13", A),
        Stands(2, "Geth/v1.9.9", A),
        Stands(3, "Nethermind/v1.9.0", B),
        Stands(4, "besu/v20.10.1", B),
    ];
    check(roll, &Came::Won(1, Ground::Votes));
}

#[test]
fn a_count_of_endpoints_follows_the_three_geths() {
    // The comparison would praise the rule for what a count of endpoints does as well.
    let roll = || {
        vec![
            Stands(0, "Geth/v1.9.13", A),
            Stands(1, "Geth/v1.9.13", A),
            Stands(2, "Geth/v1.9.9", A),
            Stands(3, "Nethermind/v1.9.0", B),
            Stands(4, "besu/v20.10.1", B),
        ]
    };
    let by_endpoint = Case { votes: Votes::Endpoint, ..case(roll()) };
    assert_eq!(by_endpoint.came(), Came::Won(0, Ground::Votes));
    assert_eq!(case(roll()).came(), Came::Won(1, Ground::Votes));
}

#[test]
fn a_lone_dissenter_is_odd_unless_it_is_to_be_heard() {
    // One broken or hostile provider would stop the gateway whenever it liked.
    let roll = || {
        let mut roll: Vec<Stands> = (0..5).map(|op| Stands(op, "Geth/v1.9.13", A)).collect();
        roll.push(Stands(5, "besu/v20.10.1", B));
        roll
    };
    check(roll(), &Came::Odd(vec![1]));
    assert_eq!(Case { hear_lone: true, ..case(roll()) }.came(), Came::Undecided);
    let trusted = Case { trusted: vec![5], ..case(roll()) };
    assert_eq!(trusted.came(), Came::Won(1, Ground::Trust));
}

#[test]
fn an_unknown_client_alone_is_odd_however_many_endpoints_it_has() {
    // Ten endpoints of one provider would outvote two independent ones.
    let mut roll = vec![Stands(0, "Geth/v1.13.0", A), Stands(1, "besu/v24.1.0", A)];
    roll.extend((0..10).map(|_| Stands(2, "BlockyProxy/v3", B)));
    check(roll, &Came::Odd(vec![1]));
}

#[test]
fn versions_of_one_client_decide_nothing_before_finality_does() {
    // Counting endpoints, the three that were not upgraded would win.
    let roll = || {
        let mut roll: Vec<Stands> = (0..3).map(|op| Stands(op, "Geth/v1.9.13", A)).collect();
        roll.extend((3..5).map(|op| Stands(op, "Geth/v1.9.23", B)));
        roll
    };
    check(roll(), &Came::Undecided);
    let finalized = vec![(3, 1), (4, 1)];
    assert_eq!(Case { finalized, ..case(roll()) }.came(), Came::Won(1, Ground::Finality));
    let by_one = vec![(3, 1)];
    assert_eq!(Case { finalized: by_one, ..case(roll()) }.came(), Came::Undecided);
    let both = vec![(0, 0), (1, 0), (3, 1), (4, 1)];
    assert_eq!(Case { finalized: both, ..case(roll()) }.came(), Came::Undecided);
    let beacon = Case { beacon: Some(0), ..case(roll()) };
    assert_eq!(beacon.came(), Came::Won(0, Ground::Finality));
}

#[test]
fn two_versions_with_one_bug_do_not_outvote_most_operators() {
    // A bug is in many releases before it is found: each would have a vote of its own, and two operators with two of
    // them would win over three.
    let roll = |fourth, fifth| {
        vec![
            Stands(0, "Geth/v1.9.9", A),
            Stands(0, "Geth/v1.9.13", A),
            Stands(1, "Geth/v1.9.13", A),
            Stands(2, "Geth/v1.9.23", B),
            Stands(3, fourth, B),
            Stands(4, fifth, B),
        ]
    };
    check(roll("Geth/v1.9.23", "Geth/v1.9.23"), &Came::Undecided);
    // With most of the operators and most of the versions there is nothing to say against it.
    check(roll("Geth/v1.9.24", "Geth/v1.9.25"), &Came::Won(1, Ground::Votes));
}

#[test]
fn operators_decide_where_all_run_the_same_release() {
    // A sole class scaled down to one vote would leave every contest undecided.
    let mut roll: Vec<Stands> = (0..3).map(|op| Stands(op, "Geth/v1.13.0", A)).collect();
    roll.extend((3..5).map(|op| Stands(op, "Geth/v1.13.0", B)));
    check(roll, &Came::Won(0, Ground::Votes));
}

#[test]
fn two_against_two_decide_nothing() {
    // A coin would be tossed over which chain people see.
    let roll = vec![
        Stands(0, "Geth/v1.13.0", A),
        Stands(1, "Nethermind/v1.25.0", A),
        Stands(2, "besu/v24.1.0", B),
        Stands(3, "erigon/2.58.2", B),
    ];
    check(roll, &Came::Undecided);
}

#[test]
fn an_operator_on_both_sides_gives_each_a_part_of_its_vote() {
    // A balancer over two nodes would count fully for both branches.
    let roll = |fourth| {
        vec![
            Stands(0, "Geth/v1.13.0", A),
            Stands(1, "besu/v24.1.0", B),
            Stands(2, "Nethermind/v1.25.0", A),
            Stands(2, "erigon/2.58.2", B),
            Stands(3, "reth/v1.0.0", fourth),
        ]
    };
    check(roll(NOWHERE), &Came::Undecided);
    check(roll(B), &Came::Won(1, Ground::Votes));
}

#[test]
fn the_absent_count_against_every_branch() {
    // Whoever can silence two providers could choose the branch.
    let roll = |third| {
        vec![
            Stands(0, "Geth/v1.13.0", A),
            Stands(1, "besu/v24.1.0", A),
            Stands(2, "Nethermind/v1.25.0", B),
            Stands(3, "erigon/2.58.2", B),
            Stands(4, "reth/v1.0.0", third),
        ]
    };
    check(roll(NOWHERE), &Came::Undecided);
    check(roll(A), &Came::Won(0, Ground::Votes));
}

#[test]
fn two_operators_of_one_client_do_not_outvote_another_client() {
    // Two versions of one bug would beat the client without it.
    let roll = vec![
        Stands(0, "Geth/v1.13.0", A),
        Stands(1, "Geth/v1.13.1", A),
        Stands(2, "besu/v24.1.0", B),
        Stands(3, "besu/v24.1.0", B),
        Stands(3, "Nethermind/v1.25.0", B),
    ];
    check(roll, &Came::Won(1, Ground::Votes));
}

#[test]
fn all_alone_is_nobody_odd() {
    // Of two providers that part, the first in the list would be believed.
    check(vec![Stands(0, "Geth/v1.13.0", A), Stands(1, "besu/v24.1.0", B)], &Came::Undecided);
    let three = vec![
        Stands(0, "Geth/v1.13.0", A),
        Stands(1, "besu/v24.1.0", B),
        Stands(2, "erigon/2.58.2", Some(2)),
    ];
    check(three, &Came::Undecided);
}

#[test]
fn rounding_does_not_break_a_tie() {
    // Shares of a vote that do not come out even would decide by which side has more of them.
    let mut roll: Vec<Stands> = (0..17).map(|op| Stands(op, "Geth/v1.13.0", A)).collect();
    roll.extend((17..19).map(|op| Stands(op, "besu/v24.1.0", B)));
    check(roll, &Came::Undecided);
}

#[test]
fn every_operator_has_one_vote_before_classes_are_scaled() {
    let roll = case(vec![
        Stands(0, "Geth/v1.13.0", A),
        Stands(0, "Geth/v1.13.0", A),
        Stands(1, "Geth/v1.13.0", A),
        Stands(2, "besu/v24.1.0", B),
    ])
    .roll();
    let weights: Vec<String> =
        roll.members().iter().map(|member| crate::contest::votes(member.weight)).collect();
    assert_eq!(weights, ["0.250", "0.250", "0.500", "1.000"]);
}
