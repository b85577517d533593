//! Calls at a fixed rate, however long each takes: latency counts from when a call was due, so that a
//! stall is charged to every call that it held up.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// To whom.
    pub(crate) address: SocketAddr,
    /// Calls a second, over all connections.
    pub(crate) rate: u64,
    /// For how long.
    pub(crate) seconds: u64,
    /// The first call's number: no two calls are alike.
    pub(crate) from: u64,
    /// Connections, each with a thread of its own.
    pub(crate) connections: u64,
}

/// Carries the plan out and gives one line: calls, failures, then p50, p99 and p99.9 in microseconds.
pub(crate) fn run(plan: &Plan) -> Result<String> {
    let start = Instant::now() + Duration::from_millis(200);
    let threads: Vec<_> = (0..plan.connections)
        .map(|lane| {
            let plan = *plan;
            std::thread::spawn(move || drive(&plan, lane, start))
        })
        .collect();
    let (mut taken, mut failed) = (Vec::new(), 0_u64);
    for thread in threads {
        let Ok((times, failures)) = thread.join() else { bail!("a thread of the load broke") };
        taken.extend(times);
        failed += failures;
    }
    taken.sort_unstable();
    let at = |per_mille: usize| taken.get(taken.len() * per_mille / 1_000).copied().unwrap_or(0);
    Ok(format!("{} {failed} {} {} {}", taken.len(), at(500), at(990), at(999)))
}

/// One connection's share of the calls: every `connections`-th.
fn drive(plan: &Plan, lane: u64, start: Instant) -> (Vec<u64>, u64) {
    let count = plan.rate * plan.seconds / plan.connections;
    let (mut times, mut failures) = (Vec::new(), 0);
    let mut stream = None;
    for turn in 0..count {
        let nth = turn * plan.connections + lane;
        let due = start + Duration::from_nanos(nth.saturating_mul(1_000_000_000) / plan.rate);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let called = match stream.take() {
            Some(open) => Ok(open),
            None => connect(plan.address),
        }
        .and_then(|open| call(open, plan.from + nth));
        match called {
            Ok(open) => {
                stream = Some(open);
                times.push(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            Err(_) => failures += 1,
        }
    }
    (times, failures)
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn call(mut stream: TcpStream, number: u64) -> Result<TcpStream> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{number},"method":"eth_call","params":[{{"to":"0x{number:040x}","data":"0x70a08231"}},"latest"]}}"#
    );
    let head = format!(
        "POST / HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut text = Vec::with_capacity(1_024);
    let mut part = [0; 4_096];
    while !is_whole(&text)? {
        let read = stream.read(&mut part)?;
        if read == 0 {
            bail!("the connection was closed");
        }
        text.extend_from_slice(part.get(..read).unwrap_or_default());
    }
    Ok(stream)
}

/// Whether a response has come whole.
///
/// # Errors
/// Where it is no success, or one without a length.
fn is_whole(text: &[u8]) -> Result<bool> {
    let Some(end) = text.windows(4).position(|part| part == b"\r\n\r\n") else { return Ok(false) };
    let head = std::str::from_utf8(text.get(..end).unwrap_or_default())?.to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        bail!("no success: {head}");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("an answer without a length")?.trim().parse()?;
    Ok(text.len() >= end + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_answer_must_not_be_timed_as_a_whole_one() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        for cut in 0..text.len() {
            assert!(!is_whole(&text[..cut]).expect("a success so far"), "{cut}");
        }
        assert!(is_whole(text).expect("a success"));
        assert!(is_whole(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
