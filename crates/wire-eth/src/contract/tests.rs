//! Contracts' answers against published ones, and against what cannot be.

use alloy_primitives::{U256, U512, keccak256};
use units::{Price, Ratio};

use super::abi::{OddAnswer, word_of};
use super::power::power;
use super::*;

/// The words of an answer, as numbers below or above nothing.
fn words(numbers: &[i128]) -> Vec<u8> {
    let word = |number: &i128| {
        let fill = if *number < 0 { 0xff } else { 0 };
        [[fill; 16], number.to_be_bytes()].concat()
    };
    numbers.iter().flat_map(word).collect()
}

fn price(text: &str) -> Price {
    Price::parse(text.as_bytes()).expect("a number")
}

#[test]
fn functions_are_asked_by_their_own_selectors() {
    // A selector of another function would read something else, or nothing at all.
    let first = |data: CallData| read_bytes(&data.to_string()).expect("bytes")[..4].to_vec();
    for (data, signature) in [
        (CallData::latest_round(), "latestRoundData()"),
        (CallData::decimals(), "decimals()"),
        (CallData::observe(60), "observe(uint32[])"),
        (CallData::token0(), "token0()"),
        (CallData::token1(), "token1()"),
        (CallData::asset(), "asset()"),
        (CallData::rate(RateKind::WstEth), "stEthPerToken()"),
        (CallData::rate(RateKind::WbEth), "exchangeRate()"),
        (CallData::rate(RateKind::REth), "getExchangeRate()"),
        (CallData::rate(RateKind::Erc4626), "convertToAssets(uint256)"),
    ] {
        assert_eq!(first(data), keccak256(signature)[..4], "{signature}");
    }
    let observe = CallData::observe(300).to_string();
    let word = |number: u32| format!("{number:064x}");
    assert_eq!(observe, format!("0x883bdbfd{}{}{}{}", word(32), word(2), word(300), word(0)));
}

#[test]
fn an_address_with_a_wrong_digit_is_found() {
    // EIP-55's own examples.
    for text in [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ] {
        let address = Address::parse(text).expect("an address");
        assert_eq!(address.to_string(), text.to_lowercase());
    }
    let wrong = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee";
    assert_eq!(Address::parse(wrong), Err(AddressError::Checksum));
    for text in [
        "",
        "0x",
        "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1bea",
    ] {
        assert_eq!(Address::parse(text), Err(AddressError::Shape), "{text}");
    }
}

#[test]
fn a_tick_is_the_power_that_the_pool_itself_computes() {
    // Published results of Uniswap v3's own function (TickMath's tests), which are rounded up to the next 2^-96.
    for (tick, square_root) in [
        (50, "79426470787362580746886972461"),
        (100, "79625275426524748796330556128"),
        (250, "80224679980005306637834519095"),
        (500, "81233731461783161732293370115"),
        (1_000, "83290069058676223003182343270"),
        (2_500, "89776708723587163891445672585"),
        (3_000, "92049301871182272007977902845"),
        (4_000, "96768528593268422080558758223"),
        (5_000, "101729702841318637793976746270"),
        (50_000, "965075977353221155028623082916"),
        (150_000, "143194173941309278083010301478497"),
        (250_000, "21246587762933397357449903968194344"),
        (500_000, "5697689776495288729098254600827762987878"),
        (738_203, "847134979253254120489401328389043031315994541"),
        (887_272, "1461446703485210103287273052203988822378723970342"),
    ] {
        let published: U512 = square_root.parse().expect("a number");
        let ours = power(tick).square_root_x96();
        // Theirs is a product of up to twenty rounded factors, and off by 3e-23 at 738203 and 3e-20 at the end; ours
        // by less than 1e-30.
        let off = if ours > published { ours - published } else { published - ours };
        assert!(off <= published >> 64, "{tick}: {ours} is not {published}");
    }
    let small = |tick| power(tick).inverse().square_root_x96();
    assert_eq!(
        small(887_272),
        U512::from(4_295_128_738_u64),
        "and down to the smallest, less one that is rounded up"
    );
}

