//! Contracts of a market on the practice chain: two pools in the form of Uniswap v3, and a wrapped ether in the form
//! of wBETH. Their code only reads; what it reads is written as each block begins, as the beacon root is.
//!
//! Nobody can trade in the pools: their prices are those of the practice market.

use std::fmt;

use alloy_primitives::{Address, Bytes, U256, address, keccak256};
use units::Price;

use super::assembly::assemble;
use super::state::{Account, State};

/// For how many seconds back a pool can say its price: what an average over half an hour needs, and some more.
const HISTORY_SECONDS: u64 = 2_400;
/// What is added to sums of ticks where they are kept, so that none is nought: nought says that nothing is kept.
const BIAS: u32 = 255;

// Numbers of storage slots. Sums of ticks are kept under the second that they are of, far above these.
const SQRT_PRICE: u64 = 0;
const TICK: u64 = 1;
const CARDINALITY: u64 = 3;
const CARDINALITY_NEXT: u64 = 4;
const UNLOCKED: u64 = 6;
const TOKEN0: u64 = 7;
const TOKEN1: u64 = 8;
const LIQUIDITY: u64 = 9;
const LAST_SECOND: u64 = 10;
const LAST_SUM: u64 = 11;
const DECIMALS: u64 = 0;
const RATE: u64 = 1;

const USDE: Address = address!("5ea0000000000000000000000000000000000011");
const USDT: Address = address!("5ea0000000000000000000000000000000000012");
const WETH: Address = address!("5ea0000000000000000000000000000000000013");
const WBETH: Address = address!("5ea0000000000000000000000000000000000014");
const USDE_POOL: Address = address!("5ea0000000000000000000000000000000000021");
const WBETH_POOL: Address = address!("5ea0000000000000000000000000000000000022");

/// Where a market's contracts are on the practice chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketContracts {
    /// The pegged token, of 18 decimals.
    pub usde: [u8; 20],
    /// The stablecoin, of 6 decimals.
    pub usdt: [u8; 20],
    /// Ether as a token, of 18 decimals.
    pub weth: [u8; 20],
    /// The wrapped staked ether, of 18 decimals, which also says its `exchangeRate()`.
    pub wbeth: [u8; 20],
    /// The pool of the pegged token and the stablecoin.
    pub usde_pool: [u8; 20],
    /// The pool of the wrapped ether and ether.
    pub wbeth_pool: [u8; 20],
}

/// Where a market's contracts are on the practice chain.
pub const MARKET_CONTRACTS: MarketContracts = MarketContracts {
    usde: USDE.into_array(),
    usdt: USDT.into_array(),
    weth: WETH.into_array(),
    wbeth: WBETH.into_array(),
    usde_pool: USDE_POOL.into_array(),
    wbeth_pool: WBETH_POOL.into_array(),
};

/// The prices of the market on the practice chain at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// What one USDE costs in USDT.
    pub usde_usdt: Price,
    /// What one wrapped ether costs in ether.
    pub wbeth_eth: Price,
    /// How many ether one wrapped ether is redeemed for.
    pub rate: Price,
}

/// Where the practice chain takes its market from.
pub trait MarkSource: fmt::Debug + Send + Sync {
    /// The prices at so many seconds since 1970. The same question has to get the same answer, but for what people
    /// do to the market: nodes on different branches ask for themselves.
    fn marks(&self, unix_seconds: u64) -> Marks;
}

/// Puts the contracts in place, with a history as if the first prices had been there for long.
pub(crate) fn deploy(state: &mut State, timestamp: u64, marks: &Marks) {
    for (token, decimals) in [(USDE, 18_u64), (USDT, 6), (WETH, 18), (WBETH, 18)] {
        let mut account = Account::with_code(token_code());
        account.set_slot(U256::from(DECIMALS), U256::from(decimals));
        state.set(token, account);
    }
    for (pool, tokens) in [(USDE_POOL, [USDE, USDT]), (WBETH_POOL, [WBETH, WETH])] {
        let mut account = Account::with_code(pool_code());
        let word = |token: Address| U256::from_be_bytes(token.into_word().0);
        for (slot, value) in [
            (CARDINALITY, U256::from(HISTORY_SECONDS)),
            (CARDINALITY_NEXT, U256::from(HISTORY_SECONDS)),
            (UNLOCKED, U256::ONE),
            (TOKEN0, word(tokens[0])),
            (TOKEN1, word(tokens[1])),
            // A liquidity that makes the seconds per unit of it simple: one unit of 2^-64 a second.
            (LIQUIDITY, U256::ONE << 64),
        ] {
            account.set_slot(U256::from(slot), value);
        }
        state.set(pool, account);
    }
    write(state, marks);
    for pool in [USDE_POOL, WBETH_POOL] {
        advance_pool(state, pool, timestamp);
    }
}

