//! The load: wrk for calls as fast as they go, our own paced client for calls at a rate.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::rows::Method;
use crate::process::{Cores, pinned};
use crate::stub::FIRST_HEAD;

/// One run of load.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Whom it is for.
    pub(super) address: SocketAddr,
    /// What is asked.
    pub(super) method: Method,
    /// Whether it is the same question each time.
    pub(super) same: bool,
    /// Connections at once.
    pub(super) connections: u64,
    /// For how long.
    pub(super) seconds: u64,
    /// The first question's number.
    pub(super) from: u64,
    /// Calls a second; 0 for as many as it takes.
    pub(super) rate: u64,
    /// Where the load runs.
    pub(super) cores: Cores,
}

/// What a run showed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
    /// Calls that were answered.
    pub(super) calls: u64,
    /// Calls answered with an error status, or not at all.
    pub(super) failed: u64,
    /// Calls a second.
    pub(super) per_second: u64,
    /// Median latency in microseconds, then the one that 1 in 100 and 1 in 1,000 exceed.
    pub(super) p50: u64,
    /// See `p50`.
    pub(super) p99: u64,
    /// See `p50`.
    pub(super) p999: u64,
    /// CPU time of the target a call, in nanoseconds.
    pub(super) cpu_nanos: u64,
}

impl Measured {
    /// With what the target used in all.
    pub(super) fn with_cpu(self, micros: u64) -> Self {
        Self { cpu_nanos: micros * 1_000 / self.calls.max(1), ..self }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:7} calls/s {:7} us p50 {:7} us p99 {:7} us p99.9 {:3}.{:02} us CPU a call, {} failed",
            self.per_second,
            self.p50,
            self.p99,
            self.p999,
            self.cpu_nanos / 1_000,
            self.cpu_nanos % 1_000 / 10,
            self.failed
        )
    }
}

/// Opens connections and fills pools before anything is counted.
pub(super) fn warm_up(folder: &Path, order: &Order) -> Result<()> {
    let brief = Order { seconds: 1, rate: 0, from: order.from + FIRST_HEAD / 2, ..order.clone() };
    wrk(folder, &brief).map(drop)
}

/// Carries out an order.
pub(super) fn run(folder: &Path, order: &Order) -> Result<Measured> {
    if order.rate == 0 { wrk(folder, order) } else { pace(order) }
}

fn wrk(folder: &Path, order: &Order) -> Result<Measured> {
    let script = folder.join("load.lua");
    fs::write(&script, lua(order)).context("cannot write wrk's script")?;
    let output = pinned(Path::new("wrk"), order.cores)
        .args(["-t", "1", "-c", &order.connections.to_string()])
        .args(["-d", &format!("{}s", order.seconds), "--timeout", "5s", "-s"])
        .arg(&script)
        .arg(format!("http://{}/", order.address))
        .output()
        .context("cannot run wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("bench "));
    let Some(line) = line.filter(|_| output.status.success()) else {
        bail!("wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    let [calls, failed, micros, p50, p99, p999] = numbers(line)?;
    let per_second = calls * 1_000_000 / micros.max(1);
    Ok(Measured { calls, failed, per_second, p50, p99, p999, cpu_nanos: 0 })
}

fn pace(order: &Order) -> Result<Measured> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let words = [order.rate, order.seconds, order.from, order.connections].map(|n| n.to_string());
    let output = pinned(&own, order.cores)
        .args(["pace", &order.address.to_string()])
        .args(words)
        .output()
        .context("cannot run the paced load")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let [calls, failed, p50, p99, p999] = numbers(text.trim())?;
    let per_second = calls / order.seconds.max(1);
    Ok(Measured { calls, failed, per_second, p50, p99, p999, cpu_nanos: 0 })
}

/// So many numbers with spaces between.
fn numbers<const N: usize>(line: &str) -> Result<[u64; N]> {
    let read: Result<Vec<u64>, _> = line.split(' ').map(str::parse).collect();
    let read = read.with_context(|| format!("the load said {line:?}"))?;
    read.try_into().map_err(|_| anyhow::anyhow!("the load said {line:?}"))
}

/// wrk's script: what is sent, and one line about how it went.
fn lua(order: &Order) -> String {
    let body = match order.method {
        Method::Call => {
            r#"{"jsonrpc":"2.0","id":%d,"method":"eth_call","params":[{"to":"0x%040x","data":"0x70a08231"},"latest"]}"#
        }
        Method::Block => {
            r#"{"jsonrpc":"2.0","id":%d,"method":"eth_getBlockByNumber","params":["0x%x",false]}"#
        }
        Method::Logs => {
            r#"{"jsonrpc":"2.0","id":%d,"method":"eth_getLogs","params":[{"fromBlock":"0x%x","toBlock":"0x%x","address":"0x00000000000000000000000000000000000000aa"}]}"#
        }
    };
    // Well below the head, so that it is final; the id is another one each time in any case.
    let number =
        if order.same { "1000".to_owned() } else { format!("1 + n % {}", FIRST_HEAD - 1_000) };
    format!(
        r#"local n = {from}
local body = '{body}'
local head = "POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
request = function()
  n = n + 1
  local number = {number}
  local text = string.format(body, n, number, number)
  return head .. #text .. "\r\n\r\n" .. text
end
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("bench %d %d %d %d %d %d\n", summary.requests, failed, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"#,
        from = order.from,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_said_something_else_must_not_be_read_as_figures() {
        assert_eq!(numbers::<2>("12 3").expect("two numbers"), [12, 3]);
        for wrong in ["", "12", "12 3 4", "12 x"] {
            assert!(numbers::<2>(wrong).is_err(), "{wrong}");
        }
    }
}
