//! Kept answers: which are, and what becomes of them when the chain moves.

use gateway_core::{
    BlockRef, Cache, CacheKey, Fixed, Look, Looked, MethodClass, Needs, Offer, OpinionRequest,
    Permit, Side, Source, UpstreamId, Verdict,
};
use machine::Prng;

use crate::bench::{BLOCK, Bench, down};

/// A cache whose answers are the blocks that they are of.
struct Kept(Cache<BlockRef>);

fn key(name: &str) -> CacheKey<'_> {
    CacheKey::new(1, "eth_call", name)
}

impl Kept {
    fn new() -> Self {
        Self(Cache::new(1 << 20))
    }

    fn look(&mut self, bench: &mut Bench, name: &str, head: BlockRef) -> Result<BlockRef, Permit> {
        let key = key(name);
        match self.0.look_up(&mut bench.chain, &key, head, key.fingerprint()) {
            Looked::Hit { value, .. } => Ok(value),
            Looked::Miss(permit) => Err(permit),
        }
    }

    fn get(&mut self, bench: &mut Bench, name: &str) -> Option<BlockRef> {
        let head = bench.agreed();
        self.look(bench, name, head).ok()
    }

    fn permit(&mut self, bench: &mut Bench) -> Permit {
        let head = bench.agreed();
        let _first = self.look(bench, "never kept", head);
        self.look(bench, "never kept", head).expect_err("never kept")
    }

    fn keep(
        &mut self,
        bench: &mut Bench,
        permit: Permit,
        name: &str,
        block: BlockRef,
        source: Source,
    ) -> bool {
        let offer = Offer { value: block, bytes: 100, source, origin: UpstreamId(0) };
        self.0.keep(&mut bench.chain, permit, &key(name), offer)
    }

    /// Asks for a block by hash and keeps the answer.
    fn ask(&mut self, bench: &mut Bench, name: &str, block: BlockRef) -> bool {
        let permit = self.permit(bench);
        self.keep(bench, permit, name, block, Source::Block(block))
    }
}

#[test]
fn a_read_at_the_head_is_kept_for_as_long_as_its_block_is_on_the_branch() {
    // A contract that everybody reads would cost the provider one call for each reader.
    let mut bench = Bench::three();
    let mut kept = Kept::new();
    let head = bench.agreed();
    assert!(kept.ask(&mut bench, "a", head));
    bench.produce(3, &[0, 1, 2]);
    assert_eq!(kept.get(&mut bench, "a"), Some(head));
}

#[test]
fn what_is_asked_once_is_not_kept_and_what_is_asked_at_each_block_is() {
    // A walk through history would cost the gateway more memory and time than it saves anybody.
    let mut bench = Bench::three();
    let mut kept = Kept::new();
    let head = bench.agreed();
    let first = kept.look(&mut bench, "a", head).expect_err("nothing is kept yet");
    assert!(!first.is_wanted());
    assert!(!kept.keep(&mut bench, first, "a", head, Source::Block(head)));
    let again = kept.look(&mut bench, "a", head).expect_err("it was asked once");
    assert!(again.is_wanted());
    assert!(kept.keep(&mut bench, again, "a", head, Source::Block(head)));
}

#[test]
fn a_reorg_drops_exactly_what_is_above_the_fork() {
    // A balance of a block that no longer exists would be told for ever, or all that is known be forgotten.
    let mut bench = Bench::three();
    let mut kept = Kept::new();
    let mut blocks = vec![bench.agreed()];
    for _ in 0..3 {
        bench.produce(1, &[0, 1, 2]);
        blocks.push(bench.agreed());
    }
    for block in &blocks {
        assert!(kept.ask(&mut bench, &block.number.to_string(), *block));
    }
    let new = bench.branch(101, 104, 6);
    bench.heads(&[new, new, new]);
    bench.pass(2 * BLOCK);
    assert_eq!(bench.agreed(), new);
    let left: Vec<Option<BlockRef>> =
        blocks.iter().map(|block| kept.get(&mut bench, &block.number.to_string())).collect();
    assert_eq!(left, [Some(blocks[0]), Some(blocks[1]), None, None]);
    assert_eq!(kept.0.snapshot().counts.departed, 2);
    assert_eq!(kept.0.snapshot().entries, 2);
    // The same number is another block now, and is kept as that.
    let block = bench.block(103, 6);
    assert!(kept.ask(&mut bench, "103", block));
    assert_eq!(kept.get(&mut bench, "103"), Some(block));
}