/// Takes the contracts to a block's time, and to new prices where there are any; without the contracts nothing
/// happens.
pub(crate) fn advance(state: &mut State, timestamp: u64, marks: Option<&Marks>) {
    if state.account(USDE_POOL).is_none() {
        return;
    }
    // Until the block, the price was what the block before left.
    for pool in [USDE_POOL, WBETH_POOL] {
        advance_pool(state, pool, timestamp);
    }
    if let Some(marks) = marks {
        write(state, marks);
    }
}

/// Writes new prices.
fn write(state: &mut State, marks: &Marks) {
    // Prices are in trillionths, and of the smallest units there are 10^(18-6) less of one token.
    let trillion = U256::from(1_000_000_000_000_u64);
    for (pool, price, divisor) in
        [(USDE_POOL, marks.usde_usdt, trillion * trillion), (WBETH_POOL, marks.wbeth_eth, trillion)]
    {
        let Some(mut account) = state.account(pool).cloned() else { continue };
        let price = U256::from(price.raw().clamp(1, i128::from(u64::MAX)).unsigned_abs());
        account.set_slot(U256::from(SQRT_PRICE), ((price << 192_u32) / divisor).root(2));
        account.set_slot(U256::from(TICK), signed(tick(price, divisor)));
        state.set(pool, account);
    }
    let Some(mut wrapped) = state.account(WBETH).cloned() else { return };
    let rate = U256::from(marks.rate.raw().max(0).unsigned_abs()) * U256::from(1_000_000_u64);
    wrapped.set_slot(U256::from(RATE), rate);
    state.set(WBETH, wrapped);
}

/// Adds a pool's tick for every second up to `timestamp`, and forgets what is too old.
fn advance_pool(state: &mut State, pool: Address, timestamp: u64) {
    let Some(mut account) = state.account(pool).cloned() else { return };
    let tick = account.slot(U256::from(TICK));
    let last = account.slot(U256::from(LAST_SECOND)).saturating_to::<u64>();
    let mut sum = account.slot(U256::from(LAST_SUM));
    // After a gap that is longer than the history only the history matters.
    let from = last.max(timestamp.saturating_sub(HISTORY_SECONDS));
    for second in from + 1..=timestamp {
        sum = sum.wrapping_add(tick);
        account.set_slot(U256::from(second), sum ^ (U256::ONE << BIAS));
        account.set_slot(U256::from(second.saturating_sub(HISTORY_SECONDS)), U256::ZERO);
    }
    account.set_slot(U256::from(LAST_SECOND), U256::from(timestamp.max(last)));
    account.set_slot(U256::from(LAST_SUM), sum);
    state.set(pool, account);
}

/// A signed number as the EVM holds it.
fn signed(number: i32) -> U256 {
    let size = U256::from(number.unsigned_abs());
    if number < 0 { U256::ZERO.wrapping_sub(size) } else { size }
}

/// The tick of a price `price / divisor`: the largest power of 1.0001 that is not above it.
fn tick(price: U256, divisor: U256) -> i32 {
    let one = U256::ONE << 96_u32;
    if price >= divisor {
        return log(one * price / divisor);
    }
    let turned = one * divisor / price;
    let log_of_turned = log(turned);
    if power(log_of_turned) == turned { -log_of_turned } else { -log_of_turned - 1 }
}

/// The largest number of times that 1.0001 goes into a number of at least one, which has 96 bits behind the point.
fn log(number: U256) -> i32 {
    let mut found = 0;
    // 1.0001^393,216 is 10^17, far above every price here and every ratio of units.
    for bit in (0..19).rev() {
        let next = found + (1_i32 << bit);
        if next < 393_216 && power(next) <= number {
            found = next;
        }
    }
    found
}

/// 1.0001 to a power, with 96 bits behind the point.
fn power(exponent: i32) -> U256 {
    let one = U256::ONE << 96_u32;
    let mut base = one + one / U256::from(10_000_u64);
    let (mut result, mut left) = (one, exponent.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result = (result * base) >> 96_u32;
        }
        left >>= 1;
        if left > 0 {
            base = (base * base) >> 96_u32;
        }
    }
    result
}

