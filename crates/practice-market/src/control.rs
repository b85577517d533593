//! The control surface: HTTP under `/practice/market` for curl and for the buttons of the page.

use practice_page::{pressed, refusal};
use runtime::http::{Request, Response, StatusCode};
use serde_json::json;

use crate::action::{ACTIONS, Action, CHANGES, Change};
use crate::asset::ASSETS;
use crate::market::{Market, MarketError, VenueView};

impl Market {
    /// Answers requests under `/practice/market`: `GET /practice/market` lists the venues and what can be done,
    /// `POST /practice/market/venues/NAME/ACTION` does something to a venue, `POST /practice/market/CHANGE` to the
    /// whole market.
    ///
    /// A POST of a page from elsewhere is refused: any web page could send one to a loopback port. Parameters may
    /// come in the query or as a form.
    pub async fn handle(&self, mut request: Request) -> Response {
        let path = request.path().trim_end_matches('/').to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let is_list = segments == ["practice", "market"];
        if !is_list
            && !matches!(
                segments.as_slice(),
                ["practice", "market", _] | ["practice", "market", "venues", _, _]
            )
        {
            let there = "there are /practice/market, /practice/market/venues/NAME/ACTION, /practice/market/fall, \
                         /practice/market/shock, /practice/market/rate, /practice/market/calm and /practice/market/heal";
            return refusal(StatusCode::NOT_FOUND, there);
        }
        let press = match pressed(&mut request, is_list).await {
            Err(refusal) => return refusal,
            Ok(None) => return Response::json(StatusCode::OK, self.overview()),
            Ok(Some(press)) => press,
        };
        let outcome = match segments.as_slice() {
            ["practice", "market", "venues", venue, action] => {
                match Action::parse(action, press.query()) {
                    Ok(action) => self.apply(venue, &action).await.map_err(|error| error.refusal()),
                    Err(why) => Err(refusal(StatusCode::BAD_REQUEST, &why)),
                }
            }
            ["practice", "market", change] => match Change::parse(change, press.query()) {
                Ok(change) => self.change(&change).map_err(|error| error.refusal()),
                Err(why) => Err(refusal(StatusCode::BAD_REQUEST, &why)),
            },
            _ => Ok(()),
        };
        press.answer(outcome, || self.overview())
    }

    fn overview(&self) -> String {
        let venue = |venue: VenueView| {
            let markets: Vec<String> = venue.markets.into_iter().map(|it| it.name).collect();
            json!({
                "name": venue.name, "websocket": venue.websocket, "rest": venue.rest,
                "markets": markets, "fault": venue.fault,
            })
        };
        let venues: Vec<_> = self.venues().into_iter().map(venue).collect();
        let worth: serde_json::Map<String, serde_json::Value> = ASSETS
            .into_iter()
            .map(|asset| (asset.name().to_owned(), json!(self.worth(asset).to_string())))
            .collect();
        let actions = ACTIONS.map(|it| format!("POST /practice/market/venues/NAME/{it}"));
        let changes = CHANGES.map(|it| format!("POST /practice/market/{it}"));
        let overview = json!({
            "venues": venues, "pool": {"fault": self.pool_fault()}, "falls": self.falls(),
            "worth": worth, "actions": actions, "changes": changes,
        });
        format!("{overview:#}\n")
    }
}

impl MarketError {
    /// What a press is answered that it has come of.
    #[must_use]
    pub fn refusal(&self) -> Response {
        match self {
            Self::UnknownVenue(_) => refusal(StatusCode::NOT_FOUND, &self.to_string()),
            Self::NotForPools | Self::Ports(_) => {
                refusal(StatusCode::BAD_REQUEST, &self.to_string())
            }
            Self::Listen { source, .. } => {
                refusal(StatusCode::CONFLICT, &format!("{self}: {source}"))
            }
        }
    }
}