#[test]
fn a_tick_is_a_price_in_the_right_direction_and_unit() {
    // Real ticks: USDC (6) and WETH (18) of mainnet's 0.05 % pool, where tick 200000 is some 2063 dollars an ether,
    // and WBTC (8) in WETH.
    let weth_in_usdc = price_at_tick(200_000, false, [18, 6]).expect("a price");
    assert!(
        (price("2063.2156694440")..price("2063.2156694441")).contains(&weth_in_usdc),
        "{weth_in_usdc}"
    );
    let usdc_in_weth = price_at_tick(200_000, true, [6, 18]).expect("a price");
    assert!(
        (price("0.000484680305")..price("0.000484680306")).contains(&usdc_in_weth),
        "{usdc_in_weth}"
    );
    let wbtc_in_weth = price_at_tick(264_000, true, [8, 18]).expect("a price");
    assert!(
        (price("29.160911290847")..price("29.160911290848")).contains(&wbtc_in_weth),
        "{wbtc_in_weth}"
    );
    assert_eq!(price_at_tick(0, true, [18, 18]), Ok(Price::ONE));
    assert_eq!(price_at_tick(1, true, [18, 18]), Ok(price("1.0001")));
    assert_eq!(price_at_tick(-1, false, [18, 18]), Ok(price("1.0001")));
    assert_eq!(price_at_tick(2, true, [0, 0]), Ok(price("1.00020001")));
    // 1/1.0001 to the twelfth place, from long division.
    assert_eq!(price_at_tick(-1, true, [18, 18]), Ok(price("0.999900009999")));
    assert_eq!(price_at_tick(1, false, [18, 18]), Ok(price("0.999900009999")));
}

#[test]
fn a_price_that_does_not_fit_is_none() {
    // The sixth place of a price that is nothing, or all there is, would go into a median.
    for (tick, is_token0, decimals) in
        [(TICK_MAX, true, [36, 0]), (-TICK_MAX, true, [18, 18]), (TICK_MAX, false, [0, 36])]
    {
        assert_eq!(price_at_tick(tick, is_token0, decimals), Err(OddAnswer::Unfit));
    }
    assert_eq!(price_at_tick(TICK_MAX + 1, true, [18, 18]), Err(OddAnswer::Range("the mean tick")));
    assert_eq!(price_at_tick(i32::MIN, true, [18, 18]), Err(OddAnswer::Range("the mean tick")));
    assert_eq!(price_at_tick(TICK_MAX, true, [6, 18]), Err(OddAnswer::Unfit), "3.4e26");
    assert!(price_at_tick(TICK_MAX, true, [0, 22]).is_ok(), "3.4e16");
}

/// What `observe` answers: two lists of two.
fn observed(ticks: [i128; 2], seconds: [U256; 2]) -> Vec<u8> {
    let mut answer = words(&[64, 160, 2, ticks[0], ticks[1], 2]);
    seconds.iter().for_each(|word| answer.extend(word.to_be_bytes::<32>()));
    answer
}

/// Seconds over liquidity, in 2^-128.
fn per_liquidity(seconds: u32, liquidity: u128) -> U256 {
    (U256::from(seconds) << 128_usize) / U256::from(liquidity)
}

#[test]
fn the_mean_tick_is_rounded_down_and_the_mean_liquidity_is_the_harmonic_one() {
    let start = per_liquidity(1_000, 77);
    let read = |ticks, grown| read_observations(&observed(ticks, [start, start + grown]), 10);
    let grown = per_liquidity(9, 1_000_000) + per_liquidity(1, 1_000);
    let twap = read([5_000, 7_005], grown).expect("a mean");
    assert_eq!(twap.tick, 200);
    // One second in ten with a thousandth of the liquidity: 10/(9/1000000 + 1/1000).
    assert_eq!(twap.liquidity, 9_910);
    assert_eq!(
        read([0, -5], grown).expect("a mean").tick,
        -1,
        "towards the lower one, as the pool's library does"
    );
    assert_eq!(read([0, -10], grown).expect("a mean").tick, -1);
}

#[test]
fn sums_that_ran_over_are_still_differences() {
    let all = (U256::ONE << 160_usize) - U256::ONE;
    let half: i128 = 1 << 55;
    let grown = per_liquidity(10, 500);
    let start = all - U256::from(3);
    let answer = observed([half - 100, 900 - half], [start, (start + grown) & all]);
    let twap = read_observations(&answer, 10).expect("a mean");
    assert_eq!((twap.tick, twap.liquidity), (100, 500));
}

