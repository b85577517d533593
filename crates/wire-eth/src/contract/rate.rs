//! What wrapped assets are redeemed for, each in the words of its contract.

use alloy_primitives::{U256, U512};
use units::{Ratio, fixed};

use super::abi::{OddAnswer, unsigned, words};

/// Shares that a vault is asked the worth of, in its smallest unit: so many that twelve places of the ratio are seen
/// even where the shares have 18 decimals and the asset has six; a million of such shares.
pub(super) const SHARES: u128 = 1_000_000_000_000_000_000_000_000;

/// The least and the most that an exchange rate can be, in trillionths: one in a million, and a million. What is
/// beyond is an answer in other units than its reader was told.
const RATIOS: std::ops::RangeInclusive<i128> = 1_000_000..=fixed::ONE * 1_000_000;

/// How a contract is asked for its exchange rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateKind {
    /// Lido's wstETH: `stEthPerToken()`.
    WstEth,
    /// Binance's wBETH and others of its kind: `exchangeRate()`.
    WbEth,
    /// Rocket Pool's rETH: `getExchangeRate()`.
    REth,
    /// Any vault of tokens (ERC-4626): `convertToAssets(uint256)`.
    Erc4626,
}

impl RateKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::WstEth, Self::WbEth, Self::REth, Self::Erc4626];

    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WstEth => "wsteth",
            Self::WbEth => "wbeth",
            Self::REth => "reth",
            Self::Erc4626 => "erc4626",
        }
    }
}

/// Reads a rate's answer: how much comes out for one. `decimals` are those of the wrapped token and of what comes
/// out; only a vault's rate depends on them, the others are written with 18 places.
///
/// # Errors
/// Where the answer is no number, or no exchange rate.
pub fn read_rate(kind: RateKind, answer: &[u8], decimals: [u8; 2]) -> Result<Ratio, OddAnswer> {
    let [word] = words(answer)?;
    let value = unsigned(word, 160, "the exchange rate")?;
    let ratio = match kind {
        RateKind::WstEth | RateKind::WbEth | RateKind::REth => scaled(value, 0, 18),
        RateKind::Erc4626 => {
            let [shares, assets] = decimals;
            scaled(value, shares, assets.saturating_add(24))
        }
    };
    let ratio = ratio.ok_or(OddAnswer::Unfit)?;
    if RATIOS.contains(&ratio) {
        Ok(Ratio::from_raw(ratio))
    } else {
        Err(OddAnswer::Range("the exchange rate"))
    }
}

/// `value × 10^up / 10^down`, in trillionths, rounded down: nobody is paid more than the contract says.
fn scaled(value: U256, up: u8, down: u8) -> Option<i128> {
    let ten = |power: u32| U512::from(10).checked_pow(U512::from(power));
    let up = u32::from(up).saturating_add(fixed::PLACES);
    let over = U512::from(value).checked_mul(ten(up)?)?;
    let size: u128 = over.checked_div(ten(u32::from(down))?)?.try_into().ok()?;
    i128::try_from(size).ok()
}

/// That the number of shares is the power of ten that the answer is divided by.
const _: () =
    assert!(SHARES == 10_u128.pow(24), "the shares asked for are those that are divided by");
