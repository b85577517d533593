//! Which file answers which request. The same for REST and for the WebSocket API.

use units::Span;
use venue_views::PriceKind;
use wire_binance::{ErrorCode, Failure, Request};

use super::auth::{Caller, Claim};
use super::pace::Who;
use super::{Front, account, data, history, listen, refusal, settings, trade};

/// Answers a request.
///
/// # Errors
/// What is wrong with it, as its client is told.
async fn answer(
    front: &Front,
    request: Request,
    caller: Option<&Caller>,
) -> Result<Vec<u8>, Failure> {
    // A socket may have been open since before.
    if front.engine.is_broken() {
        return Err(refusal::broken());
    }
    if let Some(answer) = public(front, &request, caller) {
        return answer;
    }
    let caller = caller.ok_or_else(|| Failure::of(ErrorCode::RejectedKey))?;
    if let Some(answer) = asked(front, &request, caller) {
        return answer;
    }
    done(front, request, caller).await
}

/// What a client is told of its limits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// What its address has used within the minute.
    pub weight: u32,
    /// How many orders the account has sent within ten seconds, and within the minute; `None` where it sends none.
    pub orders: Option<[u32; 2]>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

/// Answers a request within the limits of who asks, at a time since 1970. What it counts for is counted also where it is
/// refused.
///
/// # Errors
/// What is wrong with it, or the limit that it is above, as its client is told.
pub(crate) async fn take(
    front: &Front,
    request: Request,
    caller: Option<Caller>,
    (claim, now): (Claim<'_>, Span),
    used: &mut Used,
) -> Result<Vec<u8>, Failure> {
    let orders = u32::try_from(request.orders()).unwrap_or(u32::MAX);
    let sender = caller.as_ref().filter(|_| orders > 0);
    used.orders = sender.map(|caller| front.meter.count(caller.key.account, orders, now));
    let over = front.meter.over(used.weight, used.orders, now);
    used.retry_after = over.map(|over| over.retry_after);
    if !request.endpoint().changes() {
        let address = Who::Address(claim.from());
        let who = caller.as_ref().map_or(address, |caller| Who::Account(caller.key.account));
        if let Some(over) = over {
            return Err(front.refuse(who, claim.way(), over.failure()).await);
        }
        front.ask(who, claim.way()).await;
    }
    let caller = caller.map(|caller| Caller { over, ..caller });
    answer(front, request, caller.as_ref()).await
}

/// What anybody may ask; `None` where a key is needed.
fn public(
    front: &Front,
    request: &Request,
    caller: Option<&Caller>,
) -> Option<Result<Vec<u8>, Failure>> {
    Some(match (request, caller) {
        (Request::Ping(_), _) => Ok(b"{}".to_vec()),
        (Request::Time(_), _) => data::info::time(),
        (Request::ExchangeInfo(_), _) => data::info::exchange(front),
        (Request::Depth(asked) | Request::RpiDepth(asked), _) => data::book::depth(front, asked),
        (Request::BookTicker(asked), _) => data::book::tickers(front, asked),
        (Request::Trades(asked), _) => data::trades::latest(front, asked),
        (Request::AggTrades(asked), _) => data::trades::aggregated(front, asked),
        (Request::Klines(asked), _) => data::candles::trades(front, asked),
        (Request::ContinuousKlines(asked), _) => data::candles::continuous(front, asked),
        (Request::IndexPriceKlines(asked), _) => data::candles::index(front, asked),
        (Request::MarkPriceKlines(asked), _) => {
            data::candles::prices(front, asked, PriceKind::Mark)
        }
        (Request::PremiumIndexKlines(asked), _) => {
            data::candles::prices(front, asked, PriceKind::Premium)
        }
        (Request::Ticker24hr(asked), _) => data::tickers::day(front, asked),
        (Request::TickerPrice(asked) | Request::TickerPriceV2(asked), _) => {
            data::tickers::price(front, asked)
        }
        (Request::PremiumIndex(asked), _) => data::premium::index(front, asked),
        (Request::FundingRate(asked), _) => data::premium::rates(front, asked),
        (Request::FundingInfo(_), _) => data::premium::info(front),
        (Request::OpenInterest(asked), _) => data::tickers::open_interest(front, asked),
        (Request::AssetIndex(asked), _) => data::premium::assets(front, asked),
        (Request::Constituents(asked), _) => data::premium::constituents(front, asked),
        (Request::InsuranceBalance(asked), _) => data::fund::balance(front, asked),
        (Request::SymbolAdlRisk(asked), _) => data::fund::adl_risk(front, asked),
        (Request::SystemStatus(_), _) => Ok(br#"{"status":0,"msg":"normal"}"#.to_vec()),
        (Request::OpenInterestHistory(_) | Request::LongShortRatio(_), _) => {
            Err(Failure::of(ErrorCode::UnsupportedOperation))
        }
        _ => return None,
    })
}

/// What a key's holder asks and nothing changes by; `None` where something would.
fn asked(front: &Front, request: &Request, caller: &Caller) -> Option<Result<Vec<u8>, Failure>> {
    Some(match (request, caller) {
        (Request::HistoricalTrades(asked), _) => data::trades::historical(front, asked),
        (Request::TestOrder(order), caller) => trade::test(front, caller, order),
        (Request::OrderAmendments(asked), caller) => {
            history::orders::amendments(front, caller, asked)
        }
        (Request::QueryOrder(asked), caller) => history::orders::one(front, caller, asked, false),
        (Request::OpenOrder(asked), caller) => history::orders::one(front, caller, asked, true),
        (Request::OpenOrders(asked), caller) => history::orders::open(front, caller, asked),
        (Request::AllOrders(asked), caller) => history::orders::all(front, caller, asked),
        (Request::UserTrades(asked), caller) => history::money::trades(front, caller, asked),
        (Request::ForceOrders(asked), caller) => history::money::forced(front, caller, asked),
        (Request::Income(asked), caller) => history::money::income(front, caller, asked),
        (Request::QueryAlgo(asked), caller) => history::algo::one(front, caller, asked),
        (Request::OpenAlgo(asked), caller) => history::algo::open(front, caller, asked),
        (Request::AllAlgo(asked), caller) => history::algo::all(front, caller, asked),
        (Request::BalanceV2(_) | Request::BalanceV3(_), caller) => {
            account::balance::balances(front, caller)
        }
        (Request::AccountV2(_), caller) => account::whole::account(front, caller, true),
        (Request::AccountV3(_), caller) => account::whole::account(front, caller, false),
        (Request::PositionRiskV2(asked), caller) => {
            account::positions::risk(front, caller, asked, true)
        }
        (Request::PositionRiskV3(asked), caller) => {
            account::positions::risk(front, caller, asked, false)
        }
        (Request::LeverageBracket(asked), _) => account::brackets::brackets(front, asked),
        (Request::AdlQuantile(asked), caller) => account::positions::adl(front, caller, asked),
        (Request::CommissionRate(asked), _) => account::brackets::commission(front, asked),
        (Request::AccountConfig(_), caller) => account::modes::account(front, caller),
        (Request::SymbolConfig(asked), caller) => account::modes::symbols(front, caller, asked),
        (Request::OrderRateLimit(_), _) => account::modes::limits(front),
        (Request::PositionMode(_), caller) => account::modes::position(front, caller),
        (Request::MultiAssets(_), _) => account::modes::multi_assets(front),
        (Request::MarginHistory(_), _) => Ok(b"[]".to_vec()),
        (Request::StartStream(_), caller) => listen::start(front, caller),
        (Request::KeepStream(_), caller) => listen::keep(front, caller),
        (Request::CloseStream(_), caller) => listen::end(front, caller),
        (Request::CapitalConfig(_) | Request::MarginPairs(_), _) => Ok(b"[]".to_vec()),
        _ => return None,
    })
}

/// What changes something.
async fn done(front: &Front, request: Request, caller: &Caller) -> Result<Vec<u8>, Failure> {
    match (request, caller) {
        (Request::PlaceOrder(order), caller) => trade::place(front, caller, &order).await,
        (Request::ModifyOrder(change), caller) => trade::modify(front, caller, &change).await,
        (Request::PlaceBatch(batch), caller) => trade::place_batch(front, caller, &batch).await,
        (Request::ModifyBatch(batch), caller) => trade::modify_batch(front, caller, &batch).await,
        (Request::CancelOrder(which), caller) => trade::cancel(front, caller, &which).await,
        (Request::CancelBatch(which), caller) => trade::cancel_batch(front, caller, &which).await,
        (Request::CancelAll(which), caller) => trade::cancel_all(front, caller, &which).await,
        (Request::CountdownCancelAll(asked), caller) => {
            trade::countdown(front, caller, &asked).await
        }
        (Request::PlaceAlgo(order), caller) => trade::place_algo(front, caller, &order).await,
        (Request::CancelAlgo(which), caller) => trade::cancel_algo(front, caller, &which).await,
        (Request::CancelAllAlgo(which), caller) => {
            trade::cancel_all_algo(front, caller, &which).await
        }
        (Request::SetLeverage(asked), caller) => settings::leverage(front, caller, &asked).await,
        (Request::SetMarginType(asked), caller) => {
            settings::margin_type(front, caller, &asked).await
        }
        (Request::MoveMargin(asked), caller) => settings::move_margin(front, caller, &asked).await,
        (Request::SetPositionMode(asked), caller) => {
            settings::position_mode(front, caller, asked.dual).await
        }
        (Request::SetMultiAssets(asked), _) => settings::multi_assets(front, asked.multi),
        _ => Err(Failure::of(ErrorCode::UnsupportedOperation)),
    }
}
