//! A question to Prometheus, the way a service asks: the same client, the same address, the same policy.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use serde::de::DeserializeOwned;
use wasmtime_wasi_http::{Error, RequestOptions};

use super::response::{Queried, Read, read};
use crate::{
    config::address::Address,
    egress::{Egress, budget::CallBudget},
    timers::{Elapsed, Timers},
};

/// The longest answer that is read. That with 11,001 points has some 300 kB.
const BODY_BYTES: usize = 4 << 20;

/// The most characters of a foreign answer that are shown.
const HEAD_CHARS: usize = 80;

/// Asks one Prometheus.
#[derive(Clone)]
pub(super) struct Probe {
    egress: Arc<Egress>,
    budget: Arc<CallBudget>,
    address: Address,
    /// The method by which ranges are asked for.
    method: Method,
    timers: Timers,
    timeout: Duration,
}

/// An answer, and how it came.
#[derive(Debug)]
pub(super) struct Reply<T> {
    pub(super) data: T,
    /// The server did not see all data, in its words.
    pub(super) partial: Option<String>,
    pub(super) headers: HeaderMap,
    /// This machine's time, in the middle between question and answer.
    pub(super) at: SystemTime,
    pub(super) took: Duration,
}

/// The reason why there is no answer.
#[derive(Debug)]
pub(super) enum ProbeError {
    /// Nothing came.
    Unreachable(Error),
    /// It took too long.
    Late(Duration),
    /// Prometheus, or what stands before it, says no.
    Refused { status: u16, reason: String },
    /// The response is not Prometheus's.
    Foreign { status: u16, head: String },
}

impl std::fmt::Display for ProbeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "no answer: {error}"),
            Self::Late(after) => write!(f, "no complete answer within {} s", after.as_secs_f64()),
            Self::Refused { status, reason } => {
                write!(f, "refused with status {status} ({reason})")
            }
            Self::Foreign { status, head } => write!(f, "status {status} and {head}"),
        }
    }
}

impl Probe {
    pub(super) fn new(
        egress: Egress,
        budget: Arc<CallBudget>,
        address: Address,
        timers: Timers,
        timeout: Duration,
    ) -> Self {
        Self {
            egress: Arc::new(egress),
            budget,
            address,
            method: Method::POST,
            timers,
            timeout,
        }
    }

    /// The same, which asks for ranges by this method.
    pub(super) fn by(&self, method: Method) -> Self {
        Self {
            method,
            ..self.clone()
        }
    }

    /// The value of a query at an instant, Unix seconds; none: the server's now.
    pub(super) async fn instant(
        &self,
        query: &str,
        time: Option<f64>,
    ) -> Result<Reply<Queried>, ProbeError> {
        let time = time.map(|time| time.to_string());
        let mut params = vec![("query", query)];
        params.extend(time.as_deref().map(|time| ("time", time)));
        self.ask("query", &params).await
    }

    /// The values of a query over a range, asked as the plugin does.
    pub(super) async fn range(
        &self,
        query: &str,
        (start, end): (i64, i64),
        step: i64,
    ) -> Result<Queried, ProbeError> {
        let [start, end, step] = [start, end, step].map(|number| number.to_string());
        let params = encoded(&[
            ("query", query),
            ("start", &start),
            ("end", &end),
            ("step", &step),
        ]);
        let reply = self
            .exchange(self.method.clone(), "query_range", params)
            .await?;
        Ok(reply.data)
    }

    /// The response of an endpoint.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        params: &[(&str, &str)],
    ) -> Result<Reply<T>, ProbeError> {
        self.exchange(Method::GET, endpoint, encoded(params)).await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        endpoint: &str,
        params: String,
    ) -> Result<Reply<T>, ProbeError> {
        let request = self
            .request(method, endpoint, params)
            .map_err(|_| ProbeError::Unreachable(Error::HttpRequestUriInvalid))?;
        let (asked, started) = (SystemTime::now(), Instant::now());
        let exchange = async {
            let response = self
                .egress
                .send(
                    request,
                    RequestOptions::default(),
                    &self.budget,
                    &self.egress.denial_log(),
                )
                .await?;
            let took = started.elapsed();
            let (head, body) = response.into_parts();
            let body = Limited::new(body, BODY_BYTES)
                .collect()
                .await
                .map_err(|_| Error::HttpResponseIncomplete)?;
            Ok((head, body.to_bytes(), took))
        };
        let (head, body, took) = self
            .timers
            .timeout(self.timeout, exchange)
            .await
            .map_err(|Elapsed| ProbeError::Late(self.timeout))?
            .map_err(ProbeError::Unreachable)?;
        let status = head.status.as_u16();
        let foreign = || ProbeError::Foreign {
            status,
            head: head_of(&head.headers, &body),
        };
        match read(&body) {
            Read::Data { data, partial } => Ok(Reply {
                data,
                partial,
                headers: head.headers,
                at: asked + took / 2,
                took,
            }),
            Read::No(reason) => Err(ProbeError::Refused { status, reason }),
            // A proxy's own words.
            Read::Foreign if matches!(status, 401 | 403 | 407 | 429 | 500..) => {
                Err(ProbeError::Refused {
                    status,
                    reason: head_of(&head.headers, &body),
                })
            }
            Read::Foreign => Err(foreign()),
        }
    }

    fn request(
        &self,
        method: Method,
        endpoint: &str,
        params: String,
    ) -> Result<Request<wasmtime_wasi_http::WasiBody>, http::Error> {
        let address = &self.address;
        let path = format!("{}/api/v1/{endpoint}", address.prefix());
        let (path, body) = match method {
            Method::POST => (path, params),
            _ if params.is_empty() => (path, String::new()),
            _ => (format!("{path}?{params}"), String::new()),
        };
        let uri = Uri::builder()
            .scheme(address.scheme().clone())
            .authority(address.authority().clone())
            .path_and_query(path)
            .build()?;
        let mut request = Request::builder()
            .uri(uri)
            .header(header::ACCEPT, "application/json");
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
        request.method(method).body(body.boxed_unsync())
    }
}

fn encoded(params: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(params);
    text.finish()
}

/// A foreign response in a line.
fn head_of(headers: &HeaderMap, body: &[u8]) -> String {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("no content type");
    let text = String::from_utf8_lossy(body);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let head: String = words.chars().take(HEAD_CHARS).collect();
    match head.is_empty() {
        true => format!("{kind}, empty"),
        false => format!("{kind}: {head}"),
    }
}