/// The four bytes that a call of a function begins with.
fn selector(signature: &str) -> String {
    keccak256(signature).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the selector and jumps; reverts where there is no such function.
fn dispatch(functions: &[(&str, &str)]) -> String {
    let mut listing = "PUSH1 00 CALLDATALOAD PUSH1 e0 SHR ".to_owned();
    for (signature, label) in functions {
        listing.push_str(&format!("DUP1 PUSH4 {} EQ PUSH2 @{label} JUMPI ", selector(signature)));
    }
    listing.push_str("PUSH1 00 DUP1 REVERT ");
    listing
}

/// A function that returns one slot.
fn getter(label: &str, slot: u64) -> String {
    format!("{label}: JUMPDEST PUSH1 {slot:02x} SLOAD PUSH1 00 MSTORE PUSH1 20 PUSH1 00 RETURN ")
}

fn token_code() -> Bytes {
    let functions = [("decimals()", "decimals"), ("exchangeRate()", "rate")];
    let listing = dispatch(&functions) + &getter("decimals", DECIMALS) + &getter("rate", RATE);
    assemble(&listing)
}

fn pool_code() -> Bytes {
    let functions = [
        ("slot0()", "slot0"),
        ("observe(uint32[])", "observe"),
        ("token0()", "token0"),
        ("token1()", "token1"),
        ("liquidity()", "liquidity"),
    ];
    let mut listing = dispatch(&functions);
    for (label, slot) in [("token0", TOKEN0), ("token1", TOKEN1), ("liquidity", LIQUIDITY)] {
        listing.push_str(&getter(label, slot));
    }
    listing.push_str("slot0: JUMPDEST ");
    for slot in 0..7_u64 {
        listing.push_str(&format!("PUSH1 {slot:02x} SLOAD PUSH1 {:02x} MSTORE ", slot * 32));
    }
    listing.push_str("PUSH1 e0 PUSH1 00 RETURN ");
    listing.push_str(OBSERVE);
    assemble(&listing)
}

/// `observe(uint32[])`: two arrays, of sums of ticks and of seconds per liquidity, at so many seconds ago each. The
/// array is taken to be where every encoder puts it. In the comments `n` is its length, `size` that in bytes,
/// `second` where the second answer begins, and `at` how many bytes of each are done.
const OBSERVE: &str = "
observe: JUMPDEST
    PUSH1 40 PUSH1 00 MSTORE
    PUSH1 24 CALLDATALOAD DUP1 PUSH1 40 MSTORE
    DUP1 PUSH1 05 SHL                           ; n size
    DUP1 PUSH1 60 ADD DUP1 PUSH1 20 MSTORE      ; n size second
    DUP3 DUP2 MSTORE
    PUSH1 00                                    ; n size second at
next: JUMPDEST
    DUP3 DUP2 LT ISZERO PUSH2 @done JUMPI
    DUP1 PUSH1 44 ADD CALLDATALOAD TIMESTAMP SUB    ; n size second at time
    DUP1 SLOAD                                  ; n size second at time kept
    DUP1 ISZERO PUSH2 @old JUMPI
    PUSH1 01 PUSH1 ff SHL XOR                   ; without the bias
    DUP3 PUSH1 60 ADD MSTORE                    ; n size second at time
    PUSH1 40 SHL                                ; a unit of 2^-64 a second
    DUP2 DUP4 ADD PUSH1 20 ADD MSTORE           ; n size second at
    PUSH1 20 ADD PUSH2 @next JUMP
done: JUMPDEST
    DUP3 DUP3 ADD PUSH1 20 ADD PUSH1 00 RETURN
old: JUMPDEST
    PUSH4 08c379a0 PUSH1 e0 SHL PUSH1 00 MSTORE
    PUSH1 20 PUSH1 04 MSTORE
    PUSH1 03 PUSH1 24 MSTORE
    PUSH3 4f4c44 PUSH1 e8 SHL PUSH1 44 MSTORE
    PUSH1 64 PUSH1 00 REVERT
";

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> U256 {
        U256::from(Price::parse(text.as_bytes()).expect("a price").raw().unsigned_abs())
    }

    #[test]
    fn ticks_are_those_of_the_protocol() {
        // A tick that is off by one is a price that is off by a hundredth of a per cent.
        let trillion = U256::from(1_000_000_000_000_u64);
        for (text, divisor, expected) in [
            ("1", trillion, 0),
            ("1.0001", trillion, 1),
            ("1.00009", trillion, 0),
            ("0.9999", trillion, -2),
            ("1.0721", trillion, 696),
            // A dollar with 18 decimals in one with 6: log(10^-12) is -276,324.03 ticks.
            ("1", trillion * trillion, -276_325),
            ("0.65", trillion * trillion, -280_633),
            ("4000", trillion, 82_944),
        ] {
            assert_eq!(tick(price(text), divisor), expected, "{text}");
        }
        assert_eq!(signed(-1), U256::MAX);
    }

    #[test]
    fn selectors_are_those_that_readers_send() {
        // Source: the ABI of Uniswap v3's pool and of wBETH.
        assert_eq!(selector("observe(uint32[])"), "883bdbfd");
        assert_eq!(selector("slot0()"), "3850c7bd");
        assert_eq!(selector("exchangeRate()"), "3ba0b9a9");
        assert_eq!(selector("decimals()"), "313ce567");
    }
}
