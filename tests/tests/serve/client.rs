//! A client that does one thing a connection, and shows all that came.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use metric_serve::Listen;
use metric_tests::over_http::connect;
use serde_json::Value;

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn result(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        let mut answer = self.json();
        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
        answer["result"].take()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn send(place: &Listen, request: Request<Full<Bytes>>) -> Answer {
    try_send(place, request).await.unwrap()
}

pub(crate) async fn try_send(
    place: &Listen,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let io = TokioIo::new(connect(place).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
    let driving = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    drop(sender);
    driving.abort();
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
    })
}

pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json");

pub(crate) fn posting(path: &str, headers: &[(&str, &str)], body: &Value) -> Request<Full<Bytes>> {
    request(
        Method::POST,
        path,
        &[&[JSON], headers].concat(),
        body.to_string(),
    )
}

pub(crate) async fn post(place: &Listen, path: &str, body: &Value) -> Answer {
    send(place, posting(path, &[], body)).await
}

pub(crate) async fn get(place: &Listen, path: &str) -> Answer {
    send(place, request(Method::GET, path, &[], "")).await
}
