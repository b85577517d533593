//! A user's own accounts, in the place of a population that is drawn: CSV.
//!
//! `docs/drills/portfolio.md` has the columns and an example.

use std::collections::BTreeMap;

use venue_core::Lots;

use super::asset::Asset;
use super::population::{Holder, Position};

/// The columns, in their order.
const COLUMNS: [&str; 5] = ["account", "market", "quantity", "entry_price", "collateral"];

/// Most bytes of a portfolio: rows of a hundred bytes for every account there may be.
const BYTES_MAX: usize = 200_000_000;

/// Most rows.
const ROWS_MAX: usize = 2_000_000;

/// Most mistakes that are told at once.
const MISTAKES_MAX: usize = 20;

/// An account as far as it was read.
#[derive(Debug, Default)]
struct Draft {
    /// Its first line.
    line: usize,
    collateral: f64,
    /// Dollars that its positions have won since they were entered.
    profit: f64,
    /// Margin that its positions need to be opened.
    needs: f64,
    positions: Vec<Position>,
}

/// Reads a portfolio: a line a position, lines of one account with the same collateral or with it once.
///
/// # Errors
/// Every mistake, with its line.
pub(crate) fn read(text: &str, assets: &[Asset]) -> Result<Vec<Holder>, String> {
    if text.len() > BYTES_MAX {
        return Err(format!(
            "the portfolio has {} bytes, and {BYTES_MAX} are the most",
            text.len()
        ));
    }
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let head = lines.next().map(|(_, line)| line).unwrap_or_default();
    let names: Vec<&str> = head.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    if names != COLUMNS {
        return Err(format!("portfolio:1: the first line has to be `{}`", COLUMNS.join(",")));
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (nth, (place, line)) in lines.enumerate() {
        let at = place + 1;
        if nth >= ROWS_MAX {
            mistakes.push(format!("portfolio:{at}: there are more than {ROWS_MAX} rows"));
            break;
        }
        if let Err(why) = row(line, at, assets, (&mut places, &mut drafts)) {
            mistakes.push(format!("portfolio:{at}: {why}"));
        }
        if mistakes.len() >= MISTAKES_MAX {
            break;
        }
    }
    mistakes.extend(drafts.iter().filter_map(|draft| {
        let equity = draft.collateral + draft.profit;
        (equity < draft.needs).then(|| {
            format!(
                "portfolio:{}: the account has {equity:.2} dollars with its profit, and its positions need {:.2} to be \
                 opened",
                draft.line, draft.needs
            )
        })
    }).take(MISTAKES_MAX));
    if mistakes.is_empty() && drafts.is_empty() {
        mistakes.push("portfolio:1: there is no account in it".to_owned());
    }
    if !mistakes.is_empty() {
        return Err(mistakes.join("\n"));
    }
    let holder = |draft: Draft| Holder {
        people: 1.0,
        // Rounding to lots and the tick that an order pays must not make somebody short of margin.
        equity: draft.collateral + draft.profit + draft.needs * 0.001,
        positions: draft.positions,
    };
    Ok(drafts.into_iter().map(holder).collect())
}

fn row(
    line: &str,
    at: usize,
    assets: &[Asset],
    (places, drafts): (&mut BTreeMap<String, usize>, &mut Vec<Draft>),
) -> Result<(), String> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let &[account, market, quantity, entry, collateral] = cells.as_slice() else {
        return Err(format!("there are {} columns, and {} are wanted", cells.len(), COLUMNS.len()));
    };
    if account.is_empty() || account.len() > 64 {
        return Err("account: has to be a name of up to 64 letters".to_owned());
    }
    let number = |name: &str, cell: &str| -> Result<f64, String> {
        cell.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && number.abs() < 1e15)
            .ok_or_else(|| format!("{name}: `{cell}` is no number"))
    };
    let known: Vec<&str> = assets.iter().map(|asset| asset.settings.name.as_str()).collect();
    let place = known
        .iter()
        .position(|name| *name == market)
        .ok_or_else(|| format!("market: `{market}` is none of {}", known.join(", ")))?;
    let asset = assets.get(place).ok_or("market: there is none")?;
    let quantity = number("quantity", quantity)?;
    let entry = number("entry_price", entry)?;
    if entry <= 0.0 {
        return Err("entry_price: has to be above 0".to_owned());
    }
    let lots = asset.lots(quantity.abs() * asset.start, asset.start).number();
    if lots == 0 {
        return Err(format!(
            "quantity: it is less than the {} that the market trades",
            asset.settings.lot
        ));
    }
    let lots = if quantity < 0.0 { -lots } else { lots };
    let collateral =
        if collateral.is_empty() { None } else { Some(number("collateral", collateral)?) };
    let nth = *places.entry(account.to_owned()).or_insert_with(|| {
        drafts.push(Draft { line: at, ..Draft::default() });
        drafts.len() - 1
    });
    let draft = drafts.get_mut(nth).ok_or("account: is not known")?;
    if draft.positions.iter().any(|position| position.asset == place) {
        return Err(format!("market: the account has a position in {market} already"));
    }
    match collateral {
        Some(amount) if amount < 0.0 => return Err("collateral: has to be 0 or more".to_owned()),
        Some(amount) if draft.collateral > 0.0 && amount != draft.collateral => {
            return Err("collateral: the account has another one in a line before".to_owned());
        }
        Some(amount) => draft.collateral = amount,
        None => {}
    }
    let worth = asset.worth(Lots::new(lots), asset.start);
    draft.profit += worth * (1.0 - entry / asset.start);
    draft.needs += worth.abs() * initial(asset);
    draft.positions.push(Position { asset: place, lots });
    Ok(())
}

/// Least margin for a new position, as a part of it.
fn initial(asset: &Asset) -> f64 {
    asset.settings.brackets.first().map_or(0.01, |it| it.initial.raw() as f64 / 1e12)
}
