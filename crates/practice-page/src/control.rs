//! A press of a button over HTTP, from curl or from a form of a page.

use runtime::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;

/// A press that may be carried out.
#[derive(Debug)]
pub struct Press {
    query: String,
    wants_page: bool,
}

/// What a request asks of a control surface: nothing but its list (`GET`), or that a button be pressed (`POST`), whose
/// parameters may come in the query or as a form.
///
/// # Errors
/// The refusal: of another method (405), of a POST of a page from elsewhere (403), since any web page could send one
/// to a loopback port, and of a body that did not come whole (400).
pub async fn pressed(request: &mut Request, is_list: bool) -> Result<Option<Press>, Response> {
    let wanted = if is_list { Method::GET } else { Method::POST };
    if request.method() != wanted {
        let allow = HeaderValue::from_static(if is_list { "GET" } else { "POST" });
        return Err(refusal(StatusCode::METHOD_NOT_ALLOWED, &format!("use {wanted} here"))
            .with_header(HeaderName::from_static("allow"), allow));
    }
    if is_list {
        return Ok(None);
    }
    if !request.is_same_origin() {
        let why = "this request comes from another site's page";
        return Err(refusal(StatusCode::FORBIDDEN, why));
    }
    let wants_page = request.wants_html();
    match request.body().await {
        Ok(body) => {
            let query = format!("{}&{}", request.query(), String::from_utf8_lossy(&body));
            Ok(Some(Press { query, wants_page }))
        }
        Err(error) => Err(refusal(StatusCode::BAD_REQUEST, &error.to_string())),
    }
}

impl Press {
    /// The parameters, as in a query.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// What is answered: why it was refused, or back to the page where a page has asked, or `overview` as JSON.
    pub fn answer(
        &self,
        outcome: Result<(), Response>,
        overview: impl FnOnce() -> String,
    ) -> Response {
        match outcome {
            Err(refusal) => refusal,
            Ok(()) if self.wants_page => Response::empty(StatusCode::SEE_OTHER)
                .with_header(HeaderName::from_static("location"), HeaderValue::from_static("/")),
            Ok(()) => Response::json(StatusCode::OK, overview()),
        }
    }
}

/// Says as JSON why not.
#[must_use]
pub fn refusal(status: StatusCode, message: &str) -> Response {
    Response::json(status, format!("{}\n", json!({"error": message})))
}
