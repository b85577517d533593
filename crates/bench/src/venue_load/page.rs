//! The page, in Markdown.

use load::{Class, Figures, Report};
use units::Span;

use super::options::Options;
use super::plain::{Plain, Row};
use super::{CAPACITY, Run};
use crate::figures::verdict;
use crate::gateway::machine;
use crate::venue_load::ground::Mode;

/// What is aimed at under a hundred times the load: the share of what cuts risk that is done within a second, the most
/// that 99 of 100 of those take, and the use that is made of the engine.
const AIM_SERVED: f64 = 0.999;
const AIM_P99: Span = Span::from_millis(50);
const AIM_GOODPUT: f64 = 0.9;

/// Most that those who pretend may take of new risk in times of what their equals take who do not.
const AIM_GAIN: f64 = 1.01;

/// An aim, and whether it was held.
#[derive(Clone, Debug)]
pub(super) struct Aim {
    pub(super) name: &'static str,
    pub(super) wanted: String,
    pub(super) seen: String,
    pub(super) held: bool,
}

/// One run in a line, for who waits.
pub(super) fn line(run: &Run) -> String {
    let cut = run.report.class(Class::Reduce);
    format!(
        "{} {}x: goodput {:.2}, cut risk {:.2} % in time, p99 {}; venue {} % of its core, load {} %",
        run.mode.word(),
        run.scene.times,
        run.goodput(),
        cut.served_share() * 100.0,
        millis(&cut, 0.99),
        run.busy_percent,
        run.report.watched.busy_percent(),
    )
}

fn millis(figures: &Figures, quantile: f64) -> String {
    figures.latency(quantile).map_or_else(
        || "–".to_owned(),
        |latency| format!("{:.1}", latency.as_micros() as f64 / 1e3),
    )
}

/// The aims of a run.
pub(super) fn aims(run: &Run) -> Vec<Aim> {
    let cut = run.report.class(Class::Reduce);
    let p99 = cut.latency(0.99);
    let (asked, told) = closing(&run.report);
    let gain = gain(&run.report);
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let aim = |name, wanted: String, seen: String, held| Aim { name, wanted, seen, held };
    vec![
        aim(
            "what cuts risk, done within a second",
            percent(AIM_SERVED),
            percent(cut.served_share()),
            cut.served_share() >= AIM_SERVED,
        ),
        aim(
            "p99 of that, from when it was due",
            format!("below {} ms", AIM_P99.as_millis()),
            format!("{} ms", millis(&cut, 0.99)),
            p99.is_some_and(|p99| p99 < AIM_P99),
        ),
        aim(
            "use of the engine",
            format!("{AIM_GOODPUT:.2} of its capacity"),
            format!("{:.2}", run.goodput()),
            run.goodput() >= AIM_GOODPUT,
        ),
        aim(
            "accounts that asked to close, closed or told why within a second",
            "all".to_owned(),
            format!("{told} of {asked}"),
            told == asked,
        ),
        aim(
            "new risk of 16 who call it a reduction, in times of what 16 take who do not",
            format!("at most {AIM_GAIN:.2}"),
            gain.map_or_else(|| "–".to_owned(), |gain| format!("{gain:.2}")),
            gain.is_none_or(|gain| gain <= AIM_GAIN),
        ),
    ]
}

/// Accounts that asked to close, and those that were closed or told why in time.
fn closing(report: &Report) -> (u64, u64) {
    let of = |name| {
        let group = report.group(name).map(|group| &group.figures);
        group.map_or((0, 0), |figures| (figures.offered, figures.told()))
    };
    let (http, sockets) = (of("close"), of("close over sockets"));
    (http.0 + sockets.0, http.1 + sockets.1)
}

/// What those who pretend have got, in times of what those have got who send as much and do not.
fn gain(report: &Report) -> Option<f64> {
    let of = |name| report.group(name).map(|group| group.figures.served + group.figures.late);
    let (pretend, honest) = (of("pretend")?, of("as many, honest")?);
    (honest > 0).then(|| pretend as f64 / honest as f64)
}

/// The whole page.
pub(super) fn text(runs: &[Run], plain: Option<&Plain>, options: &Options) -> String {
    let mut text = format!(
        "# The venue under load\n\nMade by `cargo xtask bench venue-load` on {}; {} s a run, seed {}.\n",
        machine(),
        options.seconds,
        options.seed
    );
    if !runs.is_empty() {
        text.push_str(&intro());
        runs.iter().for_each(|run| classes(&mut text, run));
        runs.iter().for_each(|run| totals(&mut text, run));
        text.push_str(AIMS_HEAD);
        runs.iter().filter(|run| run.scene.times == 100).for_each(|run| held(&mut text, run));
    }
    if let Some(plain) = plain {
        unthrottled(&mut text, plain);
    }
    text
}

