//! The venue as others of the same process see it, such as a status page.

use std::sync::Arc;

use runtime::http::Request;
use venue_core::AccountId;
use venue_views::Desk;
use wire_binance::{ErrorCode, Failure, Params};

use crate::admission::ClassFigures;
use crate::config::VenueConfig;
use crate::engine::EngineState;
use crate::front::Front;
use crate::front::auth::{self, Claim};
use crate::prices::PriceState;

/// A look at a running venue. Clones are the same one, and outlive what they look at.
#[derive(Clone, Debug)]
pub struct Watch {
    pub(crate) front: Arc<Front>,
    pub(crate) prices: Arc<PriceState>,
}

/// Who has signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
}

/// Why a signed request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status of the HTTP answer that says so.
    pub status: u16,
    /// What is wrong, in words.
    pub why: String,
}

/// Who is let in, most important class first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneFigures {
    /// The class, by what it does: `reduce`, `liquidate`, `new_risk` or `query`.
    pub class: &'static str,
    /// Whether it is let in now.
    pub open: bool,
    /// How many wait now.
    pub waiting: u64,
    /// What was taken since the start.
    pub admitted: u64,
    /// What was refused since the start.
    pub shed: u64,
    /// What asked for the same as something that waited already, since the start.
    pub coalesced: u64,
    /// How long those waited that were taken within the last seconds, in microseconds: what half of them waited at most,
    /// and all but one in a hundred; `None` where nothing was taken.
    pub delay_us: Option<(u64, u64)>,
}

impl From<ClassFigures> for LaneFigures {
    fn from(class: ClassFigures) -> Self {
        let ClassFigures { shed_full, shed_overload, shed_late, delay, .. } = class;
        Self {
            class: class.class,
            open: class.open,
            waiting: class.waiting,
            admitted: class.admitted,
            shed: shed_full.saturating_add(shed_overload).saturating_add(shed_late),
            coalesced: class.coalesced,
            delay_us: (delay.count > 0).then_some((delay.p50_us, delay.p99_us)),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { status: failure.status, why: failure.message.into_owned() }
    }
}

impl Watch {
    /// What the venue was started with.
    #[must_use]
    pub fn config(&self) -> &VenueConfig {
        &self.front.config
    }

    /// How the engine stands.
    #[must_use]
    pub fn state(&self) -> EngineState {
        self.front.engine.state()
    }

    /// Who is let in, most important class first.
    #[must_use]
    pub fn lanes(&self) -> Vec<LaneFigures> {
        self.front.admission.figures().classes.map(LaneFigures::from).into()
    }

    /// How the stream of prices is.
    #[must_use]
    pub fn prices(&self) -> &PriceState {
        &self.prices
    }

    /// Looks at what is durable. Work waits as long as that takes: copy what is needed and leave.
    pub fn read<R>(&self, look: impl FnOnce(&Desk) -> R) -> R {
        self.front.engine.read(look)
    }

    /// Who has signed a request, which came with a key in its header as a client's own would. What it asks for is looked
    /// at only: the key has to be one that may read, and no other permission counts.
    ///
    /// # Errors
    /// Where the key is not known or may not read, the time is not within the window, or the signature is wrong.
    pub fn reader(&self, request: &Request, body: &[u8]) -> Result<Reader, Refused> {
        let params = Params::read(request.query().as_bytes(), body)?;
        let (key, _) = auth::signed(&self.front, &params, Claim::sent(request, body))?;
        if key.permissions.read {
            Ok(Reader { account: key.account, name: key.name.clone() })
        } else {
            Err(Failure::of(ErrorCode::RejectedKey).into())
        }
    }
}
