//! Logarithms and square roots in integers.
//!
//! Base 2 with 40 bits behind the point: one part in 10^12, as exact as the prices themselves.

use units::Price;

/// Bits behind the point of a logarithm.
const BITS: u32 = 40;

/// Bits behind the point of what is multiplied on the way.
const INNER: u32 = 62;

/// The 2^k-th roots of two for k = 1, 2, ..., as numbers with [`INNER`] bits behind the point.
const ROOTS: [u128; 40] = roots();

const fn roots() -> [u128; 40] {
    let mut roots = [0; 40];
    let mut value: u128 = 1 << 63;
    let mut rest = roots.as_mut_slice();
    while let Some((first, others)) = rest.split_first_mut() {
        value = (value << INNER).isqrt();
        *first = value;
        rest = others;
    }
    roots
}

/// The logarithm of a price in trillionths, to base 2; `None` of nothing and below.
pub(crate) fn log2(price: Price) -> Option<i64> {
    let value = u128::try_from(price.raw()).ok().filter(|value| *value > 0)?;
    let whole = value.ilog2();
    // Brought to [1, 2) with the inner bits.
    let mut part = if whole >= INNER {
        value >> whole.saturating_sub(INNER)
    } else {
        value << INNER.saturating_sub(whole)
    };
    let mut fraction = 0_i64;
    for _ in 0..BITS {
        // Below 2^63 squared is below 2^126.
        part = part.saturating_mul(part) >> INNER;
        fraction <<= 1;
        if part >> INNER >= 2 {
            part >>= 1;
            fraction |= 1;
        }
    }
    Some((i64::from(whole) << BITS) | fraction)
}

/// The price of a logarithm; the inverse of [`log2`] but for the last digits.
pub(crate) fn exp2(logarithm: i64) -> Price {
    let Ok(whole) = u32::try_from(logarithm >> BITS) else { return Price::ZERO };
    let mut value: u128 = 1 << INNER;
    for (place, root) in (1_u32..).zip(ROOTS) {
        if (logarithm >> BITS.saturating_sub(place)) & 1 == 1 {
            value = value.saturating_mul(root) >> INNER;
        }
    }
    let scaled = if whole >= INNER {
        value.checked_shl(whole.saturating_sub(INNER)).unwrap_or(u128::MAX)
    } else {
        value >> INNER.saturating_sub(whole)
    };
    Price::from_raw(i128::try_from(scaled).unwrap_or(i128::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_comes_back_from_its_logarithm() {
        for text in ["0.000001", "0.65", "1", "1.0005", "68900.01", "123456789.123456"] {
            let price = Price::parse(text.as_bytes()).expect("a number");
            let back = exp2(log2(price).expect("above nothing"));
            // One part in 10^9, or the last digit there is.
            let off = back.distance(price).raw();
            assert!(off <= 1 + price.raw() / 1_000_000_000, "{text} came back as {back}");
        }
        assert_eq!(log2(Price::ZERO), None);
        assert_eq!(log2(Price::from_raw(1 << 45)), Some(45 << BITS));
        assert_eq!(exp2(45 << BITS), Price::from_raw(1 << 45));
        assert_eq!(exp2(-1), Price::ZERO);
    }
}
