//! `GET /v1/chains/NAME/fees`: what inclusion costs, as JSON.

use gateway_core::{ChainSnapshot, FEE_PERCENTILES, FeeReport, FeeStress};
use runtime::http::StatusCode;
use serde::Serialize;

/// The gas of a plain transfer of ether (Ethereum's yellow paper, `G_transaction`).
const TRANSFER_GAS: u128 = 21_000;

/// One gwei in wei.
const GWEI: u128 = 1_000_000_000;

/// An amount as decimal strings: no client loses digits of it.
#[derive(Serialize)]
struct Amount {
    wei: String,
    gwei: String,
}

#[derive(Serialize)]
struct Block {
    number: u64,
    hash: String,
}

#[derive(Serialize)]
struct Inclusion {
    blocks: u64,
    max_fee_per_gas: Amount,
    max_priority_fee_per_gas: Amount,
    transfer: Amount,
}

#[derive(Serialize)]
struct Tip {
    percentile: u8,
    tip: Amount,
}

#[derive(Serialize)]
struct Stress {
    multiple: String,
    median_max_fee_per_gas: Amount,
    samples: u64,
    covers_ms: u64,
}

#[derive(Serialize)]
struct Fees<'a> {
    chain: &'a str,
    status: &'static str,
    reason: Option<&'static str>,
    verdict: &'static str,
    source: Option<&'static str>,
    block: Option<Block>,
    age_ms: Option<u64>,
    samples: Option<u64>,
    base_fee_per_gas: Option<Amount>,
    usual_tips: Vec<Tip>,
    inclusion: Vec<Inclusion>,
    stress: Option<Stress>,
}

/// The JSON text and its status: 503 while there is no price to go by, with what was known last.
pub(crate) fn fees_json(name: &str, snapshot: &ChainSnapshot) -> (StatusCode, String) {
    let report = &snapshot.fees;
    let (status, word, reason) = standing(report);
    let quote = report.quote.as_ref();
    let usual =
        quote.and_then(|quote| quote.tips).map(|tips| FEE_PERCENTILES.into_iter().zip(tips));
    let fees = Fees {
        chain: name,
        status: word,
        reason,
        verdict: snapshot.verdict.name(),
        source: quote.map(|quote| quote.source.name()),
        block: quote
            .map(|quote| Block { number: quote.block.number, hash: quote.block.hash.to_string() }),
        age_ms: quote.map(|_| report.age.as_millis()),
        samples: quote.map(|quote| quote.blocks),
        base_fee_per_gas: quote.and_then(|quote| quote.base_fee).map(amount),
        usual_tips: usual
            .into_iter()
            .flatten()
            .map(|(percentile, tip)| Tip { percentile, tip: amount(tip) })
            .collect(),
        inclusion: quote
            .into_iter()
            .flat_map(|quote| quote.inclusion)
            .map(|offer| Inclusion {
                blocks: offer.blocks,
                max_fee_per_gas: amount(offer.max_fee),
                max_priority_fee_per_gas: amount(offer.tip),
                transfer: amount(offer.max_fee.saturating_mul(TRANSFER_GAS)),
            })
            .collect(),
        stress: report.stress.map(stress),
    };
    let text = serde_json::to_string(&fees);
    (status, text.unwrap_or_else(|error| format!(r#"{{"error":"{error}"}}"#)))
}

/// Whether the price can be gone by, in a word and where not in a sentence.
const fn standing(report: &FeeReport) -> (StatusCode, &'static str, Option<&'static str>) {
    const GONE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
    match (report.fresh, report.quote.is_some(), report.refused) {
        (true, _, _) => (StatusCode::OK, "live", None),
        (false, _, true) => {
            (GONE, "unavailable", Some("no upstream tells eth_feeHistory or eth_gasPrice"))
        }
        (false, true, false) => (GONE, "stale", Some("the last price is too old to go by")),
        (false, false, false) => (GONE, "unknown", Some("no price has been told yet")),
    }
}

fn stress(stress: FeeStress) -> Stress {
    let milli = stress.multiple_milli;
    Stress {
        multiple: format!("{}.{:03}", milli / 1_000, milli % 1_000),
        median_max_fee_per_gas: amount(stress.median),
        samples: stress.samples,
        covers_ms: stress.covers.as_millis(),
    }
}

fn amount(wei: u128) -> Amount {
    let (whole, rest) = (wei / GWEI, wei % GWEI);
    let fraction = format!("{rest:09}");
    let fraction = fraction.trim_end_matches('0');
    let gwei = if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") };
    Amount { wei: wei.to_string(), gwei }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_in_gwei_must_be_exact() {
        for (wei, gwei) in [
            (0, "0"),
            (1, "0.000000001"),
            (1_500_000_000, "1.5"),
            (20_000_000_000, "20"),
            (10_500_000_001, "10.500000001"),
            (u128::MAX, "340282366920938463463374607431.768211455"),
        ] {
            assert_eq!(amount(wei).gwei, gwei);
        }
    }
}
