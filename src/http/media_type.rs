//! In which form a request comes, and in which its answer goes.

use std::cmp::Reverse;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use encoding_rs::{Encoding, UTF_8};
use mediatype::{
    MediaType, MediaTypeList, Name, ReadParams as _,
    names::{_STAR, APPLICATION, CHARSET, EVENT_STREAM, JSON, Q, TEXT},
};

use super::error::refusal;

/// A form of GraphQL answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerType {
    /// `application/json`, as older clients want it: with status 200 once there is a GraphQL
    /// request, whatever comes of it.
    Json,
    /// `application/graphql-response+json`: the status says whether the request was executed.
    GraphQlResponse,
}

const GRAPHQL_RESPONSE: Name = Name::new_unchecked("graphql-response");

impl AnswerType {
    /// The form that `Accept` likes best, JSON where it says nothing that can be understood; none
    /// if it takes neither.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let values: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let values = values.join(",");
        let ranges: Vec<MediaType> = MediaTypeList::new(&values).filter_map(Result::ok).collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        // The last of equals is chosen.
        [Self::GraphQlResponse, Self::Json]
            .into_iter()
            .filter_map(|form| Some((form.rank(&ranges)?, form)))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, form)| form)
    }

    /// How much `ranges` like this form: by quality, then by how exactly it is named, then by
    /// their order. The range that names it most exactly decides (RFC 9110, 12.5.1).
    fn rank(self, ranges: &[MediaType]) -> Option<(u16, u8, Reverse<usize>)> {
        let (exactness, place, range) = ranges
            .iter()
            .enumerate()
            .filter_map(|(place, range)| Some((self.exactness(range)?, Reverse(place), range)))
            .max_by_key(|(exactness, place, _)| (*exactness, *place))?;
        let quality = quality(range);
        (quality > 0).then_some((quality, exactness, place))
    }

    /// How exactly a range names this form, if it does.
    fn exactness(self, range: &MediaType) -> Option<u8> {
        if !is_utf_8(range) {
            return None;
        }
        let exact = self.media_type();
        if range.subty != _STAR {
            (range.essence() == exact).then_some(2)
        } else if range.ty == _STAR {
            Some(0)
        } else {
            (range.ty == exact.ty).then_some(1)
        }
    }

    const fn media_type(self) -> MediaType<'static> {
        match self {
            Self::Json => MediaType::new(APPLICATION, JSON),
            Self::GraphQlResponse => {
                MediaType::from_parts(APPLICATION, GRAPHQL_RESPONSE, Some(JSON), &[])
            }
        }
    }

    const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// `q` in thousandths; all of them where it is not given or no number from 0 to 1.
fn quality(range: &MediaType) -> u16 {
    let given = range.get_param(Q).and_then(|q| {
        let (whole, fraction) = q.as_str().split_once('.').unwrap_or((q.as_str(), ""));
        let thousandths = format!("{whole}{fraction:0<3}").parse::<u16>().ok()?;
        (fraction.len() <= 3 && thousandths <= 1_000).then_some(thousandths)
    });
    given.unwrap_or(1_000)
}

/// Whether a media type has no charset, or the one that is used, by any of its names.
fn is_utf_8(media_type: &MediaType) -> bool {
    media_type
        .get_param(CHARSET)
        .is_none_or(|charset| Encoding::for_label(charset.unquoted_str().as_bytes()) == Some(UTF_8))
}

/// Chooses the form of the answer before anything is done, and says which it is afterwards.
pub(super) async fn negotiate(mut request: Request, next: Next) -> Response {
    let Some(answer_type) = AnswerType::accepted(request.headers()) else {
        return refusal(
            StatusCode::NOT_ACCEPTABLE,
            "answers are application/graphql-response+json or application/json, and the header Accept takes neither",
        );
    };
    request.extensions_mut().insert(answer_type);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // async-graphql-axum has one form for all of its answers, axum's JSON the other.
    if headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it == "application/graphql-response+json" || it == "application/json")
    {
        headers.insert(header::CONTENT_TYPE, answer_type.header());
    }
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    // Figures and people's data: not for anybody's cache.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether `Accept` takes server-sent events.
pub(super) fn takes_events(headers: &HeaderMap) -> bool {
    let events = MediaType::new(TEXT, EVENT_STREAM);
    let values = headers.get_all(header::ACCEPT).iter();
    let mut values = values.filter_map(|value| value.to_str().ok()).peekable();
    values.peek().is_none()
        || values
            .flat_map(|value| MediaTypeList::new(value).filter_map(Result::ok))
            .any(|range| {
                let is_such = (range.ty == _STAR || range.ty == events.ty)
                    && (range.subty == _STAR || range.essence() == events);
                is_such && quality(&range) > 0
            })
}

