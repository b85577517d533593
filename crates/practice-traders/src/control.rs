//! The control surface: HTTP under `/practice/venue` for curl and for the buttons of the page.

use practice_market::MarketError;
use runtime::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;

use crate::button::{BUTTONS, Button};
use crate::tally::Tally;
use crate::traders::Traders;

impl Traders {
    /// Answers requests under `/practice/venue`: `GET` tells how the traders are and what can be done,
    /// `POST /practice/venue/BUTTON` does it.
    ///
    /// A POST of a page from elsewhere is refused: any web page could send one to a loopback port. Parameters may
    /// come in the query or as a form.
    pub async fn handle(&self, mut request: Request) -> Response {
        let path = request.path().trim_end_matches('/').to_owned();
        let Some(button) = path.strip_prefix("/practice/venue") else {
            return refusal(StatusCode::NOT_FOUND, "there is /practice/venue");
        };
        let button = button.trim_start_matches('/');
        let wanted = if button.is_empty() { Method::GET } else { Method::POST };
        if request.method() != wanted {
            let allow = HeaderValue::from_static(if button.is_empty() { "GET" } else { "POST" });
            return refusal(StatusCode::METHOD_NOT_ALLOWED, &format!("use {wanted} here"))
                .with_header(HeaderName::from_static("allow"), allow);
        }
        if button.is_empty() {
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
        match Button::parse(button, &query) {
            Err(why) => refusal(StatusCode::BAD_REQUEST, &why),
            Ok(button) => match self.press(&button).await {
                Err(error) => failure(&error),
                Ok(()) if wants_page => Response::empty(StatusCode::SEE_OTHER).with_header(
                    HeaderName::from_static("location"),
                    HeaderValue::from_static("/"),
                ),
                Ok(()) => Response::json(StatusCode::OK, self.overview()),
            },
        }
    }

    fn overview(&self) -> String {
        let standing = self.standing();
        let buttons = BUTTONS.map(|it| format!("POST /practice/venue/{it}"));
        let overview = json!({
            "makers": standing.makers, "makers_stay": standing.mode.makers_stay,
            "traders": standing.takers, "traders_wanted": standing.wanted, "holding": standing.holding,
            "load": standing.mode.times, "last_ten_seconds": tally(&standing.recent),
            "falls": self.falls(), "buttons": buttons,
        });
        format!("{overview:#}\n")
    }
}

fn tally(tally: &Tally) -> serde_json::Value {
    json!({
        "wanted": tally.wanted, "opened": tally.opened, "closed": tally.closed,
        "unmatched": tally.unmatched,
        "openings_shed": tally.openings_shed, "closings_shed": tally.closings_shed,
        "refused": tally.refused, "lost": tally.lost, "unsent": tally.unsent,
        "liquidations": tally.liquidations,
    })
}

fn refusal(status: StatusCode, message: &str) -> Response {
    Response::json(status, format!("{}\n", json!({"error": message})))
}

fn failure(error: &MarketError) -> Response {
    let status = match error {
        MarketError::UnknownVenue(_) => StatusCode::NOT_FOUND,
        MarketError::NotForPools | MarketError::Ports(_) => StatusCode::BAD_REQUEST,
        MarketError::Listen { .. } => StatusCode::CONFLICT,
    };
    refusal(status, &error.to_string())
}
