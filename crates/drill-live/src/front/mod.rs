//! Who answers the callers of a drill: the real binary, started for the run, or a gateway of the user's own.
//!
//! Callers are the same for both. A gateway of the user's own has been told of the drill's providers beforehand; it is
//! waited for until it answers through them, and is spared: no more requests in a second, and none for longer, than a
//! drill is meant to ask ([`Pace`]).

mod genesis;
mod nodes;
mod pace;
mod upstreams;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use incident::{Outcome, Scene, Target, Watch};
use practice::WorldOptions;
use runtime::client::{CallResponse, Client, Endpoint};
use runtime::http::{Bytes, HeaderMap};
use runtime::{clock, task};
use serde_json::{Value, json};
use units::{Span, Timestamp};

use crate::part::{Part, Places};
pub(crate) use nodes::{is_of_node, nodes};
use pace::Pace;
pub(crate) use upstreams::{chain, of_practice, upstreams};

/// How long a gateway of the user's own may take until it answers through the providers, besides the time that it has to
/// do so on end: it may have put them out while they were not there, and look again only every half minute.
const ANSWERS_WITHIN: Span = Span::from_secs(60);
/// How often it is asked meanwhile.
const ASKED_EVERY: Span = Span::from_millis(100);
/// How long one answer may take meanwhile.
const PATIENCE: Span = Span::from_secs(5);
/// Largest answer that is read meanwhile: a block with the hashes of its transactions.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Whoever answers.
#[derive(Debug)]
pub(crate) struct Front {
    /// Ours; nothing where it is the user's.
    part: Option<Part>,
    endpoint: Endpoint,
    pace: Arc<Pace>,
    tells: bool,
}

impl Front {
    /// Starts the binary with the scene's configuration, or waits for the gateway of the user's own.
    ///
    /// # Errors
    /// Where it does not start, or does not answer through the drill's providers.
    pub(crate) fn open(
        scene: &Scene<'_>,
        places: &Places,
        chain: &str,
        watch: &dyn Watch,
    ) -> Result<Self, String> {
        let Some(target) = scene.target else {
            let part = Part::start(scene, "gateway", places)?;
            let endpoint = Endpoint::parse(&format!("http://{}", part.address("listen")?))?;
            return Ok(Self {
                part: Some(part),
                endpoint,
                pace: Arc::new(Pace::any()),
                tells: true,
            });
        };
        let endpoint = Endpoint::parse(&target.url)?;
        watch.progress(0, "waiting for your gateway");
        let tells = task::block_on(async {
            settled(target, &endpoint).await?;
            let told = upstreams::listening(scene.configuration, places, target.ports.on)?;
            genesis::same(&endpoint, &told).await?;
            Ok::<_, String>(tells(&endpoint, chain).await)
        })?;
        Ok(Self { part: None, endpoint, pace: Arc::new(Pace::of_target(clock::now())), tells })
    }

    /// A Seawall gateway that somebody else has started.
    ///
    /// # Errors
    /// Where its URL is none.
    pub(crate) fn of(url: &str) -> Result<Self, String> {
        let (endpoint, pace) = (Endpoint::parse(url)?, Arc::new(Pace::any()));
        Ok(Self { part: None, endpoint, pace, tells: true })
    }

    /// Whether it tells of the chain and its upstreams as Seawall's gateway does. Of one that does not, nothing is known
    /// but its answers.
    pub(crate) const fn tells(&self) -> bool {
        self.tells
    }

    /// Takes figures out of what it tells of its upstreams, where it is one that does not tell.
    pub(crate) fn leave_untold(&self, outcome: &mut Outcome, figures: &[&str]) {
        if !self.tells {
            outcome.figures.retain(|id, _| !figures.contains(&id.as_str()));
        }
    }

    /// Where it has an address besides that of the callers; nothing where it is the user's.
    pub(crate) fn address(&self, place: &str) -> Option<SocketAddr> {
        self.part.as_ref()?.address(place).ok()
    }

    /// A caller who reads answers of at most so many bytes.
    pub(crate) fn caller(&self, answer_bytes_max: usize) -> Caller {
        self.caller_of(self.endpoint.clone(), answer_bytes_max)
    }

    /// A caller with an address of its own, for whoever takes callers in turn. Where the gateway is not known to listen
    /// in 127.0.0.0/8, all have this machine's.
    pub(crate) fn caller_from(&self, from: Ipv4Addr, answer_bytes_max: usize) -> Caller {
        let endpoint = self.endpoint.clone();
        let endpoint = match takes_addresses(endpoint.host()) {
            true => endpoint.from_address(from.into()),
            false => endpoint,
        };
        self.caller_of(endpoint, answer_bytes_max)
    }