#[test]
fn an_answer_of_a_pool_that_cannot_be_is_refused() {
    let grown = per_liquidity(10, 500);
    let good = observed([0, 1_000], [U256::ZERO, grown]);
    assert!(read_observations(&good, 10).is_ok());
    let check = |answer: &[u8], window, expected: OddAnswer| {
        assert_eq!(read_observations(answer, window), Err(expected));
    };
    check(&[], 10, OddAnswer::Empty);
    check(&good[..good.len() - 1], 10, OddAnswer::List);
    check(&good, 0, OddAnswer::Range("the mean tick"));
    check(
        &observed([0, i128::from(TICK_MAX + 1) * 10], [U256::ZERO, grown]),
        10,
        OddAnswer::Range("the mean tick"),
    );
    check(&observed([0, 1 << 55], [U256::ZERO, grown]), 10, OddAnswer::Range("the sum of ticks"));
    let seconds = OddAnswer::Range("the sum of seconds per liquidity");
    check(&observed([0, 0], [grown, grown]), 10, seconds);
    check(&observed([0, 0], [U256::ZERO, U256::ONE << 160_usize]), 10, seconds);
    check(&observed([0, 0], [U256::ZERO, U256::ONE << 150_usize]), 10, seconds);
    check(&observed([0, 0], [U256::ZERO, U256::ONE]), 10, OddAnswer::Range("the liquidity"));
    // Lists that lie elsewhere, or are longer.
    let mut moved = good.clone();
    moved[31] = 65;
    check(&moved, 10, OddAnswer::List);
    let mut longer = good;
    longer[95] = 3;
    check(&longer, 10, OddAnswer::List);
}

#[test]
fn a_round_is_read_as_mainnet_answers_it() {
    // ETH/USD's proxy: phase 7, an answer with eight places.
    let round: i128 = (7 << 64) + 1_234;
    let answer = words(&[round, 187_743_000_000, 1_736_000_000, 1_736_000_011, round]);
    let read = read_round(&answer).expect("a round");
    assert_eq!((read.answer, read.updated_at), (187_743_000_000, 1_736_000_011));
    assert_eq!((read.round, read.answered_in), (round.unsigned_abs(), round.unsigned_abs()));
    assert_eq!(read.price(8), Ok(price("1877.43")));
    assert_eq!(
        read.price(18),
        Ok(price("0.00000018774300000")),
        "in other decimals it is another price"
    );
    assert_eq!(read.price(0), Ok(price("187743000000")));
}

#[test]
fn a_round_without_a_price_is_none() {
    let round = |answer| Round { answer, updated_at: 1, round: 1, answered_in: 1 };
    for answer in [0, -1, i128::MIN] {
        assert_eq!(round(answer).price(8), Err(OddAnswer::Range("the answer")));
    }
    assert_eq!(round(1).price(30), Err(OddAnswer::Unfit), "less than a trillionth");
    assert_eq!(round(i128::MAX).price(0), Err(OddAnswer::Unfit));
    let answer = words(&[-1, 1, 1, 1, 1]);
    assert_eq!(read_round(&answer), Err(OddAnswer::Range("the number of the round")));
    assert_eq!(
        read_round(&words(&[1, 1, 1, -1, 1])),
        Err(OddAnswer::Range("the time of the round"))
    );
    let mut wide = words(&[1, 1, 1, 1, 1]);
    wide[32] = 1;
    assert_eq!(read_round(&wide), Err(OddAnswer::Range("the answer")), "above 128 bits");
    assert_eq!(read_round(&[]), Err(OddAnswer::Empty));
    assert_eq!(read_round(&words(&[1; 4])), Err(OddAnswer::Length { found: 128, expected: 160 }));
    assert_eq!(read_round(&[0; 161]), Err(OddAnswer::Length { found: 161, expected: 160 }));
}

#[test]
fn each_exchange_rate_is_read_in_its_own_unit() {
    let one = 1_000_000_000_000_000_000_i128;
    let read = |kind, value, decimals| read_rate(kind, &words(&[value]), decimals);
    let ratio = |text: &str| Ratio::parse(text.as_bytes()).expect("a number");
    for kind in [RateKind::WstEth, RateKind::WbEth, RateKind::REth] {
        let rate = read(kind, one / 10_000 * 12_283, [18, 18]);
        assert_eq!(rate, Ok(ratio("1.2283")), "{}", kind.name());
    }
    // A million shares of a vault with 18 decimals over a dollar coin with six, worth 1.05 each.
    assert_eq!(read(RateKind::Erc4626, 1_050_000_000_000, [18, 6]), Ok(ratio("1.05")));
    assert_eq!(read(RateKind::Erc4626, one * 1_050_000, [18, 18]), Ok(ratio("1.05")));
    assert_eq!(read(RateKind::Erc4626, one * 1_050_000, [6, 6]), Ok(ratio("1.05")));
    // With the wrong decimals it is out of any rate's range.
    let odd = Err(OddAnswer::Range("the exchange rate"));
    assert_eq!(read(RateKind::Erc4626, one * 1_050_000, [18, 6]), odd);
    assert_eq!(read(RateKind::WstEth, 0, [18, 18]), odd);
    assert_eq!(read(RateKind::WstEth, -1, [18, 18]), odd);
    assert_eq!(read_rate(RateKind::REth, &[], [18, 18]), Err(OddAnswer::Empty));
}

