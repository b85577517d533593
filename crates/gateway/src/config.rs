//! What the gateway needs to know, as plain values; the binary reads them from the file.

use std::net::SocketAddr;

pub use admission_core::Mode as AdmissionMode;
use gateway_core::{ForkSettings, QuotaSettings};
pub use gateway_core::{LoneDissenter, Votes, WhenUndecided};
use runtime::client::Endpoint;
use runtime::http::HeaderName;
use units::Span;

/// The gateway: one listener in front of one or more chains.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// Where clients connect; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// Worker threads, each with its own connections; 1 or more.
    pub workers: usize,
    /// Limits on what a client may send.
    pub limits: ClientLimits,
    /// What an administrator proves themself with, to decide a split. Without one nobody can.
    pub admin_token: Option<Secret>,
    /// Who is let in under load.
    pub admission: AdmissionConfig,
    /// The chains, each with a name and an id of its own.
    pub chains: Vec<ChainConfig>,
}

/// Limits on what a client may send and an upstream may answer.
#[derive(Clone, Debug)]
pub struct ClientLimits {
    /// Largest request body in bytes.
    pub body_bytes: usize,
    /// Most items in a batch.
    pub batch_items: usize,
    /// Deepest nesting of a request's JSON.
    pub depth: usize,
    /// Largest answer of an upstream in bytes, whether it is held whole or passed on as it comes.
    pub response_bytes: usize,
    /// Longest a call may take in all, retries and hedges included.
    pub timeout: Span,
}

impl Default for ClientLimits {
    /// 5 MiB and 1,000 items (viem sends batches of up to 1,000), 64 levels, 128 MiB answers, and
    /// 8 s, which is under viem's own time-out of 10 s so that the client hears our reason first.
    fn default() -> Self {
        Self {
            body_bytes: 5 * 1024 * 1024,
            batch_items: 1_000,
            depth: 64,
            response_bytes: 128 * 1024 * 1024,
            timeout: Span::from_secs(8),
        }
    }
}

/// Bytes of answers kept for a chain unless told otherwise: some 200,000 of the usual size, which is what a
/// few minutes of a busy dapp ask for, on a machine with a gigabyte.
pub const DEFAULT_CACHE_BYTES: usize = 256 * 1024 * 1024;

/// Who is let in when more calls come than the upstreams bear, for each chain by itself.
#[derive(Clone, Debug)]
pub struct AdmissionConfig {
    /// How calls are ordered that wait.
    pub mode: AdmissionMode,
    /// Most calls that wait.
    pub max_queue: usize,
    /// The header in which a proxy before the gateway names the client's address last, as `x-forwarded-for`
    /// does; `None` where clients connect themselves. Whoever can set it can be any number of clients.
    pub client_header: Option<HeaderName>,
}

impl Default for AdmissionConfig {
    /// Fair, and as many calls as a worker has connections: each client may have one waiting.
    fn default() -> Self {
        Self { mode: AdmissionMode::Fair, max_queue: 4_096, client_header: None }
    }
}

/// One chain behind the gateway.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// Its name in paths, metrics and pages: lower-case letters, digits and dashes.
    pub name: String,
    /// Its chain id (EIP-155); an upstream that says another is never served.
    pub id: u64,
    /// The usual time between two blocks; what "late" means is counted in it.
    pub block_time: Span,
    /// The hash of block 0, where the operator declares it.
    pub genesis: Option<[u8; 32]>,
    /// Share of extra calls (retries and hedges) over a window, in per cent of first calls.
    pub retry_budget_percent: u32,
    /// Reads that are asked again of another operator to compare the answers, in a thousand; 0 for none.
    pub second_opinion_per_mille: u32,
    /// Most bytes of answers that are kept in memory; with 0 each call is asked for itself, and none shares
    /// another one's request either.
    pub cache_bytes: usize,
    /// Changes of the rules that are known beforehand.
    pub forks: Vec<ForkSettings>,
    /// What happens where branches part for good.
    pub contest: ContestConfig,
    /// The endpoints, at least one, each with a name of its own.
    pub upstreams: Vec<UpstreamConfig>,
}

impl ChainConfig {
    /// A chain with the defaults for everything that can have one. The budget is one retry for five calls: it
    /// outlasts an upstream that dies, and cannot double the load on those that are left. One read in a hundred
    /// is asked again: a planted zero balance is found within a thousand calls, for one more call in a hundred.
    #[must_use]
    pub fn new(name: &str, id: u64, block_time: Span, upstreams: Vec<UpstreamConfig>) -> Self {
        Self {
            name: name.to_owned(),
            id,
            block_time,
            genesis: None,
            retry_budget_percent: 20,
            second_opinion_per_mille: 10,
            cache_bytes: DEFAULT_CACHE_BYTES,
            forks: Vec::new(),
            contest: ContestConfig::default(),
            upstreams,
        }
    }
}

/// What happens where branches part for good.
#[derive(Clone, Debug, Default)]
pub struct ContestConfig {
    /// Who has a vote on heads and branches; anything but operators is there to be compared with.
    pub votes: Votes,
    /// What is made of a branch that one operator holds alone.
    pub lone_dissenter: LoneDissenter,
    /// What `latest` means while no branch is followed.
    pub when_undecided: WhenUndecided,
    /// Whether transactions are handed on meanwhile. They may then be mined on any of the branches.
    pub writes_when_undecided: bool,
    /// A beacon node whose finalized block decides, if there is one.
    pub beacon: Option<Endpoint>,
}

/// A text that is compared and never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether this is the secret. Takes as long for a near miss as for a far one.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), text.as_bytes());
        let differing = ours.iter().zip(theirs).fold(0, |sum, (a, b)| sum | (a ^ b));
        ours.len() == theirs.len() && differing == 0
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// One endpoint of a chain.
#[derive(Clone, Debug)]
pub struct UpstreamConfig {
    /// Its name in headers, metrics and pages.
    pub name: String,
    /// Where it answers JSON-RPC over HTTP.
    pub http: Endpoint,
    /// Where it tells new heads over WebSocket, if it does.
    pub ws: Option<Endpoint>,
    /// Who runs it; endpoints of one operator share one fate and one vote.
    pub operator: String,
    /// Where it runs, such as `aws/us-east-1`.
    pub cloud: Option<String>,
    /// Its client software, such as `geth`; discovered where it is not declared.
    pub client: Option<String>,
    /// What it lets us ask, where that is declared.
    pub quota: QuotaSettings,
    /// Whether it is vouched for: where votes decide nothing between branches, the trusted ones do.
    pub trusted: bool,
}

impl UpstreamConfig {
    /// An endpoint of which nothing is known but where it is and who runs it.
    #[must_use]
    pub fn new(name: &str, http: Endpoint, operator: &str) -> Self {
        Self {
            name: name.to_owned(),
            http,
            ws: None,
            operator: operator.to_owned(),
            cloud: None,
            client: None,
            quota: QuotaSettings::default(),
            trusted: false,
        }
    }
}
