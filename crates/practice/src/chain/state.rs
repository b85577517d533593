//! The accounts of the chain after one block, as a value.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_trie::TrieAccount;
use revm::bytecode::Bytecode;
use revm::state::EvmState;

use super::trie::{Trie, TrieValue};

/// One account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Transactions sent, or contracts created for a contract.
    pub(crate) nonce: u64,
    /// Balance in wei.
    pub(crate) balance: U256,
    /// Keccak hash of the code; that of nothing for a plain account.
    pub(crate) code_hash: B256,
    /// The code.
    pub(crate) code: Bytecode,
    storage: Trie<U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            nonce: 0,
            balance: U256::ZERO,
            code_hash: KECCAK256_EMPTY,
            code: Bytecode::default(),
            storage: Trie::default(),
        }
    }
}

impl Account {
    /// A plain account with `balance` wei.
    pub(crate) fn with_balance(balance: U256) -> Self {
        Self { balance, ..Self::default() }
    }

    /// A contract with `code` and no money.
    pub(crate) fn with_code(code: Bytes) -> Self {
        let code_hash = keccak256(&code);
        Self { nonce: 1, code_hash, code: Bytecode::new_raw(code), ..Self::default() }
    }

    /// The value of a storage slot; zero where nothing was stored.
    pub(crate) fn slot(&self, slot: U256) -> U256 {
        self.storage.get(slot_key(slot)).copied().unwrap_or_default()
    }

    /// The root hash of the storage trie.
    pub(crate) fn storage_root(&self) -> B256 {
        self.storage.root_hash()
    }

    /// The proof of a storage slot against [`Account::storage_root`].
    pub(crate) fn prove_slot(&self, slot: U256) -> Vec<Bytes> {
        self.storage.prove(slot_key(slot))
    }

    /// Sets the value of a storage slot; nought removes it.
    pub(super) fn set_slot(&mut self, slot: U256, value: U256) {
        if value.is_zero() {
            self.storage.remove(slot_key(slot));
        } else {
            self.storage.insert(slot_key(slot), value);
        }
    }
}

impl TrieValue for Account {
    fn to_rlp(&self) -> Vec<u8> {
        alloy_rlp::encode(TrieAccount::new(
            self.nonce,
            self.balance,
            self.storage_root(),
            self.code_hash,
        ))
    }
}

impl TrieValue for U256 {
    fn to_rlp(&self) -> Vec<u8> {
        alloy_rlp::encode(self)
    }
}

/// All accounts. Clones are cheap and independent.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    accounts: Trie<Account>,
}

impl State {
    /// An account; `None` where it does not exist.
    pub(crate) fn account(&self, address: Address) -> Option<&Account> {
        self.accounts.get(keccak256(address))
    }

    /// An account's nonce; zero where it does not exist.
    pub(crate) fn nonce(&self, address: Address) -> u64 {
        self.account(address).map_or(0, |account| account.nonce)
    }

    /// An account's balance in wei; zero where it does not exist.
    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.account(address).map_or(U256::ZERO, |account| account.balance)
    }

    /// The state root.
    pub(crate) fn root_hash(&self) -> B256 {
        self.accounts.root_hash()
    }

    /// The proof of an account, or of its absence, against [`State::root_hash`].
    pub(crate) fn prove(&self, address: Address) -> Vec<Bytes> {
        self.accounts.prove(keccak256(address))
    }

    /// Puts an account in place whole.
    pub(crate) fn set(&mut self, address: Address, account: Account) {
        self.accounts.insert(keccak256(address), account);
    }

    /// Takes over what an execution changed.
    pub(crate) fn apply(&mut self, changes: EvmState) {
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            // EIP-161: a touched account that is empty does not exist.
            if change.is_selfdestructed() || change.is_empty() {
                self.accounts.remove(keccak256(address));
                continue;
            }
            let existing = if change.is_created() { None } else { self.account(address) };
            let mut account = existing.cloned().unwrap_or_default();
            account.nonce = change.info.nonce;
            account.balance = change.info.balance;
            account.code_hash = change.info.code_hash;
            if let Some(code) = &change.info.code {
                account.code = code.clone();
            }
            for (slot, value) in change.changed_storage_slots() {
                account.set_slot(*slot, value.present_value);
            }
            self.set(address, account);
        }
    }
}

