//! Name servers that are asked instead of the system's resolver.

use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::question::{Kind, Wrong, ask, read};
use super::{Found, Resolve};

/// How long one server has for one answer, and how often all are asked. Where all are silent that is 4 s for each of
/// them (glibc: 5 s, twice); seven of them are asked twice before a question is given up after 30 s, and the eighth,
/// the last that the configuration takes, once.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const ROUNDS: usize = 2;
/// How long IPv6 addresses are waited for once there are IPv4 ones: twice the "resolution delay" of RFC 8305, section
/// 3. Servers and firewalls that drop the question for them alone are not rare, and must not hold every name up.
const SIX_WITHIN: Duration = Duration::from_millis(100);
/// How long IPv4 addresses are waited for once there are IPv6 ones: until a second server has answered. Nobody drops that
/// question on purpose, and a machine that has IPv4 alone could not do without for one lost datagram.
const FOUR_WITHIN: Duration = Duration::from_millis(4_100);
/// Largest answer over UDP without extensions (RFC 1035, section 4.2.1), and room for a server that sends more.
const DATAGRAM_BYTES: usize = 4_096;

/// Servers, asked in order: the next one where one does not answer or says that it cannot.
#[derive(Clone, Debug)]
pub(super) struct Servers(Arc<[SocketAddr]>);

impl Servers {
    pub(super) fn new(servers: &[SocketAddr]) -> Self {
        Self(servers.into())
    }

    async fn addresses(&self, host: &str) -> Found {
        // As RFC 6761 wants it, and as everybody's resolver does.
        if host.eq_ignore_ascii_case("localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        both(self.of_kind(host, Kind::A), self.of_kind(host, Kind::Aaaa)).await
    }

    async fn of_kind(&self, host: &str, kind: Kind) -> Found {
        let mut failure = io::Error::new(io::ErrorKind::TimedOut, "no name server answered");
        for server in self.0.iter().cycle().take(self.0.len().saturating_mul(ROUNDS)) {
            let id = number();
            let Some(question) = ask(id, host, kind) else {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "this is no name of a host",
                ));
            };
            match timeout(ANSWER_WITHIN, exchange(*server, &question)).await {
                Ok(Ok(Ok(found))) => return Ok(found),
                Ok(Ok(Err(Wrong::NoSuchName))) => {
                    return Err(io::Error::new(io::ErrorKind::NotFound, "no such name"));
                }
                Ok(Ok(Err(wrong))) => failure = io::Error::other(words(*server, &wrong)),
                Ok(Err(error)) => failure = error,
                Err(_silent) => {}
            }
        }
        Err(failure)
    }
}

impl Resolve for Servers {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = Found> + Send>> {
        let own = self.clone();
        Box::pin(async move { own.addresses(&host).await })
    }
}

