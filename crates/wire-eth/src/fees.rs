//! What nodes tell about the price of gas.

use std::borrow::Cow;

use serde::Deserialize;

use crate::answer::Malformed;
use crate::block::read_result;
use crate::hex::parse_quantity;
use crate::json::unquote;

/// Most blocks in a fee history that is read: what Geth gives at most (`maxHeaderHistory`).
const BLOCKS_MAX: usize = 1_024;

/// What `eth_feeHistory` told, with tips at three percentiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeHistory {
    /// The number of the newest block told about.
    pub newest: u64,
    /// The base fee of each block in wei, oldest first, and then that of the block after the newest.
    pub base_fees: Vec<u128>,
    /// The tips of each block in wei at the percentiles asked for; `None` where the block is empty.
    pub tips: Vec<Option<[u128; 3]>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    oldest_block: Cow<'a, str>,
    #[serde(borrow)]
    base_fee_per_gas: Vec<Cow<'a, str>>,
    gas_used_ratio: Vec<f64>,
    #[serde(borrow, default)]
    reward: Option<Vec<Vec<Cow<'a, str>>>>,
}

/// Reads a whole answer to `eth_feeHistory` that was asked with three percentiles.
///
/// # Errors
///
/// No JSON-RPC answer, an error answer, no block at all or more than 1,024, a block without its base fee or
/// its three tips, or a number that is none.
pub fn read_fee_history(body: &[u8]) -> Result<FeeHistory, Malformed> {
    let raw: Raw<'_> = serde_json::from_str(read_result(body)?)
        .map_err(|_| Malformed::new("the result is no fee history"))?;
    let blocks = raw.gas_used_ratio.len();
    let rewards = raw.reward.unwrap_or_default();
    if blocks == 0 || blocks > BLOCKS_MAX {
        return Err(Malformed::new("the fee history is of no block, or of too many"));
    }
    if raw.base_fee_per_gas.len() != blocks + 1 || rewards.len() != blocks {
        return Err(Malformed::new("the lists of the fee history do not fit together"));
    }
    let oldest = parse_quantity(&raw.oldest_block).ok_or_else(unreadable)?;
    let newest = u64::try_from(blocks - 1).ok().and_then(|more| oldest.checked_add(more));
    let base_fees = raw.base_fee_per_gas.iter().map(|fee| parse_wei(fee).ok_or_else(unreadable));
    let tips = raw.gas_used_ratio.iter().zip(&rewards).map(|(used, tips)| {
        let [low, mid, high] = tips.as_slice() else { return Err(unreadable()) };
        let tips = [parse_wei(low), parse_wei(mid), parse_wei(high)];
        let [Some(low), Some(mid), Some(high)] = tips else { return Err(unreadable()) };
        Ok((*used > 0.0).then_some([low, mid, high]))
    });
    Ok(FeeHistory {
        newest: newest.ok_or_else(unreadable)?,
        base_fees: base_fees.collect::<Result<_, _>>()?,
        tips: tips.collect::<Result<_, _>>()?,
    })
}

/// Reads a whole answer whose result is an amount of wei, such as that to `eth_gasPrice`.
///
/// # Errors
///
/// No JSON-RPC answer, an error answer, or a result that is no `0x` quantity of at most 128 bits.
pub fn read_wei(body: &[u8]) -> Result<u128, Malformed> {
    unquote(read_result(body)?)
        .and_then(|text| parse_wei(&text))
        .ok_or_else(|| Malformed::new("the result is no amount of wei"))
}

/// Reads `0x` and 1 to 32 hexadecimal digits.
fn parse_wei(text: &str) -> Option<u128> {
    let digits = text.strip_prefix("0x")?;
    if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}

fn unreadable() -> Malformed {
    Malformed::new("a number of the fee history cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(result: &str) -> Vec<u8> {
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#).into_bytes()
    }

    // As Geth 1.14 writes it, cut to two blocks.
    const GETH: &str = r#"{"oldestBlock":"0x1330b5e","reward":[["0x5f5e100","0x3b9aca00","0x77359400"],["0x0","0x0","0x0"]],"baseFeePerGas":["0x2540be400","0x29e8d6080","0x24a1d2f70"],"gasUsedRatio":[0.9999316666666667,0],"baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0,0]}"#;

    #[test]
    fn a_fee_history_is_read_as_a_node_writes_it() {
        let history = read_fee_history(&answer(GETH)).unwrap();
        assert_eq!(history.newest, 0x133_0b5f);
        assert_eq!(history.base_fees, [10_000_000_000, 11_250_000_000, 9_833_361_264]);
        // A block without transactions took no tip at all; its zeros are no bargain.
        assert_eq!(history.tips, [Some([100_000_000, 1_000_000_000, 2_000_000_000]), None]);
    }

    #[test]
    fn a_history_that_does_not_fit_together_is_refused() {
        for (from, to) in [
            (r#","0x24a1d2f70"]"#, "]"),
            (r#",["0x0","0x0","0x0"]]"#, "]"),
            (r#"["0x0","0x0","0x0"]"#, r#"["0x0","0x0"]"#),
            ("[0.9999316666666667,0]", "[]"),
            ("0x5f5e100", "5f5e100"),
            ("0x1330b5e", "0xffffffffffffffff"),
            ("0x2540be400", "0x100000000000000000000000000000000"),
            (r#""reward""#, r#""rewards""#),
        ] {
            let text = GETH.replace(from, to);
            assert_ne!(text, GETH, "{from}");
            assert!(read_fee_history(&answer(&text)).is_err(), "{to}");
        }
        assert!(read_fee_history(br#"{"id":1,"error":{"code":-32601,"message":"no"}}"#).is_err());
        assert!(read_fee_history(&answer("null")).is_err());
    }

    #[test]
    fn a_price_beyond_64_bits_is_still_a_price() {
        assert_eq!(read_wei(&answer(r#""0x10000000000000000""#)).unwrap(), 1 << 64);
        for bad in [r#""0x""#, "1", "null", r#""0x1_0""#] {
            assert!(read_wei(&answer(bad)).is_err(), "{bad}");
        }
    }
}
