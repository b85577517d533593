//! Processes: started on the cores they may use, their CPU time read, ended when they are dropped.

use std::ffi::OsStr;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a program may take to listen.
const START_TIME_MAX: Duration = Duration::from_secs(20);
/// Clock ticks a second in `/proc`, which Linux fixes for all programs.
const TICKS: u64 = 100;

/// Where a process may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    /// The core of what is measured.
    Proxy,
    /// The core of stub and load.
    Load,
    /// Both.
    Both,
}

impl Cores {
    const fn list(self) -> &'static str {
        match self {
            Self::Proxy => "1",
            Self::Load => "0",
            Self::Both => "0,1",
        }
    }
}

/// A command that runs on some cores only.
pub(crate) fn pinned(program: &Path, cores: Cores) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", cores.list()]).arg(program);
    command
}

/// Keeps this program to some cores from now on, with all its threads.
///
/// # Errors
/// Where the system does not allow it.
pub(crate) fn pin(cores: Cores) -> Result<()> {
    let own = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--cpu-list", "--pid", cores.list(), &own]).stdout(Stdio::null());
    let done = command.status().context("cannot run taskset")?;
    if done.success() { Ok(()) } else { bail!("taskset could not keep this program to its cores") }
}

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program with arguments and environment.
    pub(crate) fn start(
        program: &Path,
        words: &[impl AsRef<OsStr>],
        environment: &[(&str, &Path)],
        cores: &Cores,
    ) -> Result<Self> {
        let mut command = pinned(program, *cores);
        command.args(words).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        Ok(Self { child })
    }

    /// The CPU time that it and its children have used, in microseconds.
    pub(crate) fn cpu_micros(&self) -> Result<u64> {
        let own = self.child.id();
        let mut ticks = 0;
        for entry in fs::read_dir("/proc").context("this benchmark needs Linux")? {
            let Ok(text) = fs::read_to_string(entry?.path().join("stat")) else { continue };
            // The name in brackets may hold anything; what is of use comes after it.
            let Some((start, rest)) = text.rsplit_once(')') else { continue };
            let pid = start.split(' ').next().and_then(|pid| pid.parse::<u32>().ok());
            let fields: Vec<&str> = rest.split_whitespace().collect();
            let field = |index: usize| fields.get(index).and_then(|it| it.parse::<u64>().ok());
            if pid == Some(own) || field(1) == Some(u64::from(own)) {
                ticks += field(11).unwrap_or(0) + field(12).unwrap_or(0);
            }
        }
        Ok(ticks * 1_000_000 / TICKS)
    }

    /// The most memory that it has held, in MiB; 0 where the system does not say.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
        kib.unwrap_or(0) / 1_024
    }

    /// Ends it and waits for its end, so that its port is free.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // nginx's master takes its workers along only when it is asked to end.
        let pid = self.child.id().to_string();
        let _asked = Command::new("kill").args(["-TERM", &pid]).status().is_ok();
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _killed = self.child.kill().is_ok();
        let _reaped = self.child.wait().is_ok();
    }
}

/// Waits until somebody listens.
pub(crate) fn wait_for_port(port: u16) -> Result<()> {
    wait_until(&format!("nobody listens at port {port}"), || {
        TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_ok()
    })
}

/// Waits until something holds.
pub(crate) fn wait_until(complaint: &str, holds: impl Fn() -> bool) -> Result<()> {
    let until = Instant::now() + START_TIME_MAX;
    while !holds() {
        if Instant::now() > until {
            bail!("{complaint} after {} s", START_TIME_MAX.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
