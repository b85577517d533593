//! What the venue does by itself as time goes by.

use std::collections::BTreeMap;

use units::{Span, Timestamp};
use venue_core::{Command, MarketId, MarketKind};
use venue_views::{Desk, FundingRule};

use super::settings::{EngineSettings, InterestRule};

/// How long something that was asked for is waited for before it is asked for again, where it was refused.
const AGAIN: Span = Span::from_secs(10);

/// What the venue does by itself as time goes by.
#[derive(Debug)]
pub(super) struct Schedule {
    tick: Span,
    ticked: Timestamp,
    rules: BTreeMap<String, FundingRule>,
    usual: Option<FundingRule>,
    interest: Option<InterestRule>,
    funding_asked: BTreeMap<MarketId, Timestamp>,
    interest_asked: Timestamp,
}

impl Schedule {
    pub(super) fn new(settings: &EngineSettings) -> Self {
        Self {
            tick: settings.tick,
            ticked: Timestamp::ZERO,
            rules: settings.funding.clone(),
            usual: settings.usual_funding,
            interest: settings.interest,
            funding_asked: BTreeMap::new(),
            interest_asked: Timestamp::ZERO,
        }
    }

    /// When there is something to do next.
    pub(super) fn next(&self) -> Timestamp {
        self.ticked.after(self.tick)
    }

    /// What is to be done now, in order. The desk is the durable one.
    pub(super) fn due(&mut self, now: Timestamp, desk: &Desk) -> Vec<Command> {
        if now < self.next() {
            return Vec::new();
        }
        self.ticked = now;
        let mut commands = vec![Command::Tick];
        for number in 0..u16::try_from(desk.venue().markets()).unwrap_or(u16::MAX) {
            commands.extend(self.funding(MarketId::new(number), now, desk));
        }
        commands.extend(self.interest(now, desk));
        commands
    }

    fn funding(&mut self, market: MarketId, now: Timestamp, desk: &Desk) -> Option<Command> {
        let settings = desk.venue().market_settings(market)?;
        let rule = self.rules.get(&settings.name).copied().or(self.usual)?;
        let (premium, since) = desk.premium(market)?;
        let asked = self.funding_asked.get(&market).copied().unwrap_or(Timestamp::ZERO);
        let due = settings.kind == MarketKind::Perpetual && rule.next(since) <= now;
        // Without a mark nothing can be charged, and the average goes on until there is one.
        desk.venue().market(market)?.mark.filter(|_| due && now.since(asked) >= AGAIN)?;
        self.funding_asked.insert(market, now);
        Some(Command::Funding { market, rate: rule.rate(premium) })
    }

    fn interest(&mut self, now: Timestamp, desk: &Desk) -> Option<Command> {
        let InterestRule { interval, rate } = self.interest?;
        let rule = FundingRule { interval, ..FundingRule::default() };
        let due = rule.next(desk.interest_at()) <= now;
        if !due || now.since(self.interest_asked) < AGAIN {
            return None;
        }
        self.interest_asked = now;
        Some(Command::Interest { rate })
    }
}
