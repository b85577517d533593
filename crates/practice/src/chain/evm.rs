//! The EVM over a state, with the rules of the Prague fork.

use std::collections::BTreeMap;
use std::convert::Infallible;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256};
use revm::bytecode::Bytecode;
use revm::context::{BlockEnv, CfgEnv, Context};
use revm::handler::{MainnetContext, MainnetEvm};
use revm::primitives::eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE;
use revm::primitives::hardfork::SpecId;
use revm::state::{AccountInfo, EvmState};
use revm::{Database, DatabaseCommit, MainBuilder, MainContext};

use super::identity::LiveMemory;
use super::state::State;

/// The hashes of the last blocks by number, for the BLOCKHASH instruction.
pub(crate) type BlockHashes = BTreeMap<u64, B256>;

/// A state as the EVM reads and writes it.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// The accounts.
    pub(crate) state: State,
    hashes: BlockHashes,
}

impl Ledger {
    /// A ledger that starts from `state`.
    pub(crate) fn new(state: State, hashes: BlockHashes) -> Self {
        Self { state, hashes }
    }
}

impl Database for Ledger {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.state.account(address).map(|account| {
            AccountInfo::new(
                account.balance,
                account.nonce,
                account.code_hash,
                account.code.clone(),
            )
        }))
    }

    fn code_by_hash(&mut self, _code_hash: B256) -> Result<Bytecode, Infallible> {
        // `basic` hands out the code with the account, so the EVM never asks by hash.
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.state.account(address).map_or(U256::ZERO, |account| account.slot(slot)))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(self.hashes.get(&number).copied().unwrap_or_default())
    }
}

impl DatabaseCommit for Ledger {
    fn commit(&mut self, changes: EvmState) {
        self.state.apply(changes);
    }
}

/// The rules: Prague, with this chain id.
pub(crate) fn cfg_env(chain_id: u64) -> CfgEnv {
    CfgEnv::new_with_spec(SpecId::PRAGUE).with_chain_id(chain_id)
}

/// The surroundings that a block's header gives to its transactions.
pub(crate) fn block_env(header: &Header) -> BlockEnv {
    let mut env = BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        ..BlockEnv::default()
    };
    let excess_blob_gas = header.excess_blob_gas.unwrap_or_default();
    env.set_blob_excess_gas_and_price(excess_blob_gas, BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE);
    env
}

/// An EVM over `ledger`.
pub(crate) fn evm(ledger: &mut Ledger, cfg: CfgEnv, block: BlockEnv) -> PracticeEvm<'_> {
    let context = Context::mainnet().with_db(ledger).with_block(block).with_cfg(cfg);
    context.build_mainnet_with_inspector(LiveMemory::default())
}

/// The EVM; what is executed with inspection has the bug of [`LiveMemory`].
pub(crate) type PracticeEvm<'a> = MainnetEvm<MainnetContext<&'a mut Ledger>, LiveMemory>;
