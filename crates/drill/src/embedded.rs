//! The incidents that come with Seawall: a file each, and a file of what each has to show.

/// An incident's file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Embedded {
    /// What it is called in messages.
    pub(crate) name: &'static str,
    /// The incident.
    pub(crate) incident: &'static str,
    /// What it has to show.
    pub(crate) expectation: &'static str,
}

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(Embedded {
            name: concat!($name, ".toml"),
            incident: include_str!(concat!("../incidents/", $name, ".toml")),
            expectation: include_str!(concat!("../incidents/", $name, ".expect.toml")),
        }),*]
    };
}

/// All of them, in the order of the table of incidents.
pub(crate) const ALL: &[Embedded] = embedded![
    "oct10",
    "usde",
    "wbeth",
    "capo",
    "insolvency",
    "adl",
    "insfund",
    "liqfeed",
    "surge",
    "ratelimit",
    "solana-feb",
    "vote-starve",
    "polygon",
    "op-airdrop",
    "arb-rpc",
    "arb-seq",
    "gas",
    "mev",
    "aws-s3",
    "aws-net",
    "aws-power",
    "aws-dns",
    "chainsplit",
    "history",
];
