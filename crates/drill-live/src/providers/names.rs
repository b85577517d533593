//! A name server for the providers' names, which loses them for a while.
//!
//! It answers questions over UDP as RFC 1035 has it: an address for a name that it knows, nothing where an IPv6 address is
//! asked for. Names that are lost have an empty record, as on 2025-10-20, do not exist, or are not answered for at all.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use runtime::clock;
use units::Timestamp;

/// How often the server looks whether it is to end.
const LOOKS_EVERY: Duration = Duration::from_millis(50);
/// Largest question that is read, in bytes (RFC 1035, section 4.2.1).
const QUESTION_BYTES: usize = 512;
/// Where the question begins, and the four bytes of kind and class after its name.
const HEAD_BYTES: usize = 12;
const TAIL_BYTES: usize = 4;

/// What is said of a name that is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lost {
    /// It has no address.
    #[default]
    Empty,
    /// It does not exist.
    Unknown,
    /// Nothing.
    Silent,
}

/// When names are lost, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    /// From when on, in seconds.
    pub(super) from: f64,
    /// Until when.
    pub(super) until: f64,
    /// What is said meanwhile.
    pub(super) said: Lost,
}

/// The server; it ends with its value.
#[derive(Debug)]
pub(super) struct NameServer {
    address: SocketAddr,
    began: Arc<Mutex<Option<Timestamp>>>,
    ends: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl NameServer {
    /// Begins to serve names, none of which is lost before the run begins.
    ///
    /// # Errors
    /// Where there is no free port.
    pub(super) fn start(names: BTreeMap<String, Ipv4Addr>, loss: Loss) -> Result<Self, String> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| {
            socket.set_read_timeout(Some(LOOKS_EVERY))?;
            Ok((socket.local_addr()?, socket))
        });
        let (address, socket) = socket.map_err(|error| format!("no name server: {error}"))?;
        let began: Arc<Mutex<Option<Timestamp>>> = Arc::default();
        let ends: Arc<AtomicBool> = Arc::default();
        let (since, over) = (Arc::clone(&began), Arc::clone(&ends));
        let serving = thread::spawn(move || {
            let mut bytes = [0; QUESTION_BYTES];
            while !over.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
                let began = *since.lock().unwrap_or_else(PoisonError::into_inner);
                let seconds = began.map_or(-1.0, |at| super::seconds(clock::now().since(at)));
                let lost = seconds >= loss.from && seconds < loss.until;
                let question = bytes.get(..length).unwrap_or_default();
                if let Some(answer) = answer(question, &names, lost.then_some(loss.said)) {
                    // Whoever asked asks again where this does not get there.
                    let _sent = socket.send_to(&answer, from).is_ok();
                }
            }
        });
        Ok(Self { address, began, ends, serving: Some(serving) })
    }

    /// Where it answers.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The run begins: names are lost in time from now on.
    pub(super) fn begin(&self, at: Timestamp) {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(serving) = self.serving.take() {
            // What panicked has ended, too.
            let _ended = serving.join().is_ok();
        }
    }
}

/// The answer to a question; none where it is no question, or nothing is to be said.
fn answer(
    question: &[u8],
    names: &BTreeMap<String, Ipv4Addr>,
    lost: Option<Lost>,
) -> Option<Vec<u8>> {
    let (name, end) = name(question)?;
    let asked = question.get(HEAD_BYTES..end.checked_add(TAIL_BYTES)?)?;
    let wants_four = question.get(end..)?.starts_with(&[0, 1, 0, 1]);
    let known = names.get(&name);
    let reason = match (known, lost) {
        (_, Some(Lost::Silent)) => return None,
        (None, _) | (_, Some(Lost::Unknown)) => 3,
        (Some(_), Some(Lost::Empty) | None) => 0,
    };
    let address = known.filter(|_| lost.is_none() && wants_four);
    let mut bytes = question.get(..2)?.to_vec();
    bytes.extend([0x81, 0x80 | reason, 0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    bytes.extend(asked);
    if let Some(address) = address {
        // The name stands where the question has it; of the Internet, for a minute, four bytes.
        bytes.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        bytes.extend(address.octets());
    }
    Some(bytes)
}

/// The name that is asked for, and where it ends.
fn name(question: &[u8]) -> Option<(String, usize)> {
    let (mut at, mut labels) = (HEAD_BYTES, Vec::new());
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        let label = question.get(at..at.checked_add(length)?)?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        at += length;
    }
}

/// The name of a provider, by its place.
pub(super) fn of_provider(nth: usize) -> String {
    format!("provider-{nth}.region.example")
}

/// The IPv4 address of a provider.
pub(super) const fn four(address: SocketAddr) -> Ipv4Addr {
    match address.ip() {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::LOCALHOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question for the address of `a.example`, of a kind.
    fn question(kind: u8) -> Vec<u8> {
        let head = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        [&head[..], b"\x01A\x07example\0\0", &[kind, 0, 1]].concat()
    }

    #[test]
    fn a_name_is_answered_with_its_address_until_it_is_lost() {
        // A drill whose names are never lost would praise any resolver.
        let names = BTreeMap::from([("a.example".to_owned(), Ipv4Addr::new(127, 0, 2, 1))]);
        let ask = |kind, lost| answer(&question(kind), &names, lost);
        let found = ask(1, None).expect("an answer");
        assert!(found.ends_with(&[0, 4, 127, 0, 2, 1]) && found[7] == 1);
        let counts = |answer: Option<Vec<u8>>| answer.map(|it| (it[3] & 0xf, it[7]));
        assert_eq!(counts(ask(28, None)), Some((0, 0)), "it has no IPv6 address");
        assert_eq!(counts(ask(1, Some(Lost::Empty))), Some((0, 0)));
        assert_eq!(counts(ask(1, Some(Lost::Unknown))), Some((3, 0)));
        assert_eq!(counts(ask(1, Some(Lost::Silent))), None);
        assert_eq!(counts(answer(&question(1), &BTreeMap::new(), None)), Some((3, 0)));
        assert_eq!(answer(&question(1)[..15], &names, None), None, "half a question");
    }
}
