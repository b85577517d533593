//! The control surface: HTTP under `/practice/venue` for curl and for the buttons of the page.

use practice_page::{pressed, refusal};
use runtime::http::{Request, Response, StatusCode};
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
        match pressed(&mut request, button.is_empty()).await {
            Err(refusal) => refusal,
            Ok(None) => Response::json(StatusCode::OK, self.overview()),
            Ok(Some(press)) => {
                let outcome = match Button::parse(button, press.query()) {
                    Err(why) => Err(refusal(StatusCode::BAD_REQUEST, &why)),
                    Ok(button) => self.press(&button).await.map_err(|error| error.refusal()),
                };
                press.answer(outcome, || self.overview())
            }
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
