//! Each shape against an example with the fields that Binance's documentation lists.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;
use crate::json::{OneOrMany, ToJson};
use crate::words::OrderStatus;

/// Reads an example, writes what was read, and looks whether it says the same: no field lost, none added.
fn check<T: DeserializeOwned + ToJson + PartialEq + std::fmt::Debug>(example: &str) -> T {
    let read: T =
        serde_json::from_str(example).unwrap_or_else(|error| panic!("{error}: {example}"));
    let written = String::from_utf8(read.to_json()).expect("text");
    let values = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(values(&written), values(example));
    assert_eq!(serde_json::from_str::<T>(&written).expect("its own text"), read);
    read
}

#[test]
fn a_shape_is_written_as_it_is_read() {
    // A comma too many, and no client reads anything.
    let text = "\"\\\n".to_owned();
    let limit = RateLimit {
        rate_limit_type: text,
        interval: String::new(),
        interval_number: 0,
        limit: u64::MAX,
        count: None,
    };
    let written = String::from_utf8(limit.to_json()).expect("text");
    let expect =
        r#"{"rateLimitType":"\"\\\n","interval":"","intervalNum":0,"limit":18446744073709551615}"#;
    assert_eq!(written, expect);
    assert_eq!(serde_json::from_str::<RateLimit>(&written).expect("read"), limit);
    let other = expect.replace('}', r#","count":null,"other":{"x":1.5}}"#);
    assert_eq!(serde_json::from_str::<RateLimit>(&other).expect("read"), limit);
    let none = AdlQuantiles { long: None, short: None, both: None };
    assert_eq!(none.to_json(), b"{}");
    assert_eq!(Vec::<Level>::new().to_json(), b"[]");
}

#[test]
fn market_data_is_written_as_documented() {
    // A number that is a text at Binance and none here breaks every client that compares.
    check::<ServerTime>(r#"{"serverTime":1499827319559}"#);
    let book = r#"{"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,"bids":[["4.00000000","431.00000000"]],"asks":[["4.00000200","12.00000000"]]}"#;
    assert_eq!(check::<Book>(book).to_json(), book.as_bytes());
    let trade = r#"{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.00","time":1499865549590,"isBuyerMaker":true}"#;
    check::<PublicTrade>(trade);
    let trades = r#"[{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true}]"#;
    check::<Vec<AggTrade>>(trades);
    let candle = r#"[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]"#;
    assert_eq!(check::<Candle>(candle).to_json(), candle.as_bytes());
    assert!(serde_json::from_str::<Candle>(r#"[1,"2"]"#).is_err());
    let ticker = r#"{"symbol":"BTCUSDT","priceChange":"-94.99999800","priceChangePercent":"-95.960","weightedAvgPrice":"0.29628482","lastPrice":"4.00000200","lastQty":"200.00000000","openPrice":"99.00000000","highPrice":"100.00000000","lowPrice":"0.10000000","volume":"8913.30000000","quoteVolume":"15.30000000","openTime":1499783499040,"closeTime":1499869899040,"firstId":28385,"lastId":28460,"count":76}"#;
    check::<OneOrMany<DayTicker>>(ticker);
    check::<OneOrMany<DayTicker>>(&format!("[{ticker},{ticker}]"));
    check::<PriceTicker>(r#"{"symbol":"BTCUSDT","price":"6000.01","time":1589437530011}"#);
    let best = r#"{"symbol":"BTCUSDT","bidPrice":"4.00000000","bidQty":"431.00000000","askPrice":"4.00000200","askQty":"9.00000000","time":1589437530011}"#;
    check::<BestTicker>(best);
}

#[test]
fn prices_and_funding_are_written_as_documented() {
    let premium = r#"{"symbol":"BTCUSDT","markPrice":"11793.63104562","indexPrice":"11781.80495970","estimatedSettlePrice":"11781.16138815","lastFundingRate":"0.00038246","interestRate":"0.00010000","nextFundingTime":1597392000000,"time":1597370495002}"#;
    check::<OneOrMany<PremiumIndex>>(premium);
    let charge = r#"{"symbol":"BTCUSDT","fundingRate":"-0.03750000","fundingTime":1570608000000,"markPrice":"34287.54619963"}"#;
    check::<FundingCharge>(charge);
    let rule = r#"{"symbol":"BLZUSDT","adjustedFundingRateCap":"0.02500000","adjustedFundingRateFloor":"-0.02500000","fundingIntervalHours":8,"disclaimer":false}"#;
    check::<FundingRule>(rule);
    check::<OpenInterest>(
        r#"{"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}"#,
    );
    let then = r#"{"symbol":"BTCUSDT","sumOpenInterest":"20403.63700000","sumOpenInterestValue":"150570784.07809979","timestamp":1583127900000}"#;
    check::<OpenInterestThen>(then);
    let ratio = r#"{"symbol":"BTCUSDT","longShortRatio":"0.1960","longAccount":"0.6622","shortAccount":"0.3378","timestamp":1583139600000}"#;
    check::<LongShortRatio>(ratio);
    check::<SystemStatus>(r#"{"status":0,"msg":"normal"}"#);
    let constituents = r#"{"symbol":"BTCUSDT","time":1745401553408,"constituents":[{"exchange":"coinbase","symbol":"BTC-USDT","price":"94140.58000000","weight":"0.15384615"}]}"#;
    check::<Constituents>(constituents);
    let fund = r#"[{"symbols":["ADAUSDT","XRPUSDT"],"assets":[{"asset":"USDT","marginBalance":"314151411.06482935","updateTime":1745366402000}]}]"#;
    check::<OneOrMany<InsuranceBalance>>(fund);
    let index = r#"{"symbol":"ADAUSD","time":1635740268004,"index":"1.92957370","bidBuffer":"0.10000000","askBuffer":"0.10000000","bidRate":"1.73661633","askRate":"2.12253107","autoExchangeBidBuffer":"0.05000000","autoExchangeAskBuffer":"0.05000000","autoExchangeBidRate":"1.83309501","autoExchangeAskRate":"2.02605238"}"#;
    check::<AssetIndex>(index);
    check::<SymbolAdlRisk>(r#"{"symbol":"BTCUSDT","adlRisk":"low","updateTime":1597370495002}"#);
}

#[test]
fn orders_are_written_as_documented() {
    let placed = r#"{"clientOrderId":"testOrder","cumQty":"0","cumQuote":"0","executedQty":"0","orderId":22542179,"avgPrice":"0.00000","origQty":"10","price":"0","reduceOnly":false,"side":"BUY","positionSide":"SHORT","status":"NEW","stopPrice":"9300","closePosition":false,"symbol":"BTCUSDT","timeInForce":"GTD","type":"TRAILING_STOP_MARKET","origType":"TRAILING_STOP_MARKET","activatePrice":"9020","priceRate":"0.3","updateTime":1566818724722,"workingType":"CONTRACT_PRICE","priceProtect":false,"priceMatch":"NONE","selfTradePreventionMode":"NONE","goodTillDate":1693207680000}"#;
    assert_eq!(check::<Order>(placed).order_id, 22_542_179);
    let asked = r#"{"avgPrice":"0.00000","clientOrderId":"abc","cumQuote":"0","executedQty":"0","orderId":1917641,"origQty":"0.40","origType":"LIMIT","price":"0","reduceOnly":false,"side":"BUY","positionSide":"BOTH","status":"NEW","stopPrice":"0","closePosition":false,"symbol":"BTCUSDT","time":1579276756075,"timeInForce":"GTC","type":"LIMIT","updateTime":1579276756075,"workingType":"CONTRACT_PRICE","priceProtect":false,"priceMatch":"NONE","selfTradePreventionMode":"NONE","goodTillDate":0}"#;
    let order = check::<Order>(asked);
    assert_eq!((order.status, order.time), (OrderStatus::New, Some(1_579_276_756_075)));
    let trade = r#"{"buyer":false,"commission":"-0.07819010","commissionAsset":"USDT","id":698759,"maker":false,"orderId":25851813,"price":"7819.01","qty":"0.002","quoteQty":"15.63802","realizedPnl":"-0.91539999","side":"SELL","positionSide":"SHORT","symbol":"BTCUSDT","time":1569514978020}"#;
    check::<UserTrade>(trade);
    let amendment = r#"{"amendmentId":5363,"symbol":"BTCUSDT","pair":"BTCUSDT","orderId":20072994037,"clientOrderId":"LJ9R4QZDihCaS8UAOOLpgW","time":1629184560899,"amendment":{"price":{"before":"30004","after":"30003.2"},"origQty":{"before":"1","after":"1"},"count":3}}"#;
    check::<Amendment>(amendment);
    check::<CountdownSet>(r#"{"symbol":"BTCUSDT","countdownTime":"100000"}"#);
    let all =
        check::<Done>(r#"{"code":200,"msg":"The operation of cancel all open order is done."}"#);
    assert_eq!(all, Done::cancelled_all());
    let several = format!(r#"[{placed},{{"code":-2022,"msg":"ReduceOnly Order is rejected."}}]"#);
    let several = check::<Vec<Each<Order>>>(&several);
    assert!(
        matches!(&several[..], [Each::Done(_), Each::Refused(failure)] if failure.code == -2_022)
    );
}

#[test]
fn conditional_orders_are_written_as_documented() {
    let algo = r#"{"algoId":2146760,"clientAlgoId":"6B2I9XVcJpCjqPAJ4YoFX7","algoType":"CONDITIONAL","orderType":"TAKE_PROFIT","symbol":"BNBUSDT","side":"SELL","positionSide":"BOTH","timeInForce":"GTC","quantity":"0.01","algoStatus":"CANCELED","actualOrderId":"","actualPrice":"0.00000","triggerPrice":"750.000","price":"750.000","icebergQuantity":null,"selfTradePreventionMode":"EXPIRE_MAKER","workingType":"CONTRACT_PRICE","priceMatch":"NONE","closePosition":false,"priceProtect":false,"reduceOnly":false,"activatePrice":"","callbackRate":"1.5","createTime":1750485492076,"updateTime":1750514545091,"triggerTime":0,"goodTillDate":0}"#;
    let order = check::<AlgoOrder>(algo);
    assert_eq!((order.activate_price.0, order.algo_id), (None, 2_146_760));
    let cancelled = r#"{"algoId":2146760,"clientAlgoId":"6B2I9XVcJpCjqPAJ4YoFX7","code":"200","msg":"success"}"#;
    let cancelled = check::<AlgoCancelled>(cancelled);
    assert_eq!(cancelled, AlgoCancelled::new(2_146_760, cancelled.client_algo_id));
}

#[test]
fn accounts_are_written_as_documented() {
    let balance = r#"{"accountAlias":"SgsR","asset":"USDT","balance":"122607.35137903","crossWalletBalance":"23.72469206","crossUnPnl":"0.00000000","availableBalance":"23.72469206","maxWithdrawAmount":"23.72469206","marginAvailable":true,"updateTime":1617939110373}"#;
    check::<Balance>(balance);
    let asset = r#"{"asset":"USDT","walletBalance":"23.72469206","unrealizedProfit":"0.00000000","marginBalance":"23.72469206","maintMargin":"0.00000000","initialMargin":"0.00000000","positionInitialMargin":"0.00000000","openOrderInitialMargin":"0.00000000","crossWalletBalance":"23.72469206","crossUnPnl":"0.00000000","availableBalance":"23.72469206","maxWithdrawAmount":"23.72469206","marginAvailable":true,"updateTime":1625474304765}"#;
    let position = r#"{"symbol":"BTCUSDT","positionSide":"BOTH","positionAmt":"1.000","unrealizedProfit":"0.00000000","isolatedMargin":"0.00000000","notional":"0","isolatedWallet":"0","initialMargin":"0","maintMargin":"0","updateTime":0}"#;
    let account = format!(
        r#"{{"totalInitialMargin":"0.00000000","totalMaintMargin":"0.00000000","totalWalletBalance":"103.12345678","totalUnrealizedProfit":"0.00000000","totalMarginBalance":"103.12345678","totalPositionInitialMargin":"0.00000000","totalOpenOrderInitialMargin":"0.00000000","totalCrossWalletBalance":"103.12345678","totalCrossUnPnl":"0.00000000","availableBalance":"103.12345678","maxWithdrawAmount":"103.12345678","assets":[{asset}],"positions":[{position}]}}"#
    );
    check::<Account>(&account);
    let risk = r#"{"symbol":"ADAUSDT","positionSide":"BOTH","positionAmt":"30","entryPrice":"0.385","breakEvenPrice":"0.385077","markPrice":"0.41047590","unRealizedProfit":"0.76427700","liquidationPrice":"0","isolatedMargin":"0","notional":"12.31427700","marginAsset":"USDT","isolatedWallet":"0","initialMargin":"0.61571385","maintMargin":"0.08004280","positionInitialMargin":"0.61571385","openOrderInitialMargin":"0","adl":2,"bidNotional":"0","askNotional":"0","updateTime":1720736417660}"#;
    let read = check::<PositionRisk>(risk);
    let told = PositionRisk { margin_type: Some(PositionMargin::Cross), ..read };
    assert!(String::from_utf8(told.to_json()).expect("text").contains(r#","marginType":"cross"}"#));
    let quantiles = r#"[{"symbol":"ETHUSDT","adlQuantile":{"LONG":3,"SHORT":3}},{"symbol":"BTCUSDT","adlQuantile":{"LONG":1,"SHORT":2,"BOTH":0}}]"#;
    check::<Vec<AdlQuantile>>(quantiles);
    let income = r#"{"symbol":"","incomeType":"TRANSFER","income":"-0.37500000","asset":"USDT","info":"TRANSFER","time":1570608000000,"tranId":9689322392,"tradeId":""}"#;
    check::<Income>(income);
}

#[test]
fn settings_are_written_as_documented() {
    let brackets = r#"[{"symbol":"ETHUSDT","brackets":[{"bracket":1,"initialLeverage":75,"notionalCap":10000,"notionalFloor":0,"maintMarginRatio":0.0065,"cum":0}]}]"#;
    let read = check::<Vec<LeverageBrackets>>(brackets);
    assert_eq!(read.to_json(), brackets.as_bytes());
    check::<CommissionRate>(
        r#"{"symbol":"BTCUSDT","makerCommissionRate":"0.0002","takerCommissionRate":"0.0004"}"#,
    );
    let config = r#"{"feeTier":0,"canTrade":true,"canDeposit":true,"canWithdraw":true,"dualSidePosition":true,"updateTime":1724416653850,"multiAssetsMargin":false}"#;
    check::<AccountConfig>(config);
    let config = r#"{"symbol":"BTCUSDT","marginType":"CROSSED","isAutoAddMargin":"false","leverage":21,"maxNotionalValue":"1000000"}"#;
    check::<SymbolConfig>(config);
    let limits = r#"[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":10000},{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":20000,"count":3}]"#;
    check::<Vec<RateLimit>>(limits);
    check::<LeverageSet>(r#"{"leverage":21,"maxNotionalValue":"1000000","symbol":"BTCUSDT"}"#);
    let moved =
        r#"{"amount":100.5,"code":200,"msg":"Successfully modify position margin.","type":1}"#;
    check::<MarginMoved>(moved);
    let moved = r#"{"symbol":"BTCUSDT","type":1,"deltaType":"USER_ADJUST","amount":"23.36332311","asset":"USDT","time":1578047897183,"positionSide":"BOTH"}"#;
    check::<MarginMove>(moved);
    check::<PositionModeSet>(r#"{"dualSidePosition":true}"#);
    check::<MultiAssetsSet>(r#"{"multiAssetsMargin":true}"#);
    let key = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1";
    check::<Stream>(&format!(r#"{{"listenKey":"{key}"}}"#));
}

#[test]
fn the_markets_are_written_as_documented() {
    let filters = r#"[{"filterType":"PRICE_FILTER","maxPrice":"300","minPrice":"0.0001","tickSize":"0.0001"},{"filterType":"LOT_SIZE","maxQty":"10000000","minQty":"1","stepSize":"1"},{"filterType":"MARKET_LOT_SIZE","maxQty":"590119","minQty":"1","stepSize":"1"},{"filterType":"MAX_NUM_ORDERS","limit":200},{"filterType":"MAX_NUM_ALGO_ORDERS","limit":100},{"filterType":"MIN_NOTIONAL","notional":"5.0"},{"filterType":"PERCENT_PRICE","multiplierUp":"1.1500","multiplierDown":"0.8500","multiplierDecimal":"4"}]"#;
    check::<Vec<Filter>>(filters);
    let market = format!(
        r#"{{"symbol":"BLZUSDT","pair":"BLZUSDT","contractType":"PERPETUAL","deliveryDate":4133404800000,"onboardDate":1598252400000,"status":"TRADING","maintMarginPercent":"2.5000","requiredMarginPercent":"5.0000","baseAsset":"BLZ","quoteAsset":"USDT","marginAsset":"USDT","pricePrecision":5,"quantityPrecision":0,"baseAssetPrecision":8,"quotePrecision":8,"underlyingType":"COIN","underlyingSubType":["STORAGE"],"triggerProtect":"0.15","filters":{filters},"orderTypes":["LIMIT","MARKET","STOP","STOP_MARKET","TAKE_PROFIT","TAKE_PROFIT_MARKET","TRAILING_STOP_MARKET"],"timeInForce":["GTC","IOC","FOK","GTX"],"liquidationFee":"0.010000","marketTakeBound":"0.30"}}"#
    );
    assert_eq!(check::<Market>(&market).delivery_date, PERPETUAL_DELIVERY);
    let info = format!(
        r#"{{"exchangeFilters":[],"rateLimits":[{{"interval":"MINUTE","intervalNum":1,"limit":2400,"rateLimitType":"REQUEST_WEIGHT"}}],"serverTime":1565613908500,"assets":[{{"asset":"USDT","marginAvailable":true,"autoAssetExchange":"0"}},{{"asset":"BNB","marginAvailable":false,"autoAssetExchange":null}}],"symbols":[{market}],"timezone":"UTC","futuresType":"U_MARGINED"}}"#
    );
    check::<ExchangeInfo>(&info);
    // What Binance adds is passed over.
    let newer = r#"{"symbol":"BTCUSDT","price":"1","time":1,"ps":"BTCUSDT"}"#;
    let read: PriceTicker = serde_json::from_str(newer).expect("read");
    assert_eq!(read.to_json(), br#"{"symbol":"BTCUSDT","price":"1","time":1}"#);
}
