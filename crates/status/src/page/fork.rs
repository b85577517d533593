//! Branches that have parted, drawn from the last block that they share, with who stands on which.
//!
//! The drawing has lines, dots and short labels only, so that it stays readable when it shrinks to a
//! telephone; names and numbers stand beside it as text, joined to it by the branch's letter.

use maud::{Markup, html};

use super::pill;
use crate::clients::Client;
use crate::component::Severity;
use crate::model::{BranchStanding, BranchView, ChainView, GrowthView};
use crate::text;

/// Branches that are drawn; the rest are counted.
const DRAWN_MAX: usize = 6;

/// Names on one branch that are listed.
const NAMED_MAX: usize = 24;

/// Measures of the drawing in its own units.
const WIDTH: u64 = 420;
const ROW: u64 = 46;
const FORK_X: u64 = 96;
/// From here on a branch's line is level, and its length tells its blocks.
const LEVEL_X: u64 = 138;
const END_X: u64 = 300;
/// A branch of one block is still seen to be one.
const SHORTEST: u64 = 14;
/// Up to so many blocks each has a dot.
const DOTS_MAX: u64 = 16;

pub(super) fn figure(chain: &ChainView, id: &str) -> Markup {
    let drawn: Vec<&BranchView> = chain.branches.iter().take(DRAWN_MAX).collect();
    let is_forked = chain.fork.is_some() && chain.branches.len() > 1;
    html! {
        div .fork id=(format!("fork-{id}")) {
            @if is_forked {
                h3 { "Branches" }
                div .branches {
                    (drawing(chain, &drawn))
                    ol {
                        @for (index, branch) in drawn.iter().enumerate() { (told(chain, branch, letter(index))) }
                        @if chain.branches.len() > DRAWN_MAX {
                            li .sub { "And " (chain.branches.len() - DRAWN_MAX) " more branches." }
                        }
                    }
                }
            }
        }
    }
}

/// One branch in words.
fn told(chain: &ChainView, branch: &BranchView, letter: char) -> Markup {
    let hash = |hash: &str| text::short_hash(&text::tidy(hash, 80));
    html! {
        li .(severity(branch.standing).class()) {
            p {
                b .letter { (letter) } " " (pill(severity(branch.standing), branch.standing.name())) " "
                span .number { "head " b { (text::grouped(branch.head.number)) } " " code { (hash(&branch.head.hash)) } }
            }
            p .sub {
                @if let Some(first) = &branch.first { "begins with " code { (hash(&first.hash)) } " · " }
                "weighs " (weight(branch.weight_milli))
                @if let Some(growth) = branch.growth { " · " (grown(growth)) }
            }
            @if branch.voters.is_empty() { p .sub { "Nobody stands on it." } }
            @else {
                ul .voters {
                    @for name in branch.voters.iter().take(NAMED_MAX) {
                        li {
                            b { (text::tidy(name, 40)) }
                            @if let Some(upstream) = chain.upstream(name) {
                                " " span { (Client::of(upstream)) }
                            }
                        }
                    }
                    @if branch.voters.len() > NAMED_MAX { li { "and " (branch.voters.len() - NAMED_MAX) " more" } }
                }
            }
        }
    }
}

fn drawing(chain: &ChainView, branches: &[&BranchView]) -> Markup {
    let fork = chain.fork.as_ref().map(|fork| fork.number).unwrap_or_default();
    let rows = u64::try_from(branches.len()).unwrap_or_default();
    let height = rows * ROW;
    let middle = height / 2;
    let longest =
        branches.iter().map(|branch| above(branch, fork)).max().unwrap_or_default().max(1);
    let label = format!(
        "{} part after block {}",
        text::counted(branches.len(), "branch").replace("branchs", "branches"),
        text::grouped(fork)
    );
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(label) {
            path .line .shared d=(format!("M2 {middle}H{FORK_X}")) {}
            @for (index, branch) in branches.iter().enumerate() {
                (line(branch, index, middle, above(branch, fork), longest))
            }
            circle .dot .shared cx=(FORK_X) cy=(middle) r="6" {}
            text .label .end x=(FORK_X - 8) y=(middle - 12) { (text::grouped(fork)) }
            text .small .end x=(FORK_X - 8) y=(middle + 20) { "last shared" }
        }
    }
}

