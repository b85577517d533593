//! What is measured: one row each.

use super::peers::{Peer, Upstreams};

/// A question that is asked again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// `eth_call`, answered with 115 B.
    Call,
    /// `eth_getBlockByNumber`, 1.3 KB.
    Block,
    /// `eth_getLogs`, 200 KB.
    Logs,
}

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// Each connection asks again as soon as it has its answer.
    Closed,
    /// At half of the rate that HAProxy serves at most.
    Half,
}

/// Who is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// What the table calls it.
    pub(super) name: &'static str,
    /// The program.
    pub(super) peer: Peer,
    /// Its worker threads or processes.
    pub(super) workers: u8,
}

/// One thing that is measured for several targets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// What the table says.
    pub(super) title: &'static str,
    /// What is asked.
    pub(super) method: Method,
    /// Whether it is the same question each time, which a cache may answer.
    pub(super) same: bool,
    /// Connections at once.
    pub(super) connections: u64,
    /// How it is asked.
    pub(super) load: Load,
    /// What is behind the targets.
    pub(super) upstreams: Upstreams,
    /// Whether everything shares all cores, instead of one for the proxy and one for the rest.
    pub(super) both_cores: bool,
    /// Who is asked.
    pub(super) targets: &'static [Target],
    /// The most that Seawall may need of HAProxy's CPU a call (or of its p99 where `load` is
    /// [`Load::Half`]), in per cent.
    pub(super) aim_percent: Option<u64>,
}

/// Each with one worker.
const THREE: &[Target] = &[
    Target { name: "nginx", peer: Peer::Nginx, workers: 1 },
    Target { name: "haproxy", peer: Peer::Haproxy, workers: 1 },
    Target { name: "seawall", peer: Peer::Seawall, workers: 1 },
];

/// One worker beside two.
const SCALED: &[Target] = &[
    Target { name: "haproxy 1", peer: Peer::Haproxy, workers: 1 },
    Target { name: "haproxy 2", peer: Peer::Haproxy, workers: 2 },
    Target { name: "seawall 1", peer: Peer::Seawall, workers: 1 },
    Target { name: "seawall 2", peer: Peer::Seawall, workers: 2 },
];

const SMALL: Row = Row {
    name: "small",
    title: "115 B, 64 connections",
    method: Method::Call,
    same: false,
    connections: 64,
    load: Load::Closed,
    upstreams: Upstreams::Plain,
    both_cores: false,
    targets: THREE,
    aim_percent: Some(110),
};

/// All rows, in the order of the table.
pub(super) const ROWS: &[Row] = &[
    SMALL,
    Row {
        name: "small-1000",
        title: "115 B, 1,000 connections",
        connections: 1_000,
        aim_percent: None,
        ..SMALL
    },
    Row { name: "block", title: "1.3 KB, 64 connections", method: Method::Block, ..SMALL },
    Row {
        name: "logs",
        title: "200 KB, 64 connections",
        method: Method::Logs,
        aim_percent: Some(130),
        ..SMALL
    },
    Row {
        name: "cached",
        title: "1.3 KB, the same again and again, 64 connections",
        method: Method::Block,
        same: true,
        aim_percent: Some(60),
        ..SMALL
    },
    Row {
        name: "tls",
        title: "115 B, TLS to the upstream, 64 connections",
        upstreams: Upstreams::Tls,
        aim_percent: Some(70),
        ..SMALL
    },
    Row {
        name: "sick",
        title: "115 B, one of three upstreams fails every call, 64 connections",
        upstreams: Upstreams::Sick,
        aim_percent: None,
        ..SMALL
    },
    Row {
        name: "half",
        title: "115 B at half of HAProxy's rate, 64 connections, from the time a call was due",
        load: Load::Half,
        aim_percent: Some(150),
        ..SMALL
    },
    Row {
        name: "cores",
        title: "115 B, one worker and two, everything on all cores, 64 connections",
        both_cores: true,
        targets: SCALED,
        aim_percent: None,
        ..SMALL
    },
];
