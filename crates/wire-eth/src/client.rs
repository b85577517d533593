//! Which implementation a node is, from what `web3_clientVersion` says.

/// Spellings that do not begin with the family's own name.
const ALIASES: &[(&str, &str)] = &[
    ("hardhatnetwork", "hardhat"),
    ("ethereumjs testrpc", "ganache"),
    ("parity-ethereum", "openethereum"),
    ("parity", "openethereum"),
    ("go-ethereum", "geth"),
    ("nimbus-eth1", "nimbus"),
    ("nimbus_execution_client", "nimbus"),
    ("rust-ethereum", "reth"),
    ("op-reth", "reth"),
    ("op-geth", "geth"),
    ("op-erigon", "erigon"),
];

/// Longest name given to a family not known here, in bytes.
const NAME_MAX: usize = 32;

/// The family of an implementation, in lower case: `Geth/v1.13.1-stable/…` is `geth`,
/// `EthereumJS TestRPC/v2…` is `ganache`. One that is not known here is named by its first word;
/// `unknown` if there is none.
pub fn client_family(version: &str) -> String {
    let name = version.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some((_, family)) = ALIASES.iter().find(|(alias, _)| starts_word(&name, alias)) {
        return (*family).to_owned();
    }
    let word: String = name
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(NAME_MAX)
        .collect();
    if word.is_empty() { "unknown".to_owned() } else { word }
}

fn starts_word(name: &str, alias: &str) -> bool {
    name.strip_prefix(alias)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_implementation_is_one_family_however_it_signs() {
        // Two spellings of one client would count as two independent votes.
        for (version, family) in [
            ("Geth/v1.13.1-stable-3f40e65c/linux-amd64/go1.21.1", "geth"),
            ("Nethermind/v1.25.4+20b10b35/linux-x64/dotnet8.0.1", "nethermind"),
            ("besu/v24.1.0/linux-x86_64/openjdk-java-17", "besu"),
            ("erigon/2.58.2/linux-amd64/go1.20.5", "erigon"),
            ("reth/v1.0.0/x86_64-unknown-linux-gnu", "reth"),
            ("anvil/v1.7.1", "anvil"),
            ("HardhatNetwork/2.22.1/@ethereumjs/vm/5.6.0", "hardhat"),
            ("Ganache/v7.9.2/EthereumJS TestRPC/v7.9.2/ethereum-js", "ganache"),
            ("EthereumJS TestRPC/v2.13.2/ethereum-js", "ganache"),
            ("OpenEthereum//v3.3.5-stable/x86_64-linux-gnu", "openethereum"),
            ("Parity-Ethereum//v2.7.2-stable", "openethereum"),
            ("Parity//v1.11.0", "openethereum"),
            ("nimbus-eth1/v0.1.0", "nimbus"),
            ("EthereumJS/0.10.5/linux/node20", "ethereumjs"),
            ("bor/v1.2.3", "bor"),
            ("", "unknown"),
            ("/", "unknown"),
            ("<script>", "unknown"),
        ] {
            assert_eq!(client_family(version), family, "{version}");
        }
    }
}
