//! What the day came to, as the page says it.

use venue_core::{MarketId, MarketState};

use super::exchange::Exchange;
use super::{Day, Hour, ODD_FOR};
use crate::venue::path::AIM;
use crate::venue::risk::SYMBOLS;

/// The part of the page that is about the day.
pub(super) fn page(day: &Day) -> String {
    let Day { accounts, positions, opening, .. } = day;
    let mut text = format!(
        "## The whole of 2025-10-10 through the venue\n\n{accounts} accounts with {positions} positions, {SYMBOLS} markets, \
         each position opened by an order (all in {opening:.0} s, not counted below); the same ticks, with news before the \
         low, each a command with a status (odd for {ODD_FOR} s now and then in the fall), and makers who quote again each \
         second, further away and less in the fall (`makers.rs`). Liquidations sell into their book, move the mark, and go \
         on to backstop, fund and holders; everything that the venue says is read. One core.\n\n\
         | what | measured | aim |\n|---|---|---|\n"
    );
    for (what, measured, aim) in speed(day).into_iter().chain(closed(day)).chain(kept(day)) {
        text.push_str(&format!("| {what} | {measured} | {aim} |\n"));
    }
    text
}

/// A row: what, what was measured, and the aim.
type Row = (&'static str, String, &'static str);

fn speed(day: &Day) -> Vec<Row> {
    let Exchange { nanos, slowest, commands, .. } = &day.exchange;
    let seconds = nanos / 1e9;
    let all = format!(
        "{seconds:.0} s for {commands} commands, {} of them prices: {:.2} µs each; the slowest {:.0} ms; {} in memory at most",
        day.ticks,
        nanos / 1e3 / *commands as f64,
        slowest / 1e6,
        memory(),
    );
    let verdict = if seconds < AIM { "minutes: held" } else { "minutes: missed" };
    let hours = by_hour(day, |hour| format!("{:.0}", hour.seconds));
    vec![("eight hours", all, verdict), ("seconds by hour, from 20:00 on", hours, "–")]
}

/// Who was closed, and by whom.
fn closed(day: &Day) -> Vec<Row> {
    let heard = &day.exchange.heard;
    let billions = |dollars: f64| format!("{:.2}", dollars / 1e9);
    let accounts = by_hour(day, |hour| hour.accounts.to_string());
    let notional = by_hour(day, |hour| billions(hour.notional));
    let by = [heard.book, heard.backstop, heard.holders].map(billions).join(", ");
    let decisions = by_hour(day, |hour| hour.decisions.to_string());
    let decisions = format!(
        "{} for {} positions, {} in the largest; holders gave {} times; by hour: {decisions}",
        heard.decisions, heard.losers, heard.most_losers, heard.gave,
    );
    let times = format!("{} ({} times): {accounts}", heard.accounts, heard.began);
    let open = by_hour(day, |hour| hour.most_open.to_string());
    vec![
        ("accounts liquidated, of these by hour", times, "–"),
        ("billions closed, by hour", format!("{}: {notional}", billions(heard.notional())), "–"),
        ("of these by the book, the backstop, holders", by, "–"),
        ("decisions of deleveraging", decisions, "–"),
        ("most liquidations open at once, by hour", open, "–"),
    ]
}

/// Who paid, and that all of it adds up, without which there would be no page.
fn kept(day: &Day) -> Vec<Row> {
    let Exchange { heard, venue, .. } = &day.exchange;
    let millions = |dollars: f64| format!("{:.1}", dollars / 1e6);
    let halted = (0..SYMBOLS).filter(|symbol| {
        let market = u16::try_from(*symbol).ok().map(MarketId::new);
        let view = market.and_then(|market| venue.market(market));
        view.is_some_and(|view| view.state == MarketState::Halted)
    });
    let paid = [heard.fund_paid, heard.holders_paid, heard.unpaid].map(millions).join(", ");
    let fund = millions(venue.fund().fund.raw() as f64 / 1e12);
    let paid = format!("{paid}; {fund} in the fund at the end; {} markets halted", halted.count());
    let tape = format!("{} entries, none missing, each hash as it has to be", heard.tape.number);
    let counted = "money to the unit, long as much as short, nobody due and not known";
    vec![
        ("millions of loss paid by the fund, by holders, by nobody", paid, "–"),
        ("the tape", tape, "complete: held"),
        ("invariants, counted anew at the end", counted.to_owned(), "none broken: held"),
    ]
}

fn by_hour(day: &Day, of: impl Fn(&Hour) -> String) -> String {
    let hours: Vec<String> = day.hours.iter().map(of).collect();
    hours.join(", ")
}

/// What the program has had at most; nothing where the system does not say.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.map_or("–".to_owned(), |kilobytes| format!("{:.1} GB", kilobytes / 1e6))
}