#[test]
fn a_head_that_goes_back_on_its_own_branch_takes_its_answers_along() {
    // `latest` would be told of a block that nobody who is left has.
    let mut bench = Bench::three();
    let mut kept = Kept::new();
    bench.produce(3, &[0, 1, 2]);
    let (head, back) = (bench.agreed(), bench.main(101));
    assert!(kept.ask(&mut bench, "head", head) && kept.ask(&mut bench, "back", back));
    bench.heads(&[back, back, back]);
    bench.pass(8 * BLOCK);
    assert_eq!(bench.agreed(), back);
    assert_eq!(kept.get(&mut bench, "head"), None);
    assert_eq!(kept.get(&mut bench, "back"), Some(back));
}

#[test]
fn an_answer_that_was_under_way_during_a_reorg_is_not_kept() {
    // It was asked of the old branch and would come in after the old branch's answers were dropped.
    let mut bench = Bench::three();
    let mut kept = Kept::new();
    bench.produce(3, &[0, 1, 2]);
    let (old, permit) = (bench.agreed(), kept.permit(&mut bench));
    let new = bench.branch(101, 104, 6);
    bench.heads(&[new, new, new]);
    bench.pass(2 * BLOCK);
    assert!(!kept.keep(&mut bench, permit, "a", old, Source::Block(old)));
    assert!(!kept.ask(&mut bench, "a", old));
    assert!(!kept.keep(&mut bench, permit, "b", new, Source::Through(1)));
}

/// A chain at block 102 of which block 90 is final.
fn with_final() -> (Bench, Kept) {
    let mut bench = Bench::three();
    let block = bench.main(90);
    for script in &mut bench.scripts {
        script.finalized = Some(block);
    }
    bench.produce(2, &[0, 1, 2]);
    assert_eq!(bench.chain.view().expect("a head is agreed").finalized, Some(block));
    (bench, Kept::new())
}

#[test]
fn what_was_asked_for_by_number_is_kept_only_once_that_is_final() {
    // Before, the upstream may have meant another block by the number, and nothing in the answer shows it.
    let (mut bench, mut kept) = with_final();
    let permit = kept.permit(&mut bench);
    let (last_final, next) = (bench.block(90, 0), bench.block(91, 0));
    assert!(kept.keep(&mut bench, permit, "90", last_final, Source::Through(90)));
    assert!(!kept.keep(&mut bench, permit, "91", next, Source::Through(91)));
    // That it became final while the answer was under way proves nothing about the answer.
    for script in &mut bench.scripts {
        script.finalized = Some(next);
    }
    bench.produce(2, &[0, 1, 2]);
    assert!(!kept.keep(&mut bench, permit, "91", next, Source::Through(91)));
    let permit = kept.permit(&mut bench);
    assert!(kept.keep(&mut bench, permit, "91", next, Source::Through(91)));
}

#[test]
fn a_block_asked_for_by_hash_is_kept_only_if_it_is_on_the_agreed_branch() {
    // A node that follows another branch would fill the cache with it.
    let (mut bench, mut kept) = with_final();
    let permit = kept.permit(&mut bench);
    let ours = bench.block(95, 0);
    bench.branch(94, 96, 6);
    let other = bench.block(95, 6);
    assert!(kept.keep(&mut bench, permit, "ours", ours, Source::Hash(ours.hash)));
    assert!(!kept.keep(&mut bench, permit, "other", other, Source::Hash(other.hash)));
    assert!(!kept.keep(&mut bench, permit, "other", other, Source::Block(other)));
    // A lie about a final block that is remembered.
    bench.branch(80, 85, 6);
    let other = bench.block(85, 6);
    assert!(!kept.keep(&mut bench, permit, "other", other, Source::Block(other)));
}

