//! The control surface: HTTP under `/practice/market` for curl and for the buttons of the page.

use runtime::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
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
        let wanted = if is_list { Method::GET } else { Method::POST };
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
        if request.method() != wanted {
            let allow = HeaderValue::from_static(if is_list { "GET" } else { "POST" });
            return refusal(StatusCode::METHOD_NOT_ALLOWED, &format!("use {wanted} here"))
                .with_header(HeaderName::from_static("allow"), allow);
        }
        if is_list {
            return Response::json(StatusCode::OK, self.overview());
        }
        if !request.is_same_origin() {
            return refusal(StatusCode::FORBIDDEN, "this request comes from another site's page");
        }
        let wants_page = request.wants_html();
        let form = match request.body().await {
            Ok(body) => String::from_utf8_lossy(&body).into_owned(),
            Err(error) => return refusal(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        let query = format!("{}&{form}", request.query());
        let outcome = match segments.as_slice() {
            ["practice", "market", "venues", venue, action] => {
                match Action::parse(action, &query) {
                    Ok(action) => self.apply(venue, &action).await.map_err(|it| failure(&it)),
                    Err(why) => Err(refusal(StatusCode::BAD_REQUEST, &why)),
                }
            }
            ["practice", "market", change] => match Change::parse(change, &query) {
                Ok(change) => self.change(&change).map_err(|error| failure(&error)),
                Err(why) => Err(refusal(StatusCode::BAD_REQUEST, &why)),
            },
            _ => Ok(()),
        };
        match outcome {
            Err(refusal) => refusal,
            Ok(()) if wants_page => Response::empty(StatusCode::SEE_OTHER)
                .with_header(HeaderName::from_static("location"), HeaderValue::from_static("/")),
            Ok(()) => Response::json(StatusCode::OK, self.overview()),
        }
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

fn refusal(status: StatusCode, message: &str) -> Response {
    Response::json(status, format!("{}\n", json!({"error": message})))
}

fn failure(error: &MarketError) -> Response {
    match error {
        MarketError::UnknownVenue(_) => refusal(StatusCode::NOT_FOUND, &error.to_string()),
        MarketError::NotForPools | MarketError::Ports(_) => {
            refusal(StatusCode::BAD_REQUEST, &error.to_string())
        }
        MarketError::Listen { source, .. } => {
            refusal(StatusCode::CONFLICT, &format!("{error}: {source}"))
        }
    }
}