    fn caller_of(&self, endpoint: Endpoint, answer_bytes_max: usize) -> Caller {
        Caller { client: Client::new(endpoint, answer_bytes_max), pace: Arc::clone(&self.pace) }
    }

    /// What it came to at the end of the run.
    ///
    /// # Errors
    /// Where the user's gateway would have been asked more than it is to be, so that the figures say nothing.
    pub(crate) fn end(&self) -> Result<(), String> {
        self.pace.end()
    }
}

/// A caller of whoever answers.
#[derive(Debug)]
pub(crate) struct Caller {
    client: Client,
    pace: Arc<Pace>,
}

impl Caller {
    /// Asks with a body of JSON; nothing where no whole answer came in time.
    pub(crate) async fn post(&self, body: Bytes, patience: Span) -> Option<CallResponse> {
        if !self.pace.takes(clock::now()) {
            return None;
        }
        self.client.post(body, &HeaderMap::new(), patience).await.ok()
    }

    /// Asks for a page of the host; nothing where no whole answer came in time.
    pub(crate) async fn get(&self, path: &str, patience: Span) -> Option<CallResponse> {
        if !self.pace.takes(clock::now()) {
            return None;
        }
        self.client.get(path, patience).await.ok()
    }
}

/// Whether a host can be called from any address of 127.0.0.0/8. `localhost` may be `::1` alone, which cannot.
fn takes_addresses(host: &str) -> bool {
    host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
}

/// Where a provider of a scene listens, counted from zero: where the user's gateway has been told of it, or at any free
/// address.
///
/// # Errors
/// Where there is no such port.
pub(crate) fn listen_at(scene: &Scene<'_>, nth: usize) -> Result<SocketAddr, String> {
    match scene.target {
        Some(target) => target.ports.of(nth),
        None => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
    }
}

/// Waits until the user's gateway has answered for long enough on end.
async fn settled(target: &Target, endpoint: &Endpoint) -> Result<(), String> {
    let client = Client::new(endpoint.clone(), ANSWER_BYTES_MAX);
    let settle = Span::from_secs(target.settle_seconds);
    let until = clock::now().after(ANSWERS_WITHIN).after(settle);
    let mut since: Option<Timestamp> = None;
    loop {
        let answer = ask(&client, "eth_getBlockByNumber", &json!(["latest", false])).await;
        let now = clock::now();
        let why = match answer {
            Ok(_block) if now.since(*since.get_or_insert(now)) >= settle => break,
            Ok(_block) => "it has answered at last".to_owned(),
            Err(why) => {
                since = None;
                why
            }
        };
        if now >= until {
            return Err(format!(
                "{} has not answered for {} s on end within {} s: {why}; has it been told of the drill's providers, and \
                 can it reach them?",
                endpoint.masked(),
                target.settle_seconds,
                ANSWERS_WITHIN.plus(settle).as_millis() / 1_000,
            ));
        }
        clock::sleep(ASKED_EVERY).await;
    }
    let ours = format!("{:#x}", WorldOptions::default().chain_id);
    match ask(&client, "eth_chainId", &json!([])).await? {
        theirs if theirs == ours.as_str() => Ok(()),
        theirs => Err(format!(
            "{} answers for chain {theirs}, and the drill's providers are of chain \"{ours}\"",
            endpoint.masked()
        )),
    }
}

async fn ask(client: &Client, method: &str, params: &Value) -> Result<Value, String> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = client.post(body.to_string().into(), &HeaderMap::new(), PATIENCE).await;
    let answer = answer.map_err(|error| error.to_string())?;
    let mut said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let result = said.get_mut("result").map(Value::take).filter(|result| !result.is_null());
    result.ok_or_else(|| match said.pointer("/error/message").and_then(Value::as_str) {
        Some(message) => format!("it says: {message}"),
        None => format!("it answers {method} with HTTP {}", answer.status.as_u16()),
    })
}

/// Whether there is an account of the chain as Seawall's gateway gives it.
async fn tells(endpoint: &Endpoint, chain: &str) -> bool {
    let client = Client::new(endpoint.clone(), ANSWER_BYTES_MAX);
    let Ok(answer) = client.get(&format!("/v1/chains/{chain}"), PATIENCE).await else {
        return false;
    };
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    said.get("verdict").is_some() && said.get("upstreams").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_of_ipv4_on_this_machine_is_called_from_many_addresses() {
        // A gateway on ::1 would be called from 127.0.1.x, which the system refuses: every call of the drill would fail.
        for (host, takes) in [
            ("127.0.0.1", true),
            ("127.0.3.9", true),
            ("localhost", false),
            ("::1", false),
            ("10.0.0.7", false),
        ] {
            assert_eq!(takes_addresses(host), takes, "{host}");
        }
    }
}
