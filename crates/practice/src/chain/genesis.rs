//! The first block: who owns what before anything happened.

use alloy_consensus::constants::EMPTY_WITHDRAWALS;
use alloy_consensus::{Header, TxEip1559};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_eips::eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE};
use alloy_eips::eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE};
use alloy_eips::eip7002::{
    WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE,
};
use alloy_eips::eip7251::{
    CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE,
};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex, keccak256};
use k256::ecdsa::SigningKey;

use super::block::Block;
use super::contracts::{Marks, deploy};
use super::state::{Account, State};
use super::transaction::{Transaction, sign};

/// The gas limit of every block.
pub(crate) const BLOCK_GAS_LIMIT: u64 = 36_000_000;

/// The base fee of the first block, in wei.
const FIRST_BASE_FEE: u64 = 1_000_000_000;

/// Wei in an ether.
const ETHER: u64 = 1_000_000_000_000_000_000;

/// The accounts of the development mnemonic "test test test test test test test test test test
/// test junk" (path m/44'/60'/0'/0/i), which every development chain funds.
const DEVELOPMENT_ACCOUNTS: [Address; 10] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
];

/// The key of the account whose small transfers keep blocks from being empty. It is public and
/// worth nothing: anyone can derive it from these words.
pub(crate) fn faucet_key() -> SigningKey {
    SigningKey::from_slice(keccak256("seawall practice faucet").as_slice())
        .expect("invariant: the hash of the fixed words is a valid key, as the tests show")
}

/// A transfer of a little ether from the faucet.
pub(crate) fn faucet_transfer(
    key: &SigningKey,
    chain_id: u64,
    nonce: u64,
    to: Address,
    wei: u64,
) -> Transaction {
    let transfer = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 1_000_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(to),
        value: U256::from(wei),
        ..TxEip1559::default()
    };
    sign(transfer, key).expect("invariant: signing the hash of a transaction does not fail")
}

/// A signed transfer as `eth_sendRawTransaction` takes it, from an account that owns nothing: nodes read and check it,
/// and then say that it cannot be paid for.
///
/// # Panics
/// Never: the key is fixed, and signing the hash of a transaction does not fail.
#[must_use]
pub fn signed_transfer(chain_id: u64, nonce: u64) -> String {
    let key = SigningKey::from_slice(keccak256("seawall practice transfers").as_slice())
        .expect("invariant: the hash of the fixed words is a valid key, as the tests show");
    let transfer = faucet_transfer(&key, chain_id, nonce, Address::ZERO, 1);
    hex::encode_prefixed(transfer.envelope.encoded_2718())
}

/// The first block, at `timestamp` seconds since 1970.
///
/// Besides the funded accounts it holds the system contracts of the Prague fork (EIP-2935,
/// EIP-4788, EIP-7002, EIP-7251), as a chain must that starts with Prague active, and the contracts of a
/// market where there is one.
pub(crate) fn genesis_block(timestamp: u64, marks: Option<&Marks>) -> Block {
    let mut state = State::default();
    let wealth = U256::from(10_000_u64) * U256::from(ETHER);
    for account in DEVELOPMENT_ACCOUNTS {
        state.set(account, Account::with_balance(wealth));
    }
    state.set(
        Address::from_private_key(&faucet_key()),
        Account::with_balance(wealth * U256::from(100)),
    );
    let contracts = [
        (BEACON_ROOTS_ADDRESS, &BEACON_ROOTS_CODE),
        (HISTORY_STORAGE_ADDRESS, &HISTORY_STORAGE_CODE),
        (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, &WITHDRAWAL_REQUEST_PREDEPLOY_CODE),
        (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, &CONSOLIDATION_REQUEST_PREDEPLOY_CODE),
    ];
    for (address, code) in contracts {
        state.set(address, Account::with_code(code.clone()));
    }
    if let Some(marks) = marks {
        deploy(&mut state, timestamp, marks);
    }
    let header = Header {
        state_root: state.root_hash(),
        gas_limit: BLOCK_GAS_LIMIT,
        timestamp,
        extra_data: Bytes::from_static(b"seawall practice"),
        base_fee_per_gas: Some(FIRST_BASE_FEE),
        withdrawals_root: Some(EMPTY_WITHDRAWALS),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    };
    Block::seal(header, Vec::new(), Vec::new(), state)
}
