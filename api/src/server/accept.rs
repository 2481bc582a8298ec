//! How an answer is labelled: what the client accepts, of the two media types of one answer and that of a stream of them.

use axum::http::{HeaderMap, StatusCode, header};

use super::refusal::Refusal;

/// How the answer is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: status 200 even when nothing could be executed.
    Json,
    /// `application/graphql-response+json`: 4xx when nothing could be executed.
    GraphqlResponse,
}

impl Media {
    /// `type/subtype`.
    const fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// The content type of the answer.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// What the client accepts most of the two, and how much.
    ///
    /// Where it likes both the same, the one it named wins over the one a wildcard covers, and the newer over the older. Who names
    /// neither knows nothing of the newer one and gets plain JSON.
    fn liked(ranges: &[Range]) -> (Self, Liking) {
        let (old, new) = (Liking::of(ranges, Self::Json.essence()), Liking::of(ranges, Self::GraphqlResponse.essence()));
        let new_wins = if old == new { old.named } else { new > old };
        if new_wins { (Self::GraphqlResponse, new) } else { (Self::Json, old) }
    }
}

/// What the client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// Of one answer.
    answer: Option<Media>,
    /// A stream of events; no wildcard covers it, so it is accepted by those who know it.
    events: bool,
    /// Liked more than one answer, so also what is one answer goes as a stream.
    events_first: bool,
}

impl Accepted {
    /// An absent header accepts every answer.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let accept: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let accept = accept.join(",");
        let ranges: Vec<Range> = accept.split(',').filter_map(Range::of).collect();
        if ranges.is_empty() {
            return Ok(Self { answer: Some(Media::Json), events: false, events_first: false });
        }
        let (media, liking) = Media::liked(&ranges);
        let events = Liking::of(&ranges, EVENTS);
        let is_accepted = |liking: Liking| liking.thousandths > 0;
        let accepted = Self {
            answer: Some(media).filter(|_| is_accepted(liking)),
            events: events.named && is_accepted(events),
            events_first: events.named && events > liking,
        };
        if accepted.answer.is_none() && !accepted.events {
            let message = "accept application/json, application/graphql-response+json or text/event-stream";
            return Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message));
        }
        Ok(accepted)
    }

    /// How one answer is labelled, a refusal in any case.
    pub(super) fn media(self) -> Media {
        self.answer.unwrap_or(Media::Json)
    }

    /// Whether the answers of an operation go as a stream of events: a subscription wherever that is accepted.
    pub(super) fn as_events(self, is_subscription: bool) -> bool {
        self.events && (is_subscription || self.events_first)
    }
}

/// A stream of events.
pub(super) const EVENTS: &str = "text/event-stream";

/// One item of `Accept`.
struct Range {
    essence: String,
    thousandths: u16,
}

impl Range {
    fn of(text: &str) -> Option<Self> {
        let essence = essence(text);
        if essence.is_empty() || foreign_charset(text) {
            return None;
        }
        let quality = parameter(text, "q").and_then(|q| q.parse::<f32>().ok()).filter(|q| (0.0..=1.0).contains(q)).unwrap_or(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        let thousandths = (quality * 1000.0).round() as u16;
        Some(Self { essence, thousandths })
    }
}

/// How much the client likes a media type; the greater the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Liking {
    thousandths: u16,
    named: bool,
}

impl Liking {
    /// The most specific range that covers it decides.
    fn of(ranges: &[Range], essence: &str) -> Self {
        let find = |wanted: &str| ranges.iter().filter(|range| range.essence == wanted).map(|range| range.thousandths).max();
        match find(essence) {
            Some(thousandths) => Self { thousandths, named: true },
            None => Self { thousandths: find("application/*").or_else(|| find("*/*")).unwrap_or(0), named: false },
        }
    }
}

/// `type/subtype` without parameters, in lower case.
pub(super) fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type names an encoding that is not UTF-8, the only one there is here.
pub(super) fn foreign_charset(text: &str) -> bool {
    parameter(text, "charset").is_some_and(|charset| !["utf-8", "utf8"].iter().any(|ours| charset.eq_ignore_ascii_case(ours)))
}

fn parameter<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let mut parameters = text.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let found = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &'static str) -> Option<Media> {
        let headers = [(header::ACCEPT, axum::http::HeaderValue::from_static(text))].into_iter().collect();
        Accepted::of(&headers).ok().map(Accepted::media)
    }

    #[test]
    fn what_the_client_likes_most_wins() {
        use Media::{GraphqlResponse, Json};
        assert_eq!(Accepted::of(&HeaderMap::new()).unwrap().media(), Json);
        for (header, media) in [
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            ("application/json", Some(Json)),
            ("Application/GraphQL-Response+JSON; charset=UTF-8", Some(GraphqlResponse)),
            ("application/graphql-response+json, application/json;q=0.9", Some(GraphqlResponse)),
            ("application/graphql-response+json;q=0.8, application/json;q=0.9", Some(Json)),
            ("application/json, application/graphql-response+json", Some(GraphqlResponse)),
            ("application/json, */*", Some(Json)),
            ("application/graphql-response+json, */*", Some(GraphqlResponse)),
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("text/html, application/xhtml+xml, */*;q=0.8", Some(Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=koi8-r", Some(Json)),
            ("application/json; charset=koi8-r, text/html", None),
        ] {
            assert_eq!(accept(header), media, "{header}");
        }
    }
    #[test]
    fn events_are_for_those_who_name_them() {
        for (header, of_subscription, of_query) in [
            ("text/event-stream", true, true),
            ("text/event-stream, */*", true, true),
            ("text/event-stream, application/json;q=0.5", true, true),
            ("application/graphql-response+json, application/json, text/event-stream, multipart/mixed", true, false),
            ("application/json, text/event-stream;q=0.1", true, false),
            ("application/json, text/event-stream;q=0", false, false),
            ("*/*", false, false),
            ("text/*, application/json", false, false),
        ] {
            let headers = [(header::ACCEPT, axum::http::HeaderValue::from_static(header))].into_iter().collect();
            let accepted = Accepted::of(&headers).unwrap();
            assert_eq!((accepted.as_events(true), accepted.as_events(false)), (of_subscription, of_query), "{header}");
        }
    }
}
