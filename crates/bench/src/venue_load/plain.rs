//! As fast as it goes: orders a second over HTTP and over sockets, each acknowledged after it was synced to the disk, and
//! beside them as many bare echoes.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use load::{Ask, Class, Closed, Figures, Group, Holder, Plan, Watched, Way, closed};
use runtime::task;
use serde_json::{Value, json};
use units::Span;

use super::IN_TIME;
use super::ground::Ground;
use super::options::Options;
use crate::process::{Cores, Process, wait_for_port};

/// What each of the clients has under way: together five hundred, which is what goes to the disk at once.
const LINES: usize = 8;

/// And where times are fixed before: enough that none has to wait for a line, and what an account may have under way.
const PACED_LINES: usize = 12;

/// For how long each is measured.
const LASTS: Span = Span::from_secs(5);

/// The share of the most that was reached at which latency is measured, of one.
const PACED_SHARE: f64 = 0.5;

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What was asked.
    pub(super) name: &'static str,
    /// How many were done in a second.
    pub(super) per_second: f64,
    /// The server's time for each, on both cores, in microseconds.
    pub(super) cpu_micros: f64,
    /// What was counted.
    pub(super) figures: Figures,
    /// The load's own share.
    pub(super) watched: Watched,
    /// At half that rate, times fixed before: how many a second, and what was counted.
    pub(super) paced: Option<(u32, Figures)>,
}

/// All rows.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    pub(super) rows: Vec<Row>,
}

impl Plain {
    /// All as JSON.
    pub(super) fn json(&self) -> Value {
        let micros = |figures: &Figures, quantile| {
            figures.latency(quantile).map(|latency| latency.as_micros())
        };
        let row = |row: &Row| {
            json!({
                "what": row.name, "per_second": row.per_second, "cpu_us": row.cpu_micros,
                "p50_us": micros(&row.figures, 0.5), "p99_us": micros(&row.figures, 0.99),
                "load_busy_percent": row.watched.busy_percent(), "failed": row.figures.offered - row.figures.served,
                "paced": row.paced.as_ref().map(|(rate, figures)| json!({
                    "per_second": rate, "p50_us": micros(figures, 0.5), "p99_us": micros(figures, 0.99),
                    "p99.9_us": micros(figures, 0.999),
                })),
            })
        };
        json!(self.rows.iter().map(row).collect::<Vec<_>>())
    }
}

/// Measures them all, one after the other, on both cores.
pub(super) fn measure(ground: &Ground, options: &Options) -> Result<Plain> {
    let mut rows = Vec::new();
    for (name, way) in
        [("orders over HTTP", Way::Http), ("orders over the WebSocket API", Way::Socket)]
    {
        let venue = ground.start(None, Cores::Both)?;
        let mut row = row(name, ground, way, venue.address, &venue.process)?;
        row.paced = Some(paced(ground, way, venue.address, row.per_second, options.seed)?);
        venue.process.stop();
        rows.push(row);
    }
    let own = std::env::current_exe().context("cannot find this program")?;
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let words = [Path::new("echo"), Path::new(&address.to_string())].map(Path::to_path_buf);
    let echo = Process::start(&own, &words, &[], &Cores::Both)?;
    wait_for_port(address.port())?;
    let mut bare = row("bare echoes through axum", ground, Way::Http, address, &echo)?;
    bare.paced = Some(paced(ground, Way::Http, address, bare.per_second, options.seed)?);
    rows.push(bare);
    echo.stop();
    Ok(Plain { rows })
}

fn row(
    name: &'static str,
    ground: &Ground,
    way: Way,
    address: SocketAddr,
    process: &Process,
) -> Result<Row> {
    let how = Closed {
        venue: address,
        way,
        holders: clients(ground),
        lines: LINES,
        lasts: LASTS,
        terms: ground.terms,
    };
    let before = process.cpu_micros()?;
    let (figures, watched) = task::block_on(closed(&how)).map_err(|why| anyhow!("{why}"))?;
    let used = process.cpu_micros()?.saturating_sub(before);
    let done = figures.served as f64;
    Ok(Row {
        name,
        per_second: done * 1e6 / watched.ran.as_micros() as f64,
        cpu_micros: used as f64 / done,
        figures,
        watched,
        paced: None,
    })
}

/// Latency at half the rate, from the times at which requests were due.
fn paced(
    ground: &Ground,
    way: Way,
    venue: SocketAddr,
    most: f64,
    seed: u64,
) -> Result<(u32, Figures)> {
    let per_second = (most * PACED_SHARE).round() as u32;
    let group = Group {
        name: "orders".to_owned(),
        class: Class::NewRisk,
        asks: vec![Ask::NewRisk],
        holders: clients(ground),
        names: 1,
        per_second,
        lines: PACED_LINES,
        way,
        patience: IN_TIME,
        insist: None,
    };
    let plan = Plan {
        seed,
        venue,
        lasts: LASTS,
        in_time: IN_TIME,
        terms: ground.terms,
        groups: vec![group],
    };
    let report = task::block_on(load::run(&plan)).map_err(|why| anyhow!("{why}"))?;
    Ok((per_second, report.class(Class::NewRisk)))
}

/// Who sends orders.
fn clients(ground: &Ground) -> Vec<Holder> {
    [ground.troupe.traders.as_slice(), ground.troupe.wired.as_slice()].concat()
}
