//! The built binary over a folder whose power can be cut.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use testkit::http;
use testkit::power::Power;
use testkit::{gateway, tools};

/// How long anything may take that is waited for, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Accounts that trade.
pub(crate) const ACCOUNTS: usize = 8;

/// The key of who brings money in.
pub(crate) const ADMIN: &str = "admin-key-00000001";

/// The key of an account that trades.
pub(crate) fn key(account: usize) -> String {
    format!("trader-key-{account:06}")
}

/// The name of an account that trades.
pub(crate) fn name(account: usize) -> String {
    format!("trader-{account}")
}

/// What a key's requests are signed with.
pub(crate) fn secret(key: &str) -> String {
    format!("the-secret-of-{key}")
}

/// A folder with a journal, a configuration, and the power over both.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) power: Power,
    pub(crate) address: SocketAddr,
}

/// A running binary; it is killed with this value.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    pub(crate) started: Instant,
}

/// What a start has said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The digest of the state.
    pub(crate) digest: String,
    /// The entries that it is made of.
    pub(crate) entries: u64,
    /// Those that were done again.
    pub(crate) replayed: u64,
    /// Digests that the replay was held to.
    pub(crate) digests: u64,
}

impl Site {
    /// An empty one, whose prices come from there. Small files and frequent snapshots: what happens once an hour in a
    /// venue that is used has to happen in each life here.
    pub(crate) fn new(oracle: SocketAddr, snapshot_every: u64) -> Self {
        let folder = TempDir::new().expect("the system must give a temporary folder");
        let power = Power::over(&folder.path().join("data"));
        let site = Self { folder, power, address: tools::free_address() };
        site.configure("seawall.toml", site.address, &site.data(), (oracle, snapshot_every));
        let rest = (oracle, snapshot_every);
        site.configure("copy.toml", tools::free_address(), &site.copied(), rest);
        site.configure("second.toml", tools::free_address(), &site.data(), rest);
        site
    }

    fn configure(
        &self,
        file: &str,
        listen: SocketAddr,
        data: &Path,
        (oracle, every): (SocketAddr, u64),
    ) {
        let mut text = format!(
            "[venue]\nlisten = \"{listen}\"\nworkers = 1\ndata = \"{}\"\nprices = \"http://{oracle}\"\nfund = 10000\n\
             journal_segment_kib = 256\nsnapshot_every = {every}\ndigest_every = 100\n[[venue.market]]\nsymbol = \"BTCUSDT\"\n\
             feed = \"BTC/USD\"\ntick = \"0.1\"\nlot = \"0.001\"\n",
            data.display()
        );
        let traders = (0..ACCOUNTS).map(|account| (key(account), name(account), "trade"));
        for (key, account, more) in traders.chain([(ADMIN.to_owned(), "venue".to_owned(), "admin")])
        {
            let secret = secret(&key);
            text.push_str(&format!(
                "[[venue.key]]\nkey = \"{key}\"\nsecret = \"{secret}\"\naccount = \"{account}\"\n\
                 permissions = [\"read\", \"{more}\"]\n"
            ));
        }
        fs::write(self.folder.path().join(file), text).expect("the folder can be written");
    }

    /// Where the journal is.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where a copy of it is.
    fn copied(&self) -> PathBuf {
        self.folder.path().join("copied")
    }

    /// Starts it, watched; `more` may say more of the command.
    pub(crate) fn start(&self, more: impl FnOnce(&mut Command)) -> Process {
        let mut command = self.command("seawall.toml");
        self.power.watch(&mut command);
        more(&mut command);
        self.spawn(command, "seawall.log")
    }

    fn command(&self, config: &str) -> Command {
        let mut command = Command::new(gateway::binary());
        command.args(["venue", "--log-format", "json", "--config"]);
        command.arg(self.folder.path().join(config));
        command
    }

    fn spawn(&self, mut command: Command, log: &str) -> Process {
        let log = self.folder.path().join(log);
        let file = File::create(&log).expect("the folder can be written");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let started = Instant::now();
        Process { child: command.spawn().expect("the binary starts"), log, started }
    }

    /// Copies the journal without its newest snapshot; `false` where there are not two.
    pub(crate) fn copy_without_newest(&self) -> bool {
        let to = self.copied();
        if to.exists() {
            fs::remove_dir_all(&to).expect("a copy can be removed");
        }
        fs::create_dir(&to).expect("a copy can be made");
        let mut snapshots = Vec::new();
        for entry in fs::read_dir(self.data()).expect("the folder can be read") {
            let from = entry.expect("the folder can be read").path();
            let file = to.join(from.file_name().expect("it is a file"));
            fs::copy(&from, &file).expect("a copy can be made");
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("snapshot-") && !name.ends_with(".part") {
                snapshots.push(file);
            }
        }
        snapshots.sort();
        let newest = snapshots.pop();
        newest.is_some_and(|newest| {
            fs::remove_file(newest).expect("a copy can be removed");
            !snapshots.is_empty()
        })
    }

    /// What a start over the copy says.
    pub(crate) fn start_copy(&self) -> Said {
        let mut process = self.spawn(self.command("copy.toml"), "copy.log");
        let said = process.await_said();
        process.kill();
        said
    }

    /// Starts another one over the same folder.
    pub(crate) fn start_second(&self) -> Process {
        self.spawn(self.command("second.toml"), "second.log")
    }

    /// Waits until it answers.
    pub(crate) fn await_answer(&self, process: &mut Process) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(answer) = self.get("/v1/conservation") {
                return answer;
            }
            if let Some(status) = process.ended() {
                panic!("it does not start again ({status}):\n{}", process.log());
            }
            assert!(Instant::now() < deadline, "it does not answer:\n{}", process.log());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// What anybody may ask.
    pub(crate) fn get(&self, path: &str) -> io::Result<Value> {
        let answer = http::get(self.address, path, PATIENCE)?;
        serde_json::from_slice(&answer.body).map_err(io::Error::other)
    }
}

impl Process {
    /// Kills it, as nothing can be done against.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // One that has ended cannot be killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Sends it a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -s {name}");
    }

    /// How it ended, where it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is a child of this process")
    }

    /// How it ends.
    pub(crate) fn await_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < deadline, "it goes on:\n{}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// All that it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What its start said, once it has.
    pub(crate) fn await_said(&mut self) -> Said {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(said) = said(&self.log()) {
                return said;
            }
            assert!(
                self.ended().is_none() && Instant::now() < deadline,
                "it does not start:\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

fn said(log: &str) -> Option<Said> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.into_iter().find(|line| line["message"] == "the journal is gone on with")?;
    let number = |name: &str| line[name].as_u64();
    Some(Said {
        digest: line["digest"].as_str()?.to_owned(),
        entries: number("entries")?,
        replayed: number("replayed")?,
        digests: number("digests")?,
    })
}
