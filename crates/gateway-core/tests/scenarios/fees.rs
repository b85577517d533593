//! What inclusion costs: who is asked, how often, and what becomes of the answer.

use gateway_core::{FeeSource, Probe, ProbeAnswer, ProbeFailure};
use units::Span;

use crate::bench::{BLOCK, Bench, FeeScript, down};

/// A bench whose upstreams have told prices.
fn told() -> Bench {
    let mut bench = Bench::three();
    bench.pass(BLOCK);
    assert!(bench.chain.fees(bench.now()).fresh);
    bench
}

#[test]
fn prices_must_come_with_the_block_they_are_from() {
    let bench = told();
    let report = bench.chain.fees(bench.now());
    let quote = report.quote.expect("a price");
    assert_eq!((quote.block, quote.source), (bench.agreed(), FeeSource::History));
    let [one, _, ten] = quote.inclusion;
    assert_eq!((one.max_fee, one.tip), (10_500_000_000, 3_500_000_000));
    // 7 gwei * (9/8)^9 is 20.2 gwei.
    assert_eq!((ten.max_fee - ten.tip) / 100_000_000, 202);
    assert_eq!(bench.snapshot().fees.quote, Some(quote));
}

#[test]
fn one_upstream_a_block_is_asked_for_prices_and_not_all() {
    let mut bench = told();
    let mut asked = Vec::new();
    for number in 101..=130 {
        let head = bench.main(number);
        bench.heads(&[head, head, head]);
        bench.pass(BLOCK - 1);
        bench.skip(1);
        // Whatever the bench did not answer by itself is still to be asked.
        while let Some(order) = bench.chain.poll_probe(bench.now()) {
            bench.chain.on_probe(
                bench.now(),
                order.upstream,
                order.probe,
                ProbeAnswer::Failed(ProbeFailure::Unreachable("late".to_owned())),
            );
        }
        asked.extend(bench.chain.fees(bench.now()).quote.map(|quote| quote.block.number));
    }
    asked.dedup();
    assert!(asked.len() >= 29, "{asked:?}");
    assert!(bench.fee_probes.len() <= 32, "{} questions for 30 blocks", bench.fee_probes.len());
    for index in 0..3 {
        let share = bench.fee_probes.iter().filter(|id| id.index() == index).count();
        assert!(share >= 8, "node-{index} was asked {share} times");
    }
}

#[test]
fn a_chain_without_a_base_fee_still_has_a_price() {
    let mut bench = told();
    for script in &mut bench.scripts {
        script.fees = FeeScript::GasPrice(5_000_000_000);
    }
    bench.produce(8, &[0, 1, 2]);
    let quote = bench.chain.fees(bench.now()).quote.expect("a price");
    assert_eq!((quote.source, quote.base_fee), (FeeSource::GasPrice, None));
    assert!(quote.inclusion.iter().all(|offer| offer.max_fee == 5_000_000_000));
    // One that has the history is preferred to two that have not.
    bench.scripts[1].fees = FeeScript::History(1_000);
    bench.pass(600 * BLOCK);
    bench.produce(8, &[0, 1, 2]);
    let quote = bench.chain.fees(bench.now()).quote.expect("a price");
    assert_eq!(quote.source, FeeSource::History);
}

#[test]
fn where_nobody_tells_prices_that_is_said_and_nobody_is_pestered() {
    let mut bench = told();
    for script in &mut bench.scripts {
        script.fees = FeeScript::Refuses;
    }
    bench.produce(8, &[0, 1, 2]);
    bench.fee_probes.clear();
    bench.produce(60, &[0, 1, 2]);
    let report = bench.chain.fees(bench.now());
    assert!(report.refused && !report.fresh);
    assert!(bench.fee_probes.is_empty(), "asked {:?}", bench.fee_probes);
}

#[test]
fn an_answer_about_another_block_is_no_price_and_another_upstream_is_asked() {
    let mut bench = told();
    bench.scripts[0].fees = FeeScript::OtherBlock;
    bench.scripts[1].fees = FeeScript::OtherBlock;
    bench.produce(10, &[0, 1, 2]);
    let quote = bench.chain.fees(bench.now()).quote.expect("a price");
    assert_eq!(quote.base_fee, Some(7_000_000_000));
    assert!(bench.agreed().number - quote.block.number <= 2, "{quote:?}");
}

#[test]
fn prices_grow_old_while_nobody_answers_and_not_while_a_chain_stands_still() {
    let mut bench = told();
    // No block comes, but the price of the next one is still what it was: it is asked for again.
    bench.pass(60 * BLOCK);
    assert!(bench.chain.fees(bench.now()).fresh);
    for script in &mut bench.scripts {
        script.fails = down();
    }
    bench.pass(60 * BLOCK);
    let report = bench.chain.fees(bench.now());
    assert!(!report.fresh && report.age > Span::from_secs(15));
    assert!(report.quote.is_some(), "what was known last is still shown, with its age");
}

#[test]
fn an_upstream_that_asks_for_a_pause_when_asked_for_prices_gets_it() {
    let mut bench = told();
    let head = bench.main(101);
    bench.heads(&[head, head, head]);
    let order = loop {
        bench.skip(10);
        let Some(order) = bench.chain.poll_probe(bench.now()) else { continue };
        if matches!(order.probe, Probe::FeeHistory(_)) {
            break order;
        }
        let answer = bench.answer(order.upstream, order.probe);
        bench.chain.on_probe(bench.now(), order.upstream, order.probe, answer);
    };
    let pause = ProbeFailure::Throttled(Some(Span::from_secs(30)));
    let answer = ProbeAnswer::Failed(pause);
    bench.chain.on_probe(bench.now(), order.upstream, order.probe, answer);
    bench.fee_probes.clear();
    bench.produce(10, &[0, 1, 2]);
    assert!(!bench.fee_probes.contains(&order.upstream), "{:?}", bench.fee_probes);
    assert!(!bench.fee_probes.is_empty());
}
