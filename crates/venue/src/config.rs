//! What the venue needs to know, as plain values; the binary reads them from the file.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use runtime::client::Endpoint;
use units::{Money, Ratio, Span};
use venue_core::{AssetSettings, MarketSettings};
use venue_views::FundingRule;

use crate::engine::EngineSettings;

/// The venue: one listener, one journal, one set of markets.
#[derive(Clone, Debug)]
pub struct VenueConfig {
    /// Where clients connect; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// Worker threads that read requests; 1 or more.
    pub workers: usize,
    /// The folder of the journal and its snapshots; made where it is not there.
    pub data: PathBuf,
    /// How the journal is laid out, and how often a snapshot is taken.
    pub journal: JournalConfig,
    /// The oracle, by its root, such as `http://127.0.0.1:8600`. Its stream is at `/v1/stream` below it.
    pub prices: Endpoint,
    /// Certificate and key, both in PEM form, where clients are to come over TLS.
    pub tls: Option<TlsFiles>,
    /// Who is let in under load.
    pub admission: AdmissionMode,
    /// Most commands a second that the engine takes; as many as it can, where it is `None`. For drills.
    pub capacity_per_second: Option<u32>,
    /// For how long a client's name of an order is taken.
    pub order_names: OrderNames,
    /// What is told of liquidations on the streams that Binance has.
    pub liquidation_feed: LiquidationFeed,
    /// What one client may ask for.
    pub limits: ClientLimits,
    /// What secrets of keys made by the administration API are derived from. Without it none can be made.
    pub master_secret: Option<Secret>,
    /// Where alarms are told by a POST.
    pub webhooks: Vec<Endpoint>,
    /// The asset that everything is settled in.
    pub settlement: String,
    /// The feed of the settlement asset, by which prices in dollars are turned into it; one for one, if not given.
    pub settlement_feed: Option<String>,
    /// The account that takes over what the book did not take, by its name.
    pub backstop: Option<String>,
    /// What the insurance fund begins with, in a venue that begins without a journal.
    pub fund: Money,
    /// Other assets, as collateral.
    pub assets: Vec<AssetConfig>,
    /// The markets.
    pub markets: Vec<MarketConfig>,
    /// The keys that are always there.
    pub keys: Vec<KeyConfig>,
}

/// How the journal is laid out, and how often a snapshot is taken. Small numbers start again sooner and need less room;
/// large ones write less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalConfig {
    /// Bytes of each of its files.
    pub segment_bytes: u64,
    /// A snapshot is taken after so many entries.
    pub snapshot_every: u64,
    /// The digest of the state goes into the journal after so many commands; a replay is held to it. Working it out keeps
    /// the engine from its work for as long as the copy for a snapshot does.
    pub digest_every: u64,
    /// A record that is left undone at the start: one that makes this version panic. Of the command line.
    pub pass_over: Option<u64>,
}

impl Default for JournalConfig {
    fn default() -> Self {
        let EngineSettings { journal, snapshot_every, .. } = EngineSettings::default();
        // At a hundred thousand commands a second, every ten seconds.
        let digest_every = 1_000_000;
        let segment_bytes = journal.segment_bytes;
        Self { segment_bytes, snapshot_every, digest_every, pass_over: None }
    }
}

/// Certificate and key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate chain, in PEM form.
    pub certificate: PathBuf,
    /// Its key, in PEM form.
    pub key: PathBuf,
}

/// Who is let in under load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdmissionMode {
    /// What cuts risk first, then in turn among accounts.
    #[default]
    Fair,
    /// As they come.
    Fifo,
}

/// For how long a client's name of an order (`newClientOrderId`) is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderNames {
    /// As long as the order is open. Source: Binance's page on new orders, "a unique id among open orders".
    #[default]
    Open,
    /// As long as the order is known. Of orders that have ended these are the newest 1,000 of an account, and 131,072
    /// of all: once there are so many, whoever has more than an equal share of them loses the oldest of its own, and
    /// otherwise the oldest of all goes.
    Once,
}

/// What is told of liquidations on `!forceOrder@arr` and `<symbol>@forceOrder`. The numbered tape has all of them either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiquidationFeed {
    /// Each, at once.
    #[default]
    Every,
    /// Of each market one a second, the latest. Source: Binance's page on the liquidation order streams.
    Latest,
}

/// What one client may ask for, where that is bounded. What cuts risk is not refused for any of it but connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientLimits {
    /// Most weight of the requests of one address in a minute.
    pub weight_per_minute: Option<u32>,
    /// Most orders of one account in ten seconds.
    pub orders_per_ten_seconds: Option<u32>,
    /// Most orders of one account in a minute.
    pub orders_per_minute: Option<u32>,
    /// Most connections of one address at once. Where it is `None` it is 64, but for addresses of this machine: a proxy on
    /// it has the connections of all its clients.
    pub connections_per_address: Option<u32>,
}

/// An asset that is collateral.
#[derive(Clone, Debug)]
pub struct AssetConfig {
    /// Its settings.
    pub settings: AssetSettings,
    /// The feed of its price.
    pub feed: String,
}

