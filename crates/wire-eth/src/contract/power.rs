//! Powers of 1.0001 and of ten, without a float: a tick's price to the last place that a price has.

use alloy_primitives::{U256, U512};
use units::fixed;

/// 1.0001 to some power: a mantissa of 128 bits, the highest of them set, and a power of two. Each product is cut
/// after its 128th bit, so that after twenty squarings of the base the result is short by less than one part in 2^106.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Power {
    /// From 2^127 to below 2^128.
    mantissa: U256,
    /// The mantissa times two to this is the value.
    exponent: i32,
}

/// 1.0001^n for an n up to a million.
pub(super) fn power(n: u32) -> Power {
    let one = Power { mantissa: U256::ONE << 127, exponent: -127 };
    let base = (one.mantissa * U256::from(10_001)).wrapping_div(U256::from(10_000));
    let base = Power { mantissa: base, ..one };
    let mut result = one;
    for bit in (0..u32::BITS.saturating_sub(n.leading_zeros())).rev() {
        result = result.times(result);
        if (n >> bit) & 1 == 1 {
            result = result.times(base);
        }
    }
    result
}

impl Power {
    fn times(self, other: Self) -> Self {
        // Two numbers of 128 bits make one of 255 or 256.
        let product = self.mantissa * other.mantissa;
        let shift = product.bit_len().saturating_sub(128);
        let exponent = self.exponent.saturating_add(other.exponent);
        let shifted = i32::try_from(shift).unwrap_or(i32::MAX);
        Self { mantissa: product >> shift, exponent: exponent.saturating_add(shifted) }
    }

    /// One over this.
    pub(super) fn inverse(self) -> Self {
        let mantissa = (U256::ONE << 255_usize).wrapping_div(self.mantissa);
        let exponent = self.exponent.saturating_add(255);
        Self { mantissa, exponent: exponent.saturating_neg() }
    }

    /// This times ten to some power, in trillionths, rounded to the nearest; `None` where that is no price.
    pub(super) fn in_trillionths(self, tens: i32) -> Option<i128> {
        let tens = tens.saturating_add(i32::try_from(fixed::PLACES).ok()?);
        let ten = |power: u32| U512::from(10).checked_pow(U512::from(power));
        let (up, down) = (tens.max(0).unsigned_abs(), tens.min(0).unsigned_abs());
        let (left, right) = (self.exponent.max(0), self.exponent.min(0));
        let over = U512::from(self.mantissa).checked_mul(ten(up)?)?;
        let over = over.checked_shl(usize::try_from(left).ok()?)?;
        let under = ten(down)?.checked_shl(usize::try_from(right.unsigned_abs()).ok()?)?;
        let half = under >> 1_usize;
        let rounded: u128 = over.checked_add(half)?.checked_div(under)?.try_into().ok()?;
        i128::try_from(rounded).ok().filter(is_price)
    }

    /// The square root times 2^96, as a pool's contract keeps its price: what published vectors are of.
    #[cfg(test)]
    pub(super) fn square_root_x96(self) -> U512 {
        let exponent = self.exponent + 192;
        let shift = usize::try_from(exponent.unsigned_abs()).expect("below a thousand");
        let wide = U512::from(self.mantissa);
        let square = if exponent >= 0 { wide << shift } else { wide >> shift };
        square.root(2)
    }
}

/// Whether so many trillionths are a price: more than nothing, and not beyond what is read as one anywhere.
pub(super) fn is_price(raw: &i128) -> bool {
    *raw > 0 && *raw <= fixed::WHOLE_MAX.saturating_mul(fixed::ONE)
}

/// Ten to a power, where it fits.
pub(super) fn ten_to(power: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(power))
}