#[test]
fn with_nobody_left_what_is_final_is_answered_and_nothing_else() {
    // The crisis that the cache is for; and yesterday's head must not pass for today's.
    let (mut bench, mut kept) = with_final();
    let (head, last_final) = (bench.agreed(), bench.block(90, 0));
    assert!(kept.ask(&mut bench, "head", head) && kept.ask(&mut bench, "final", last_final));
    for script in &mut bench.scripts {
        script.fails = down();
    }
    bench.pass(3 * BLOCK);
    assert_eq!(bench.verdict(), Verdict::Unreachable);
    assert_eq!(kept.get(&mut bench, "head"), None);
    assert_eq!(kept.get(&mut bench, "final"), Some(last_final));
    for script in &mut bench.scripts {
        script.fails = None;
    }
    bench.produce(2, &[0, 1, 2]);
    assert_eq!(kept.get(&mut bench, "head"), Some(head));
}

#[test]
fn while_branches_compete_what_they_share_is_answered_and_nothing_above() {
    // Half of the clients would be told of one branch although nobody knows which one wins.
    let mut bench = Bench::new(&["a", "b", "c", "d"]);
    let mut kept = Kept::new();
    bench.produce(2, &[0, 1, 2, 3]);
    let fork = bench.agreed();
    assert!(kept.ask(&mut bench, "fork", fork));
    let (mut one, mut other) = (bench.branch(102, 103, 6), bench.branch(102, 103, 7));
    for _ in 0..5 {
        bench.heads(&[one, one, other, other]);
        bench.pass(BLOCK);
        one = bench.blocks.grow(one, one.number + 1, 6);
        other = bench.blocks.grow(other, other.number + 1, 7);
    }
    assert_eq!(bench.verdict(), Verdict::Undecided);
    assert_eq!(kept.get(&mut bench, "fork"), Some(fork));
    let above = bench.block(103, 6);
    assert!(!kept.ask(&mut bench, "above", above));
}

#[test]
fn a_batch_at_an_older_head_is_not_shown_what_came_after_it() {
    // One batch would mix two heads: a receipt from a block that its own `latest` does not have.
    let mut bench = Bench::three();
    let mut kept = Kept::new();
    let before = bench.agreed();
    bench.produce(1, &[0, 1, 2]);
    let head = bench.agreed();
    assert!(kept.ask(&mut bench, "receipt", head));
    assert!(kept.look(&mut bench, "receipt", before).is_err());
    assert_eq!(kept.get(&mut bench, "receipt"), Some(head));
}

#[test]
fn what_an_upstream_said_is_not_served_once_it_turned_out_to_be_of_another_chain() {
    // A provider that served a test net under the main net's name would go on speaking from the cache.
    let (mut bench, mut kept) = with_final();
    let block = bench.block(90, 0);
    let permit = kept.permit(&mut bench);
    assert!(kept.keep(&mut bench, permit, "90", block, Source::Through(90)));
    assert_eq!(kept.get(&mut bench, "90"), Some(block));
    bench.chain.distrust(UpstreamId(1));
    assert_eq!(kept.get(&mut bench, "90"), Some(block));
    // It is looked at anew when it comes back.
    bench.scripts[0].fails = down();
    bench.pass(3 * BLOCK);
    assert_eq!(kept.get(&mut bench, "90"), Some(block));
    bench.scripts[0].fails = None;
    bench.scripts[0].chain_id = 5;
    bench.pass(3 * BLOCK);
    assert_eq!(bench.state(0), gateway_core::State::Rejected);
    assert_eq!(kept.get(&mut bench, "90"), None);
    assert_eq!(kept.0.snapshot().counts.distrusted, 1);
}

#[test]
fn what_a_node_said_by_number_is_not_served_once_it_has_left_what_is_final() {
    // A node that had just gone over to the losing branch would speak for it from the cache for ever.
    let (mut bench, mut kept) = with_final();
    let block = bench.block(90, 0);
    let permit = kept.permit(&mut bench);
    assert!(kept.keep(&mut bench, permit, "90", block, Source::Through(90)));
    assert!(kept.keep(&mut bench, permit, "by hash", block, Source::Block(block)));
    // It shows a head whose parents are not known yet: it may be on any branch.
    bench.scripts[0].head = Some(bench.branch(80, 108, 6));
    bench.scripts.iter_mut().for_each(|script| script.shows_parents = false);
    bench.pass(BLOCK);
    assert_eq!(kept.get(&mut bench, "90"), None);
    assert!(!kept.keep(&mut bench, permit, "90 again", block, Source::Through(90)));
    assert_eq!(kept.get(&mut bench, "by hash"), Some(block));
    // It is on one that leaves ours below what is final, and comes back.
    bench.scripts.iter_mut().for_each(|script| script.shows_parents = true);
    bench.pass(BLOCK);
    assert_eq!(kept.get(&mut bench, "90"), None);
    bench.produce(2, &[0, 1, 2]);
    assert_eq!(kept.get(&mut bench, "90"), None);
    assert_eq!(kept.0.snapshot().counts.distrusted, 1);
}

