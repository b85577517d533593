//! What happens with a command, from the time on to the invariants.
//!
//! What is on the way of nearly every command is inlined here and where it leads to, in small functions that have one or
//! two callers: saving and restoring registers at each of them was a tenth of what a command costs. What is seldom is kept
//! out of it, as `cold`.

use units::Timestamp;

use crate::command::Command;
use crate::event::Event;
use crate::refusal::Refusal;
use crate::venue::Venue;

impl Venue {
    /// Does a command, and appends what has happened to `events`. Never fails: what cannot be done is refused by an
    /// event, and then nothing has changed but the time. An earlier `now` counts as the last one.
    pub fn apply(&mut self, now: Timestamp, command: &Command, events: &mut Vec<Event>) {
        self.do_timers(now, events);
        self.commands = self.commands.saturating_add(1);
        let done = if self.halted && !matches!(command, Command::Tick) {
            Err(Refusal::Halted)
        } else {
            self.carry_out(command, events)
        };
        if let Err(refusal) = done {
            refuse(refusal, command, events);
        }
        self.follow_up(command, events);
    }

    /// Checks a command and carries it out.
    #[inline(always)]
    fn carry_out(&mut self, command: &Command, events: &mut Vec<Event>) -> Result<(), Refusal> {
        match command {
            Command::Configure(settings) => self.configure(settings, events),
            Command::AddAsset(settings) => self.add_asset(settings, events),
            Command::SetAsset(asset, settings) => self.set_asset(*asset, settings, events),
            Command::AddMarket(settings) => self.add_market(settings, events),
            Command::SetMarket(market, settings) => self.set_market(*market, settings, events),
            Command::OpenAccount => self.open_account(events),
            Command::SetHedgeMode { account, hedge } => {
                self.set_hedge_mode(*account, *hedge, events)
            }
            Command::Deposit(transfer) => self.deposit(*transfer, events),
            Command::Withdraw(transfer) => self.withdraw(*transfer, events),
            Command::Fund(change) => self.change_fund_by_owner(*change, events),
            Command::Tick => Ok(()),
            Command::SetLeverage { account, market, leverage } => {
                self.set_leverage(*account, *market, *leverage, events)
            }
            Command::SetMarginMode { account, market, isolated } => {
                self.set_margin_mode(*account, *market, *isolated, events)
            }
            Command::MoveMargin { account, market, side, amount } => {
                self.move_margin((*account, *market, *side), *amount, events)
            }
            Command::Price(update) => self.set_price(update, events),
            Command::Funding { market, rate } => self.charge_funding(*market, *rate, events),
            Command::Interest { rate } => self.charge_interest(*rate, events),
            Command::SetState(market, state) => self.set_state(*market, *state, events),
            Command::Place(placed) => self.place(placed, events),
            Command::PlaceAll(list) => self.place_all(list, events),
            Command::Amend { account, order, price, lots } => {
                self.amend(*account, *order, (*price, *lots), events)
            }
            Command::Cancel { account, order } => self.cancel(*account, *order, events),
            Command::CancelAll { account, market } => self.cancel_all(*account, *market, events),
            Command::CancelAfter { account, market, after } => {
                self.cancel_after(*account, *market, *after, events)
            }
            Command::Protect { account, market, protection } => {
                self.protect(*account, *market, *protection, events)
            }
        }
    }
}

/// Says that a command was refused.
#[cold]
fn refuse(refusal: Refusal, command: &Command, events: &mut Vec<Event>) {
    let tag = if let Command::Place(placed) = command { placed.tag } else { 0 };
    events.push(Event::Refused { refusal, tag, index: 0 });
}