/// A market.
#[derive(Clone, Debug)]
pub struct MarketConfig {
    /// Its settings; its symbol is their name.
    pub settings: MarketSettings,
    /// What is traded, such as `BTC`.
    pub base: String,
    /// The feed of its index.
    pub feed: String,
    /// How often funding is charged.
    pub funding_interval: Span,
    /// The most that funding takes at once, up or down.
    pub funding_max: Ratio,
}

impl MarketConfig {
    /// How funding is made where nothing is said: every eight hours and at most three quarters of a per cent, which is what
    /// Binance does for most contracts.
    pub const USUAL_FUNDING: FundingRule = FundingRule {
        interval: Span::from_secs(8 * 3_600),
        interest: Ratio::from_bps(1),
        damper: Ratio::from_bps(5),
        max: Ratio::from_bps(75),
    };

    /// How its funding is made.
    #[must_use]
    pub fn funding(&self) -> FundingRule {
        FundingRule {
            interval: self.funding_interval,
            max: self.funding_max,
            ..FundingRule::default()
        }
    }
}

/// A key that is always there.
#[derive(Clone, Debug)]
pub struct KeyConfig {
    /// The key, which goes in a header.
    pub key: String,
    /// What its holder signs with.
    pub secret: Secret,
    /// The account, by its name; it is opened where it is not there.
    pub account: String,
    /// What may be done with it.
    pub permissions: Permissions,
    /// From where it may be used; from anywhere, where there is none.
    pub addresses: Vec<Network>,
}

/// Whether a text can be a key: 16 to 128 letters, digits, dashes and underscores, which go in a header.
#[must_use]
pub fn is_key(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (16..=128).contains(&text.len()) && text.bytes().all(fits)
}

/// Whether a text can be the name of an account: up to 32 letters, digits, dashes, underscores and dots.
#[must_use]
pub fn is_account_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=32).contains(&text.len()) && text.bytes().all(fits)
}

/// What may be done with a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Look at the account.
    pub read: bool,
    /// Trade, and change the settings that orders depend on.
    pub trade: bool,
    /// Take assets out.
    pub withdraw: bool,
    /// Everything below `/v1/admin`.
    pub admin: bool,
}

/// The words of permissions, in the order in which they are written.
pub const PERMISSIONS: [&str; 4] = ["read", "trade", "withdraw", "admin"];

impl Permissions {
    /// Those of some words; `None` where one of them is none.
    #[must_use]
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut permissions = Self::default();
        words.into_iter().all(|word| permissions.add(word)).then_some(permissions)
    }

    /// Adds one by its word; false where there is none of that word.
    fn add(&mut self, word: &str) -> bool {
        let place = match word {
            "read" => &mut self.read,
            "trade" => &mut self.trade,
            "withdraw" => &mut self.withdraw,
            "admin" => &mut self.admin,
            _ => return false,
        };
        *place = true;
        true
    }

    /// The words of those that are given.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        let given = [self.read, self.trade, self.withdraw, self.admin];
        PERMISSIONS
            .into_iter()
            .zip(given)
            .filter_map(|(word, given)| given.then_some(word))
            .collect()
    }
}

/// Addresses that begin alike, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads an address, or one with how many of its bits count.
    ///
    /// # Errors
    /// Where it is neither, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.trim().parse().map_err(|_| "it is no address".to_owned())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().map_err(|_| "its length is no number".to_owned())?,
            None => most,
        };
        if bits > most {
            return Err(format!("its length is above {most}"));
        }
        Ok(Self { address, bits })
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let (ours, theirs, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                (u128::from(u32::from(ours)), u128::from(u32::from(theirs)), 32_u32)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => (u128::from(ours), u128::from(theirs), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        let shift = width.saturating_sub(self.bits);
        ours.checked_shr(shift).unwrap_or(0) == theirs.checked_shr(shift).unwrap_or(0)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself, to sign with.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_outside_the_list_is_refused() {
        // A stolen key would work from anywhere.
        let holds = |network: &str, address: &str| {
            let network = Network::parse(network).expect("a network");
            network.holds(address.parse().expect("an address"))
        };
        assert!(holds("10.0.0.0/8", "10.200.3.4") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(
            holds("127.0.0.1", "::ffff:127.0.0.1"),
            "the same address, as another family has it"
        );
        assert!(holds("0.0.0.0/0", "9.9.9.9") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::7") && !holds("2001:db8::/32", "2001:db9::"));
        for wrong in ["10.0.0.0/33", "ten", "10.0.0.0/x", "::/129"] {
            assert!(Network::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn permissions_are_written_as_they_are_read() {
        let mut permissions = Permissions::default();
        assert!(permissions.add("trade") && permissions.add("read") && !permissions.add("all"));
        assert_eq!(permissions.words(), ["read", "trade"]);
        assert_eq!(format!("{:?}", Secret::new("s3cret")), "Secret(…)");
    }
}