/// The addresses of both kinds, IPv4 first. Who has some of one kind waits for the other a while only.
async fn both(four: impl Future<Output = Found>, six: impl Future<Output = Found>) -> Found {
    let (mut four, mut six) = (pin!(four), pin!(six));
    let (four, six) = tokio::select! {
        four = &mut four => {
            let six = unless_late(&four, SIX_WITHIN, six).await;
            (four, six)
        }
        six = &mut six => {
            let four = unless_late(&six, FOUR_WITHIN, four).await;
            (four, six)
        }
    };
    match (four, six) {
        (Ok(four), Ok(six)) => Ok(four.into_iter().chain(six).collect()),
        (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => Ok(found),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// What else is found; nothing where something is found already and this takes longer than it is waited for.
async fn unless_late(first: &Found, within: Duration, other: impl Future<Output = Found>) -> Found {
    if first.as_ref().is_ok_and(|found| !found.is_empty()) {
        timeout(within, other).await.unwrap_or_else(|_late| Ok(Vec::new()))
    } else {
        other.await
    }
}

/// A number that nobody can guess, for a question: the keys of the standard library's maps are random.
fn number() -> u16 {
    let random = RandomState::new().build_hasher().finish();
    u16::try_from(random & 0xffff).unwrap_or_default()
}

fn words(server: SocketAddr, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Failed(2) => format!("name server {server} failed"),
        Wrong::Failed(5) => format!("name server {server} refused"),
        Wrong::Failed(reason) => format!("name server {server} answered with error {reason}"),
        Wrong::NoSuchName | Wrong::Cut | Wrong::Foreign | Wrong::Malformed => {
            format!("name server {server} gave an answer that cannot be read")
        }
    }
}

/// Asks one server, over UDP and, where the answer does not fit, over TCP.
async fn exchange(server: SocketAddr, question: &[u8]) -> io::Result<Result<Vec<IpAddr>, Wrong>> {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut bytes = vec![0; DATAGRAM_BYTES];
    loop {
        let length = socket.recv(&mut bytes).await?;
        match read(question, bytes.get(..length).unwrap_or_default()) {
            // An answer that comes late, to another question, or from somebody who makes it up.
            Err(Wrong::Foreign) => {}
            Err(Wrong::Cut) => return over_tcp(server, question).await,
            other => return Ok(other),
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Result<Vec<IpAddr>, Wrong>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
    let length = stream.read_u16().await?;
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await?;
    Ok(read(question, &bytes))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::net::TcpListener;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::task::block_on;

    /// What a server of the test does with a question.
    #[derive(Clone, Copy, Debug)]
    enum Act {
        /// Answers with 10.0.0.5, and with nothing where an IPv6 address is asked for.
        Finds,
        /// Says that the answer is cut, and gives it over TCP.
        Cuts,
        /// Answers with this reason.
        Says(u8),
    }

    fn answer(question: &[u8], flags: [u8; 2], with_address: bool) -> Vec<u8> {
        let mut bytes = question.to_vec();
        (bytes[2], bytes[3], bytes[7]) = (flags[0], flags[1], u8::from(with_address));
        if with_address {
            bytes.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 5]);
        }
        bytes
    }

    fn wants_four(question: &[u8]) -> bool {
        question[question.len() - 3] == 1
    }

    /// A server on this machine, for as long as the test lasts.
    async fn server(act: Act) -> SocketAddr {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = tcp.local_addr().expect("an address");
        let udp = UdpSocket::bind(address).await.expect("the same port");
        tokio::spawn(async move {
            let mut bytes = [0; 512];
            while let Ok((length, from)) = udp.recv_from(&mut bytes).await {
                let question = &bytes[..length];
                let answer = match act {
                    Act::Finds => answer(question, [0x81, 0x80], wants_four(question)),
                    Act::Cuts => answer(question, [0x83, 0x80], false),
                    Act::Says(reason) => answer(question, [0x81, 0x80 | reason], false),
                };
                // Somebody else's first.
                let mut foreign = answer.clone();
                foreign[0] ^= 0xff;
                udp.send_to(&foreign, from).await.expect("it is sent");
                udp.send_to(&answer, from).await.expect("it is sent");
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let length = stream.read_u16().await.expect("a length");
                let mut question = vec![0; usize::from(length)];
                stream.read_exact(&mut question).await.expect("a question");
                let answer = answer(&question, [0x81, 0x80], wants_four(&question));
                let length = u16::try_from(answer.len()).expect("it is short");
                stream
                    .write_all(&[&length.to_be_bytes()[..], &answer].concat())
                    .await
                    .expect("sent");
            }
        });
        address
    }

    fn check(acts: &[Act], expected: Result<&str, &str>) {
        let found = block_on(async {
            let mut servers = Vec::new();
            for act in acts {
                servers.push(server(*act).await);
            }
            Servers::new(&servers).addresses("rpc.example").await
        });
        match (found, expected) {
            (Ok(found), Ok(address)) => assert_eq!(found, [address.parse::<IpAddr>().unwrap()]),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
            (found, _) => panic!("{acts:?}: {found:?}"),
        }
    }

    #[test]
    fn a_name_is_found_also_where_the_answer_is_long_or_a_server_is_broken() {
        // The second server is there for when the first one fails.
        check(&[Act::Finds], Ok("10.0.0.5"));
        check(&[Act::Cuts], Ok("10.0.0.5"));
        check(&[Act::Says(2), Act::Finds], Ok("10.0.0.5"));
    }

    #[test]
    fn servers_that_drop_one_kind_of_question_must_not_hold_a_name_up() {
        // Where IPv6 is not in use the question for it is often dropped: each name would take all rounds, and with
        // eight servers longer than any question has.
        block_on(async {
            tokio::time::pause();
            let found = |last: u8| Ok(vec![IpAddr::from([10, 0, 0, last])]);
            let late = |last: u8, after: Duration| async move {
                sleep(after).await;
                found(last)
            };
            let begun = Instant::now();
            let four = both(async { found(4) }, pending()).await.expect("addresses");
            assert_eq!(four, found(4).expect("one"));
            assert!(begun.elapsed() < ANSWER_WITHIN, "{:?}", begun.elapsed());
            let six = both(pending(), async { found(6) }).await.expect("addresses");
            assert_eq!(six, found(6).expect("one"));
            // One lost datagram: the next server's answer is still waited for, and IPv4 comes first.
            let all = both(late(4, ANSWER_WITHIN + SIX_WITHIN), async { found(6) }).await;
            assert_eq!(
                all.expect("both"),
                [found(4), found(6)].map(|one| one.expect("one")).concat()
            );
            // Nothing of one kind is no reason to do without the other.
            for none in [Ok(Vec::new()), Err(io::Error::other("refused"))] {
                let six =
                    both(async { none }, late(6, ANSWER_WITHIN * 3)).await.expect("addresses");
                assert_eq!(six, found(6).expect("one"));
            }
        });
    }

    #[test]
    fn a_name_that_is_gone_is_gone_at_once_and_a_broken_server_says_so() {
        // Whoever asks the next server after "no such name" only loses time.
        check(&[Act::Says(3), Act::Finds], Err("no such name"));
        check(&[Act::Says(5)], Err("refused"));
    }
}