/// One branch's line with its blocks; its length is its share of the longest.
fn line(branch: &BranchView, index: usize, middle: u64, blocks: u64, longest: u64) -> Markup {
    let y = u64::try_from(index).unwrap_or_default() * ROW + ROW / 2;
    let (room, bend) = (END_X - LEVEL_X, (LEVEL_X - FORK_X) / 2);
    let end = LEVEL_X + (blocks * room / longest).max(SHORTEST);
    let class = severity(branch.standing).class();
    let dots = if longest <= DOTS_MAX { blocks } else { 1 };
    let place = |block: u64| match blocks {
        0 | 1 => end,
        _ if dots == 1 => end,
        _ => LEVEL_X + SHORTEST / 2 + (end - LEVEL_X - SHORTEST / 2) * block / (blocks - 1),
    };
    let curve = format!(
        "M{FORK_X} {middle}C{} {middle} {} {y} {LEVEL_X} {y}H{end}",
        FORK_X + bend,
        LEVEL_X - bend
    );
    html! {
        path .line .(class) .broken[!branch.standing.is_followed()] d=(curve) {}
        @for block in 0..dots { circle .dot .(class) cx=(place(block)) cy=(y) r="4" {} }
        circle .dot .(class) cx=(end + 22) cy=(y) r="11" {}
        text .name x=(end + 22) y=(y + 5) { (letter(index)) }
        text .label x=(end + 42) y=(y + 5) { "+" (text::grouped(blocks)) }
    }
}

/// Blocks of a branch above the fork.
fn above(branch: &BranchView, fork: u64) -> u64 {
    branch.head.number.saturating_sub(fork)
}

const fn severity(standing: BranchStanding) -> Severity {
    match standing {
        BranchStanding::Agreed | BranchStanding::Winner => Severity::Good,
        BranchStanding::Loser => Severity::Critical,
        BranchStanding::Outlier => Severity::Major,
        BranchStanding::Contested => Severity::Unknown,
    }
}

fn letter(index: usize) -> char {
    u8::try_from(index).map_or('?', |index| char::from(b'A'.saturating_add(index)))
}

/// `30 blocks in 2 h where 540 were due`.
fn grown(growth: GrowthView) -> String {
    let GrowthView { blocks, due, over_ms } = growth;
    format!(
        "{} {} in {} where {} {} due",
        text::grouped(blocks),
        if blocks == 1 { "block" } else { "blocks" },
        text::span(over_ms),
        text::grouped(due),
        if due == 1 { "was" } else { "were" },
    )
}

/// `1.5 votes` of one operator each.
fn weight(milli: u64) -> String {
    let (whole, tenths) = (milli / 1_000, milli % 1_000 / 100);
    match (whole, tenths) {
        (1, 0) => "1 vote".to_owned(),
        (_, 0) => format!("{whole} votes"),
        _ => format!("{whole}.{tenths} votes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, chain};

    fn forked() -> ChainView {
        let mut chain = chain();
        chain.fork = Some(block(100, 0));
        let branch = |number, standing, voters: &[&str]| BranchView {
            head: block(number, 0),
            first: Some(block(101, 0)),
            voters: voters.iter().map(|it| (*it).to_owned()).collect(),
            weight_milli: 1_500,
            standing,
            growth: Some(GrowthView { blocks: 30, due: 540, over_ms: 7_200_000 }),
        };
        chain.branches = vec![
            branch(110, BranchStanding::Winner, &["northwind", "lantern"]),
            branch(103, BranchStanding::Loser, &["harbour", "meridian"]),
        ];
        chain
    }

    #[test]
    fn who_stands_on_which_branch_is_told_in_words_beside_the_drawing() {
        let html = figure(&forked(), "x").into_string();
        for expected in [
            "2 branches part after block 100",
            "<b class=\"letter\">B</b>",
            "<b>meridian</b> <span>geth v1.14.0</span>",
            "weighs 1.5 votes",
            "30 blocks in 2 h where 540 were due",
        ] {
            assert!(html.contains(expected), "{expected} is missing in {html}");
        }
        // Ten blocks and three, each with its dot, and one badge a branch.
        assert_eq!(html.matches("r=\"4\"").count(), 13);
    }

    #[test]
    fn an_ordinary_chain_draws_nothing_and_a_month_long_split_stays_small() {
        assert!(!figure(&chain(), "x").into_string().contains("svg"));
        let mut long = forked();
        long.branches[0].head.number = 216_100;
        let many = long.branches[1].clone();
        long.branches.extend((0..60).map(|_| many.clone()));
        let html = figure(&long, "x").into_string();
        assert!(html.len() < 9_000 && html.contains("And 56 more branches"), "{}", html.len());
    }
}
