//! The real binary as a part of a drill: started with the scene's configuration, and ended with its value.
//!
//! A configuration names places instead of addresses, in braces: `{listen}`, `{status}` or any other name that begins
//! with `listen` or `status` gets a free address of its own (`127.0.0.1:4711`), which [`Part::address`] tells; all
//! others, such as `{provider-first}`, are what the mechanism says. A place that nobody knows is a mistake.
//!
//! ```text
//! let places = Places::default().with("provider-first", provider.address());
//! let gateway = Part::start(scene, "gateway", &places)?;       // waits for /readyz of {listen}
//! let clients_come_to = gateway.address("listen")?;
//! ```
//!
//! [`Part::start`] blocks its thread. What the part needs to become ready, such as simulated providers, has to answer
//! from threads of its own, as `KillableServer` and the practice world do.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use incident::Scene;

/// How long the binary may take until `/readyz` says yes. A debug build on a busy machine takes some seconds.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How often it is asked.
const ASKED_EVERY: Duration = Duration::from_millis(20);
/// How long one question may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Most of an answer to that question that is read, in bytes: its first line says all.
const ANSWER_BYTES_MAX: u64 = 4 << 10;
/// How much of the log is told where the binary does not start, in bytes.
const LOG_BYTES_TOLD: usize = 2_000;

/// What stands for the places of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<String, String>);

impl Places {
    /// These, and one more: its name without the braces.
    #[must_use]
    pub fn with(mut self, name: &str, stands_for: impl ToString) -> Self {
        self.0.insert(name.to_owned(), stands_for.to_string());
        self
    }

    /// What stands for a place, where it is known.
    pub(crate) fn stands_for(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text with all places filled in, those that are free addresses found now.
    ///
    /// # Errors
    /// Where there is a place that nobody knows.
    fn fill(&mut self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            match after.split_once('}') {
                Some((name, after)) if is_name(name) => {
                    filled.push_str(&self.find(name)?);
                    rest = after;
                }
                // A table in braces, as TOML has it.
                _ => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn find(&mut self, name: &str) -> Result<String, String> {
        if let Some(known) = self.0.get(name) {
            return Ok(known.clone());
        }
        if !name.starts_with("listen") && !name.starts_with("status") {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let known = known.join("`, `");
            return Err(format!("the configuration has a place `{name}`; there are `{known}`"));
        }
        let address = free_address()?.to_string();
        self.0.insert(name.to_owned(), address.clone());
        Ok(address)
    }
}

fn is_name(text: &str) -> bool {
    let fits =
        |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    !text.is_empty() && text.bytes().all(fits)
}

/// An address that nobody listens on now. Somebody else may take it before it is used, which a start then says.
///
/// # Errors
/// Where the system has none.
pub fn free_address() -> Result<SocketAddr, String> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    bound.map_err(|error| format!("there is no free address: {error}"))
}

/// A running part. Dropping it kills it.
#[derive(Debug)]
pub struct Part {
    child: Child,
    places: Places,
    log: PathBuf,
}

impl Part {
    /// Starts `seawall COMMAND --config FILE` with the scene's configuration, and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not start or does not become ready; with the end of its log.
    pub fn start(scene: &Scene<'_>, command: &str, places: &Places) -> Result<Self, String> {
        let mut places = places.clone();
        let text = places.fill(scene.configuration)?;
        let (file, log) = (scene.folder.join("seawall.toml"), scene.folder.join("seawall.log"));
        let cannot = |error: std::io::Error| format!("cannot start the part: {error}");
        fs::write(&file, text).map_err(cannot)?;
        let out = File::create(&log).map_err(cannot)?;
        let errors = out.try_clone().map_err(cannot)?;
        let mut program = Command::new(scene.binary);
        program.arg(command).arg("--config").arg(&file).current_dir(scene.folder);
        let child = program.stdin(Stdio::null()).stdout(out).stderr(errors).spawn();
        let mut part = Self { child: child.map_err(cannot)?, places, log };
        part.await_ready()?;
        Ok(part)
    }

    /// What stands for a place, such as `listen`.
    ///
    /// # Errors
    /// Where the configuration has no such place, or it is no address.
    pub fn address(&self, place: &str) -> Result<SocketAddr, String> {
        let known = self.places.0.get(place).and_then(|text| text.parse().ok());
        known.ok_or_else(|| format!("the configuration has no place `{place}` for an address"))
    }

    fn await_ready(&mut self) -> Result<(), String> {
        let address = self.address("listen")?;
        let until = Instant::now() + READY_WITHIN;
        while !is_ready(address) {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() >= until {
                let why = ended.map_or_else(
                    || format!("it was not ready within {} s", READY_WITHIN.as_secs()),
                    |status| format!("it ended with {status}"),
                );
                return Err(format!("the part did not start: {why}\n{}", end_of(&self.log)));
            }
            thread::sleep(ASKED_EVERY);
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // What has ended already cannot be killed, and is all the same waited for.
        let _killed = self.child.kill().is_ok();
        let _waited_for = self.child.wait().is_ok();
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let asked = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 200"))
    };
    asked().unwrap_or(false)
}

fn end_of(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let from = text.len().saturating_sub(LOG_BYTES_TOLD);
    String::from_utf8_lossy(text.get(from..).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_tables_in_braces_left_alone() {
        // A part that is started with a wrong address measures somebody else's server.
        let mut places = Places::default().with("provider-first", "127.0.0.1:1");
        let text = "listen = \"{listen}\"\nhttp = \"http://{provider-first}/a\"\nx = { a = 1 }\n";
        let filled = places.fill(text).unwrap();
        let listen = places.0["listen"].clone();
        assert!(listen.parse::<SocketAddr>().is_ok_and(|address| address.port() > 0));
        let expected =
            format!("listen = \"{listen}\"\nhttp = \"http://127.0.0.1:1/a\"\nx = {{ a = 1 }}\n");
        assert_eq!(filled, expected);
        assert_eq!(places.fill("{listen}").unwrap(), listen, "the same place is the same address");
    }

    #[test]
    fn a_place_that_nobody_knows_is_a_mistake() {
        // Else a misspelt provider would be taken for one that is down.
        let mut places = Places::default().with("provider-first", "127.0.0.1:1");
        assert!(places.fill("http://{provider-frist}").unwrap_err().contains("`provider-first`"));
    }
}
