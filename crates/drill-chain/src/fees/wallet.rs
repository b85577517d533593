//! The configuration of the people's wallets: which price they go by, and whether they ever look again.

use toml_edit::{DocumentMut, Item};

use super::market::GWEI;

/// Which price a wallet goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A tip that never changes, and twice the base fee.
    Fixed,
    /// The tip that the node suggests, and twice the base fee.
    Node,
    /// What Seawall's fee endpoint says.
    Seawall,
}

/// A wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wallet {
    pub(super) rule: Rule,
    /// The tip that never changes, in wei, where it is not the usual one.
    pub(super) fixed: Option<u128>,
    /// Within how many blocks it asks for.
    pub(super) within_blocks: u64,
    /// After how many blocks it replaces what is not in a block; never, where nothing.
    pub(super) again_blocks: Option<u64>,
}

impl Wallet {
    /// Reads the table `[wallet]` of a configuration.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let document: DocumentMut =
            text.parse().map_err(|error| format!("the configuration is no TOML: {error}"))?;
        let table = document.get("wallet").and_then(Item::as_table);
        let table = table.ok_or("the configuration needs a table [wallet]")?;
        let mut read =
            Self { rule: Rule::Seawall, fixed: None, within_blocks: 3, again_blocks: None };
        for (key, item) in table {
            let number = item.as_integer().and_then(|number| u64::try_from(number).ok());
            match (key, item.as_str(), number) {
                ("fees", Some("fixed"), _) => read.rule = Rule::Fixed,
                ("fees", Some("node"), _) => read.rule = Rule::Node,
                ("fees", Some("seawall"), _) => read.rule = Rule::Seawall,
                ("fixed_gwei", _, Some(gwei)) => read.fixed = Some(u128::from(gwei) * GWEI),
                ("within_blocks", _, Some(blocks)) => read.within_blocks = blocks.max(1),
                ("again_blocks", _, Some(blocks)) => {
                    read.again_blocks = (blocks > 0).then_some(blocks);
                }
                _ => {
                    return Err(format!(
                        "wallet.{key} is wrong: there are fees (fixed, node, seawall) and the whole numbers \
                         fixed_gwei, within_blocks and again_blocks"
                    ));
                }
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_is_what_its_table_says() {
        // A misspelt key would leave a defence on in the run that shows the damage without it.
        let read = Wallet::read("[wallet]\nfees = \"node\"\nwithin_blocks = 1\nagain_blocks = 5\n");
        let wallet =
            Wallet { rule: Rule::Node, fixed: None, within_blocks: 1, again_blocks: Some(5) };
        assert_eq!(read, Ok(wallet));
        assert!(Wallet::read("[wallet]\nfee = \"node\"\n").is_err());
        assert!(Wallet::read("[gateway]\n").is_err());
    }
}