fn intro() -> String {
    format!(
        "\nThe venue is the real binary on one core, its engine held to {CAPACITY} commands a second; the load is on \
         the other. Requests are due at times fixed before the run, and latency counts from when one was due. \
         *Offered* is what was due; *sent* is what a client had a free connection for before he wanted something \
         newer: a venue that does not read leaves the rest with its clients. *In time* is what was done and told \
         within a second. Closing requests and cancels are each of another position or order; who gets no answer asks \
         again every third of a second under the same name (*repeats*). New risk comes over HTTP (eight connections a \
         client) and over sockets. 16 clients dress it up as a reduction: half of their orders say that they only \
         reduce, which is refused, and half would turn a position around; 16 send as many that say what they are.\n\n\
         | admission | load | class | offered/s | sent/s | repeats/s | in time | refused | sent away | no answer | \
         p50 ms | p99 ms | p99.9 ms |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
}

fn classes(text: &mut String, run: &Run) {
    for class in Class::ALL {
        let figures = run.report.class(class);
        let seconds = run.report.lasts.as_millis() as f64 / 1e3;
        let rate = |count: u64| count as f64 / seconds;
        text.push_str(&format!(
            "| {} | {}x | {} | {:.0} | {:.0} | {:.0} | {:.2} % | {} | {} | {} | {} | {} | {} |\n",
            run.mode.word(),
            run.scene.times,
            class.word(),
            rate(figures.offered),
            rate(figures.sent),
            rate(figures.repeats),
            figures.served_share() * 100.0,
            figures.refused,
            figures.shed,
            figures.lost + figures.late,
            millis(&figures, 0.5),
            millis(&figures, 0.99),
            millis(&figures, 0.999),
        ));
    }
}

fn totals(text: &mut String, run: &Run) {
    if run.mode == Mode::ALL[0] && run.scene.times == 1 || !text.contains(TOTALS_HEAD) {
        text.push_str(TOTALS_HEAD);
    }
    let (asked, told) = closing(&run.report);
    let watched = &run.report.watched;
    text.push_str(&format!(
        "| {} | {}x | {:.2} | {asked} | {told} | {} | {} % | {} MiB | {} % | {:.1} ms |{}\n",
        run.mode.word(),
        run.scene.times,
        run.goodput(),
        gain(&run.report).map_or_else(|| "–".to_owned(), |gain| format!("{gain:.2}")),
        run.busy_percent,
        run.memory_mib,
        watched.busy_percent(),
        watched.lag_p99.as_micros() as f64 / 1e3,
        watched.void().map_or_else(String::new, |why| format!(" void: {why}")),
    ));
}

const TOTALS_HEAD: &str = "
*Use* is what was done in time of what changes something, in times of what the engine could do. The load's lag is how much
later than it was due one request in a hundred was handed to its connection: so much of any latency may be the load's own.

| admission | load | use of the engine | accounts that asked to close | closed or told why within a second | \
new risk of those who pretend, in times of their equals' | venue's core | venue's memory | load's core | load's lag |
|---|---|---|---|---|---|---|---|---|---|
";

const AIMS_HEAD: &str = "
At a hundred times the capacity, with closing requests for 60 % of it:

| admission | aim | wanted | seen | |
|---|---|---|---|---|
";

fn held(text: &mut String, run: &Run) {
    for aim in aims(run) {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            run.mode.word(),
            aim.name,
            aim.wanted,
            aim.seen,
            verdict(aim.held)
        ));
    }
}

fn unthrottled(text: &mut String, plain: &Plain) {
    text.push_str(
        "\n## As fast as it goes\n\nVenue and load share both cores. Orders are signed, checked, journalled, synced to \
         the disk and done before they are answered. The bare echoes are the same requests by the same client to a server \
         that answers with their address and does nothing, [axum](https://docs.rs/axum) on two threads: the limit. CPU \
         is of the server, on both cores. Latency is at half the rate, from when an order was due.\n\n\
         | what | a second | CPU µs each | load's core | in times of the echoes | at half the rate | p50 ms | p99 ms | \
         p99.9 ms | failed |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let echoes = plain.rows.last().map_or(0.0, |row| row.per_second);
    plain.rows.iter().for_each(|row| text.push_str(&unthrottled_row(row, echoes)));
}

fn unthrottled_row(row: &Row, echoes: f64) -> String {
    let (rate, figures) = row.paced.as_ref().map_or((0, &row.figures), |(rate, it)| (*rate, it));
    format!(
        "| {} | {:.0} | {:.1} | {} % | {:.2} | {rate} | {} | {} | {} | {} |\n",
        row.name,
        row.per_second,
        row.cpu_micros,
        row.watched.busy_percent(),
        row.per_second / echoes,
        millis(figures, 0.5),
        millis(figures, 0.99),
        millis(figures, 0.999),
        row.figures.offered - row.figures.served,
    )
}