/// Why a body is not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsupported {
    /// Another kind of body, or none named. What a web page can send without asking first (text,
    /// forms, uploads) is among it, so that a page elsewhere changes nothing here.
    #[error("a GraphQL request is sent as Content-Type: application/json")]
    Kind,
    /// JSON in other characters.
    #[error("JSON is sent in UTF-8: Content-Type: application/json; charset=utf-8")]
    Charset,
    /// A compressed body could be small here and huge once it is unpacked.
    #[error("the body of a request is not to be compressed: leave Content-Encoding out")]
    Encoding,
}

/// Whether the body is JSON in UTF-8, not compressed.
pub(super) fn check_body(headers: &HeaderMap) -> Result<(), Unsupported> {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(text), None) = (given.next(), given.next()) else {
        return Err(Unsupported::Kind);
    };
    let text = text.to_str().map_err(|_| Unsupported::Kind)?;
    let media_type = MediaType::parse(text).map_err(|_| Unsupported::Kind)?;
    if media_type.essence() != MediaType::new(APPLICATION, JSON) {
        return Err(Unsupported::Kind);
    }
    if !is_utf_8(&media_type) {
        return Err(Unsupported::Charset);
    }
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(Unsupported::Encoding);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_best_liked_form_is_chosen() {
        let json = Some(AnswerType::Json);
        let graphql = Some(AnswerType::GraphQlResponse);
        for (accept, chosen) in [
            (&[][..], json),
            (&[""], json),
            (&["no media type"], json),
            (&["*/*"], json),
            (&["application/*"], json),
            (&["application/json"], json),
            (&["Application/JSON; charset=UTF-8"], json),
            (
                &["application/graphql-response+json; charset=utf8"],
                graphql,
            ),
            (&["application/graphql-response+json"], graphql),
            (
                &[
                    "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                ],
                graphql,
            ),
            (
                &["application/graphql-response+json, application/json;q=0.9"],
                graphql,
            ),
            (
                &["application/graphql-response+json;q=0.2, application/json;q=0.9"],
                json,
            ),
            (
                &[
                    "application/json;q=0.5",
                    "application/graphql-response+json",
                ],
                graphql,
            ),
            (
                &["application/json, application/graphql-response+json"],
                json,
            ),
            (
                &["text/html, application/graphql-response+json;q=0.1"],
                graphql,
            ),
            (&["*/*;q=0.1, application/json;q=0"], graphql),
            (&["application/graphql-response+json, */*"], graphql),
            (&["*/*, application/graphql-response+json"], graphql),
            (&["application/json;q=0.1, application/*;q=0.9"], graphql),
            (
                &["application/json;q=0.05, application/graphql-response+json;q=0.1"],
                graphql,
            ),
            (
                &[
                    "application/json;q=0.5;charset=utf-8, application/graphql-response+json;q=nought",
                ],
                graphql,
            ),
            (&["text/html, image/gif, *; q=.2, */*; q=.2"], json),
            (&["text/html,application/xhtml+xml,*/*;q=0.8"], json),
            (&["text/html"], None),
            (&["application/xml, text/*"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["application/json; charset=utf-16"], None),
        ] {
            let headers = headers(&header::ACCEPT, accept);
            assert_eq!(AnswerType::accepted(&headers), chosen, "{accept:?}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let check = |values: &[&'static str]| check_body(&headers(&header::CONTENT_TYPE, values));
        for taken in [
            "application/json",
            "Application/Json",
            "application/json; charset=utf-8",
            r#"application/json;charset="UTF-8""#,
            "application/json; charset=utf8",
            r#"application/json; charset="UTF8""#,
            "application/json; profile=x",
        ] {
            assert_eq!(check(&[taken]), Ok(()), "{taken}");
        }
        for refused in [
            "text/plain",
            "text/plain; application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json+x",
            "application/jsonx",
            "json",
            "",
        ] {
            assert_eq!(check(&[refused]), Err(Unsupported::Kind), "{refused}");
        }
        assert_eq!(check(&[]), Err(Unsupported::Kind));
        let twice = ["application/json", "text/plain"];
        assert_eq!(check(&twice), Err(Unsupported::Kind));
        for other in ["utf-16", "latin1", "utf-7", "utf"] {
            let media_type = format!("application/json; charset={other}");
            let headers = HeaderMap::from_iter([(
                header::CONTENT_TYPE,
                HeaderValue::from_str(&media_type).unwrap(),
            )]);
            assert_eq!(check_body(&headers), Err(Unsupported::Charset), "{other}");
        }
    }
}