#[test]
fn decimals_and_addresses_are_read_strictly() {
    assert_eq!(read_decimals(&words(&[18])), Ok(18));
    for odd in [37, 256, -1] {
        assert_eq!(
            read_decimals(&words(&[odd])),
            Err(OddAnswer::Range("the number of decimals")),
            "{odd}"
        );
    }
    let mut word = [0; 32];
    word[12..].copy_from_slice(&[0xab; 20]);
    assert_eq!(read_address(&word), Ok(Address([0xab; 20])));
    word[11] = 1;
    assert_eq!(read_address(&word), Err(OddAnswer::Range("the address")));
}

#[test]
fn a_refusal_is_told_in_the_contracts_own_words() {
    let mut data = vec![0x08, 0xc3, 0x79, 0xa0];
    data.extend(words(&[32, 3]));
    data.extend(b"OLD");
    data.extend([0; 29]);
    assert_eq!(revert_reason(&data).as_deref(), Some("OLD"));
    let mut panic = vec![0x4e, 0x48, 0x7b, 0x71];
    panic.extend(word_of(0x11));
    assert_eq!(revert_reason(&panic).as_deref(), Some("panic 0x11"));
    for odd in [&data[..3], &data[..60], &data[..69], &[][..], &[1, 2, 3, 4]] {
        assert_eq!(revert_reason(odd), None, "{odd:?}");
    }
}

#[test]
fn a_batch_is_read_by_its_ids_whatever_the_order() {
    let address = Address([0x11; 20]);
    let body = write_batch(
        &[(address, CallData::decimals()), (address, CallData::token0())],
        AtBlock::Hash([0xab; 32]),
    );
    let text = String::from_utf8(body).expect("text");
    let (to, hash) = ("11".repeat(20), "ab".repeat(32));
    assert_eq!(
        text,
        format!(
            r#"[{{"jsonrpc":"2.0","id":0,"method":"eth_call","params":[{{"to":"0x{to}","data":"0x313ce567"}},{{"blockHash":"0x{hash}"}}]}},{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{{"to":"0x{to}","data":"0x0dfe1681"}},{{"blockHash":"0x{hash}"}}]}}]"#
        )
    );
    let by_number = write_call(7, address, &CallData::decimals(), AtBlock::Number(255));
    assert!(String::from_utf8(by_number).expect("text").ends_with(r#","0xff"]}"#));
    // As Geth, Anvil and Nethermind say that a call was reverted; and what a node says that is not well.
    let body = r#"[
        {"jsonrpc":"2.0","id":3,"error":{"code":-32005,"message":"rate limit exceeded"}},
        {"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted: OLD","data":"0x08c379a0000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000034f4c440000000000000000000000000000000000000000000000000000000000"}},
        {"jsonrpc":"2.0","id":0,"result":"0x12"},
        {"jsonrpc":"2.0","id":2,"error":{"code":-32015,"message":"VM execution error.","data":"Reverted 0x"}},
        {"jsonrpc":"2.0","id":4,"result":null},
        {"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"header not found"}},
        {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid argument 1"}},
        {"jsonrpc":"2.0","id":99,"result":"0x99"},
        {"jsonrpc":"2.0","id":8,"result":"0x1"},
        {"jsonrpc":"2.0","id":8,"result":"0x1"}
    ]"#;
    let items = read_batch(body.as_bytes(), 9).expect("a list");
    let failed = |why: &str| BatchItem::Failed(why.to_owned());
    assert_eq!(items[0], BatchItem::Value("0x12".to_owned()));
    assert_eq!(items[1], BatchItem::Reverted("OLD".to_owned()));
    assert_eq!(items[2], BatchItem::Reverted("error -32015: VM execution error.".to_owned()));
    assert_eq!(items[3], failed("error -32005: rate limit exceeded"));
    assert_eq!(items[4], failed("answered with something that is no data"));
    assert_eq!(items[5], failed("not answered"));
    assert_eq!(items[6], failed("error -32000: header not found"));
    assert_eq!(items[7], failed("error -32602: invalid argument 1"));
    assert_eq!(items[8], failed("answered twice"));
}

#[test]
fn what_is_no_list_of_answers_fails_as_a_whole() {
    // A node that takes no batches must not look like one whose contracts are gone.
    for (body, why) in [
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}"#,
            "error -32600: no batches",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#, "one answer to many calls"),
        (r#"[{"jsonrpc":"2.0","id":0,"result":"0x1"}"#, "the list of answers breaks off"),
        ("<html>", "not JSON"),
    ] {
        let error = read_batch(body.as_bytes(), 1).expect_err(body);
        assert!(error.reason.contains(why) || why == "not JSON", "{body}: {error}");
    }
}