fn slot_key(slot: U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

#[cfg(test)]
mod tests {
    use alloy_consensus::Header;
    use alloy_primitives::{address, b256};

    use super::*;

    #[test]
    fn the_genesis_of_a_public_network_comes_out() {
        // A wrong account or header encoding would make every state root and block hash false.
        // Source: the Sepolia network's genesis file and its block 0.
        let thousand_ether = U256::from(1_000_u64) * U256::from(1_000_000_000_000_000_000_u64);
        let allocation = [
            (address!("a2A6d93439144FFE4D27c9E088dCD8b783946263"), 1_000),
            (address!("Bc11295936Aa79d594139de1B2e12629414F3BDB"), 1_000),
            (address!("7cF5b79bfe291A67AB02b393E456cCc4c266F753"), 1_000),
            (address!("aaec86394441f915bce3e6ab399977e9906f3b69"), 1_000),
            (address!("F47CaE1CF79ca6758Bfc787dbD21E6bdBe7112B8"), 1_000),
            (address!("d7eDDB78ED295B3C9629240E8924fb8D8874ddD8"), 1_000),
            (address!("8b7F0977Bb4f0fBE7076FA22bC24acA043583F5e"), 1_000),
            (address!("e2e2659028143784d557bcec6ff3a0721048880a"), 1_000),
            (address!("d9a5179f091d85051d3c982785efd1455cec8699"), 1_000),
            (address!("beef32ca5b9a198d27B4e02F4c70439fE60356Cf"), 1_000),
            (address!("0000006916a87b82333f4245046623b23794c65c"), 10_000),
            (address!("b21c33de1fab3fa15499c62b59fe0cc3250020d1"), 100_000),
            (address!("10F5d45854e038071485AC9e402308cF80D2d2fE"), 100_000),
            (address!("d7d76c58b3a519e9fA6Cc4D22dC017259BC49F1E"), 100_000),
        ];
        let mut state = State::default();
        for (address, thousands) in allocation {
            state.set(address, Account::with_balance(thousand_ether * U256::from(thousands)));
        }
        let one_ether = U256::from(1_000_000_000_000_000_000_u64);
        state.set(
            address!("799D329e5f583419167cD722962485926E338F4a"),
            Account::with_balance(one_ether),
        );
        let root = b256!("5eb6e371a698b8d68f665192350ffcecbbbf322916f4b51bd79bb6887da3f494");
        assert_eq!(state.root_hash(), root);

        let header = Header {
            state_root: root,
            difficulty: U256::from(0x20000),
            gas_limit: 0x1c9_c380,
            timestamp: 0x6159_af19,
            extra_data: Bytes::from_static(b"Sepolia, Athens, Attica, Greece!"),
            base_fee_per_gas: Some(1_000_000_000),
            ..Header::default()
        };
        let hash = b256!("25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9");
        assert_eq!(header.hash_slow(), hash);
    }

    #[test]
    fn storage_is_committed_to_in_the_account() {
        // A slot that is set back to zero must leave no trace, or roots differ from other clients.
        let (address, slot) = (address!("0000000000000000000000000000000000000001"), U256::from(1));
        let mut account = Account::with_balance(U256::from(1));
        let untouched = account.storage_root();
        account.set_slot(slot, U256::from(7));
        let root = alloy_trie::root::storage_root_unhashed([(B256::from(slot), U256::from(7))]);
        assert_eq!(account.storage_root(), root);
        let mut state = State::default();
        state.set(address, account.clone());
        let leaf = TrieAccount::new(0, U256::from(1), root, KECCAK256_EMPTY);
        assert_eq!(state.root_hash(), alloy_trie::root::state_root_unhashed([(address, leaf)]));
        account.set_slot(slot, U256::ZERO);
        assert_eq!(account.storage_root(), untouched);
    }
}
