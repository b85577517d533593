//! Reads exact numbers: shares with their unit, factors, money.

use std::ops::RangeInclusive;

use units::{Money, Ratio};

use super::reader::{Found, Reader};
use super::report::Report;
use super::value::shown;

/// A hundredth.
const PERCENT: i128 = 10_000_000_000;

/// A share with its unit, such as `25bp` or `0.5%`.
pub(super) fn share(
    table: &Reader<'_>,
    key: &str,
    range: &RangeInclusive<Ratio>,
    report: &mut Report<'_>,
) -> Option<Found<Ratio>> {
    let (low, high) = (share_text(*range.start()), share_text(*range.end()));
    let accepted =
        format!("a share from \"{low}\" to \"{high}\", in \"%\" or \"bp\" (1% is 100bp)");
    table.text(key, &accepted, report, |text| {
        let share = read_share(text)?;
        if range.contains(&share) {
            Ok(share)
        } else {
            Err(format!("{} is out of range", shown(text)))
        }
    })
}

fn read_share(text: &str) -> Result<Ratio, String> {
    let text = text.trim();
    let (number, unit) = if let Some(number) = text.strip_suffix('%') {
        (number, PERCENT)
    } else if let Some(number) = text.strip_suffix("bp") {
        (number, Ratio::from_bps(1).raw())
    } else {
        return Err(format!("{} has no unit", shown(text)));
    };
    let number = Ratio::parse(number.trim().as_bytes())
        .map_err(|_| format!("{} is no share", shown(text)))?;
    number
        .times(Ratio::from_raw(unit), units::Rounding::Nearest)
        .ok_or_else(|| format!("{} is too large", shown(text)))
}

/// A share as it is written in the file.
fn share_text(share: Ratio) -> String {
    let percent = share.times(Ratio::whole(100), units::Rounding::Nearest).unwrap_or(Ratio::ZERO);
    format!("{percent}%")
}

/// A number without a unit, such as `1.05`.
pub(super) fn ratio(text: &str) -> Result<Ratio, String> {
    let number = Ratio::parse(text.trim().as_bytes());
    let number = number.map_err(|_| format!("{} is no number", shown(text)))?;
    if number > Ratio::ZERO { Ok(number) } else { Err(format!("{} is not above 0", shown(text))) }
}

/// An amount of money in whole units.
pub(super) fn money(
    table: &Reader<'_>,
    key: &str,
    report: &mut Report<'_>,
) -> Option<Found<Money>> {
    // More than any market has.
    let found = table.number(key, 0..=1_000_000_000_000_000, report)?;
    Some(Found { value: Money::whole(i128::from(found.value)), place: found.place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_read_a_hundred_times_too_large_opens_the_gate() {
        for (text, bps) in [("25bp", 25), ("0.25%", 25), ("50 %", 5_000), ("1.5bp", 1)] {
            assert_eq!(read_share(text).map(Ratio::as_bps), Ok(bps), "{text}");
        }
        for text in ["25", "0.005", "bp", "%", "1,5%", "25bps"] {
            assert!(read_share(text).is_err(), "{text}");
        }
        assert_eq!(share_text(Ratio::from_bps(50)), "0.5%");
    }
}
