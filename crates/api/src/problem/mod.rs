//! Problems: RFC 9457 answers. The only place that knows which fault gets which status.

pub(crate) mod codes;
mod from;
pub mod pages;

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::PersonId;
use domain::biometric::Measure;
use serde::Serialize;

pub(crate) use codes::Code;

/// One fault of one member of a body, or one parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Fault {
    /// JSON pointer (RFC 6901) into the body, or the name of a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<String>,
    pub(crate) code: &'static str,
    pub(crate) detail: Cow<'static, str>,
}

/// An answer that is not the wished one.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    more: Box<More>,
}

/// What is not always there; boxed, so that results stay small.
#[derive(Clone, Debug, Default)]
struct More {
    detail: Option<Cow<'static, str>>,
    errors: Vec<Fault>,
    measure: Option<Measure>,
    headers: HeaderMap,
    /// Whom the face belongs to already; shown only to tokens that may read persons.
    person: Option<PersonId>,
    /// For the log alone.
    cause: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
    instance: String,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<f64>,
    #[serde(rename = "personId", skip_serializing_if = "Option::is_none")]
    person_id: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code) -> Self {
        Self { code, more: Box::default() }
    }

    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.more.detail = Some(detail.into());
        self
    }

    pub(crate) fn errors(mut self, errors: Vec<Fault>) -> Self {
        self.more.errors = errors;
        self
    }

    /// Names the part of the body that is at fault.
    pub(crate) fn at(mut self, pointer: String) -> Self {
        let detail = self.more.detail.clone().unwrap_or(Cow::Borrowed(self.code.title));
        self.more.errors =
            vec![Fault { pointer: Some(pointer), parameter: None, code: self.code.name, detail }];
        self
    }

    pub(crate) fn measure(mut self, measure: Option<Measure>) -> Self {
        self.more.measure = measure;
        self
    }

    /// Names the person a face belongs to already.
    pub(crate) fn person(mut self, person: PersonId) -> Self {
        self.more.person = Some(person);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.more.headers.insert(name, value);
        self
    }

    /// Notes the cause, which goes to the log under the request's id and never to the client.
    pub(crate) fn because(mut self, cause: String) -> Self {
        self.more.cause = Some(cause);
        self
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The answer, once the request's id is known.
    pub(crate) fn render(self, request_id: &str) -> Response {
        if let Some(cause) = &self.more.cause {
            tracing::error!(request = request_id, code = self.code.name, cause, "a fault");
        }
        let round = |v: f64| (v * 1_000.0).round() / 1_000.0;
        let body = Body {
            r#type: format!("/docs/errors/{}", self.code.name),
            title: self.code.title,
            status: self.code.status.as_u16(),
            code: self.code.name,
            detail: self.more.detail.as_deref().unwrap_or(self.code.advice),
            instance: format!("urn:request:{request_id}"),
            errors: &self.more.errors,
            measured: self.more.measure.map(|m| round(m.measured)),
            limit: self.more.measure.map(|m| round(m.limit)),
            person_id: self.more.person.map(|id| id.to_string()),
        };
        // A body of numbers and strings always serialises.
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (self.code.status, [content_type], json).into_response();
        response.headers_mut().extend(self.more.headers);
        response
    }
}

impl IntoResponse for Problem {
    /// Leaves the body to the edge, which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.code.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What a handler answers.
pub(crate) type Answer = Result<Response, Problem>;
