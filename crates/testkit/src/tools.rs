//! Where the installed tools are, and free ports.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The repository's root.
///
/// # Panics
/// Where the crate no longer lies two folders below it.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("invariant: the crate lies in crates/testkit").to_path_buf()
}

fn first_existing(candidates: &[PathBuf]) -> PathBuf {
    candidates.iter().find(|path| path.exists()).cloned().unwrap_or_else(|| {
        let wanted = candidates.first().map(|path| path.display().to_string());
        panic!("{} is not installed: run `cargo xtask tools`", wanted.unwrap_or_default())
    })
}

/// The folder that npm installed into.
///
/// # Panics
/// Where it is not installed.
#[must_use]
pub fn npm() -> PathBuf {
    first_existing(&[root().join(".tools/npm")])
}

/// The anvil binary of this machine's npm platform package, or else npm's own starter for it.
///
/// # Panics
/// Where it is not installed.
#[must_use]
pub fn anvil() -> PathBuf {
    let modules = root().join(".tools/npm/node_modules");
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    first_existing(&[
        modules.join(format!("@foundry-rs/anvil-{system}-{machine}/bin/anvil")),
        modules.join(".bin/anvil"),
    ])
}

/// The Python interpreter that has the Python clients.
///
/// # Panics
/// Where it is not installed.
#[must_use]
pub fn python() -> PathBuf {
    first_existing(&[root().join(".tools/venv/bin/python")])
}

/// Ports are taken from below the range the system picks outgoing ports from (Linux: 32768 and up).
/// A node's port stays unbound while the node is dead, and from inside that range a client that
/// tries it again and again would in the end be connected to itself.
const PORTS: Range<u16> = 20_000..32_000;

/// Names the lane of a test process that has another beside it: each takes its ports from a range of its own, since a port
/// that one has taken and not bound yet looks free to the other.
const LANE: &str = "SEAWALL_TEST_LANE";

/// Ports of a lane: there are two of them.
fn ports() -> Range<u16> {
    let middle = PORTS.start.midpoint(PORTS.end);
    match std::env::var(LANE).as_deref() {
        Ok("0") => PORTS.start..middle,
        Ok("1") => middle..PORTS.end,
        Ok(_) | Err(_) => PORTS,
    }
}

/// A port that was free a moment ago, on the loopback address.
///
/// # Panics
/// Where the system has none left.
#[must_use]
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let ports = ports();
    let count = u32::from(ports.end - ports.start);
    for _ in 0..count {
        // Test processes that run side by side start at different places.
        let step = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Relaxed));
        let offset = u16::try_from(step % count).expect("invariant: below a count of ports");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports.start + offset));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port in {ports:?}");
}

/// Makes the tests of one file run one after the other: each needs the machine to itself, or its
/// latencies would be its neighbour's.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}