#[test]
fn an_ordinary_reorg_of_one_node_costs_nothing_that_is_kept_of_it() {
    // A node that shows an orphan now and then would never have anything in the cache.
    let (mut bench, mut kept) = with_final();
    let block = bench.block(90, 0);
    let permit = kept.permit(&mut bench);
    assert!(kept.keep(&mut bench, permit, "90", block, Source::Through(90)));
    bench.scripts[0].head = Some(bench.branch(101, 103, 6));
    bench.pass(BLOCK);
    assert_eq!(kept.get(&mut bench, "90"), Some(block));
}

#[test]
fn an_answer_that_was_outvoted_or_is_in_dispute_is_not_told_again() {
    // The client that hit on the lie would be the first of thousands.
    let second = UpstreamId(1);
    for third in [Some((UpstreamId(2), Side::Second)), None] {
        let mut bench = Bench::three();
        let mut kept = Kept::new();
        let head = bench.agreed();
        assert!(kept.ask(&mut bench, "a", head));
        let asked = OpinionRequest {
            class: MethodClass::State,
            method: "eth_getBalance",
            needs: Needs::Head(head),
            fixed: Fixed::Hash { pins: true },
            first: UpstreamId(0),
            look: Look::Plain,
        };
        bench.chain.on_dispute(bench.now(), &asked, second, third);
        assert_eq!(kept.get(&mut bench, "a"), None, "{third:?}");
    }
}

/// Whether `block` is on the branch that ends at the agreed head, by the scripts' own blocks.
fn is_on_branch(bench: &Bench, block: BlockRef) -> bool {
    let mut at = bench.agreed();
    while at.number > block.number {
        at = bench.blocks.parent(at);
    }
    at == block
}

#[test]
fn under_any_order_of_reorgs_no_answer_of_a_block_that_left_is_served() {
    // GW-5, with the truth taken from the scripts and not from the core's own tree.
    let (mut hits, mut departed) = (0, 0);
    for seed in 0..12 {
        let mut prng = Prng::new(seed);
        let mut bench = Bench::three();
        let mut kept = Cache::new(60_000);
        let mut branch = 10;
        for _ in 0..60 {
            let head = bench.agreed();
            if prng.below(3) == 0 {
                branch += 1;
                let fork = ancestor(&bench, head, prng.below(4));
                let tip = bench.blocks.grow(fork, head.number + prng.below(2), branch);
                let tip = if tip.number > fork.number { tip } else { head };
                bench.heads(&[tip, tip, tip]);
            } else {
                let tip = bench.blocks.grow(head, head.number + 1, branch);
                bench.heads(&[tip, tip, tip]);
            }
            bench.pass(BLOCK / 2 + prng.below(3) * BLOCK);
            let head = bench.agreed();
            for _ in 0..40 {
                let back = prng.below(8);
                // A key that does not name the block, as a receipt's: only the drop can keep it right.
                let name = (head.number - back).to_string();
                match kept.look_up(&mut bench.chain, &key(&name), head, 7) {
                    Looked::Hit { value, .. } => {
                        hits += 1;
                        assert!(is_on_branch(&bench, value), "seed {seed}: {value} is served");
                    }
                    Looked::Miss(permit) => {
                        let block = ancestor(&bench, head, back);
                        let source = Source::Block(block);
                        let origin = UpstreamId(0);
                        let offer = Offer { value: block, bytes: 100, source, origin };
                        let key = key(&name);
                        assert!(kept.keep(&mut bench.chain, permit.wanted(), &key, offer));
                    }
                }
            }
        }
        departed += kept.snapshot().counts.departed;
    }
    assert!(hits > 4_000 && departed > 200, "{hits} hits, {departed} departed");
}

fn ancestor(bench: &Bench, block: BlockRef, back: u64) -> BlockRef {
    (0..back).fold(block, |at, _| bench.blocks.parent(at))
}
