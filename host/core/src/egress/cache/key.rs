//! The key of equal requests: those that leave the host alike, within the same scope.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};

use crate::egress::client::reload::CredentialsGeneration;

/// A request as it leaves: narrowed to its scope, with what headers it may have, before the credentials are added. The
/// origin is that of the service.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The generation of the credentials that it is sent with. They may be exchanged while the service lives: who asks
    /// with others now may see other things.
    identity: CredentialsGeneration,
    /// Two tenants share nothing, even where what they ask comes to the same: that one of them has asked is not for
    /// the other to find out.
    scope: Option<Box<str>>,
    method: Method,
    path_and_query: Box<str>,
    /// In order; what a server makes of any of them is not for us to know.
    headers: Box<[(HeaderName, HeaderValue)]>,
    body: Bytes,
}

impl Key {
    pub(super) fn of(
        request: &Request<Bytes>,
        scope: Option<String>,
        identity: CredentialsGeneration,
    ) -> Self {
        let headers = request.headers().iter();
        let mut headers: Box<[_]> = headers.map(|(n, v)| (n.clone(), v.clone())).collect();
        headers.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        Self {
            identity,
            scope: scope.map(String::into_boxed_str),
            method: request.method().clone(),
            path_and_query: request
                .uri()
                .path_and_query()
                .map_or("/", |target| target.as_str())
                .into(),
            headers,
            body: request.body().clone(),
        }
    }

    /// Its approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(n, v)| 64 + n.as_str().len() + v.len()).sum();
        let scope = self.scope.as_ref().map_or(0, |scope| scope.len());
        size_of::<Self>() + scope + self.path_and_query.len() + headers + self.body.len()
    }
}

/// The key of requests that may wait for one answer together: the same, with the same timeouts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FlightKey {
    pub(super) key: Arc<Key>,
    pub(super) timeouts: TimeoutKey,
}

/// The waits that an answer is given: for the connection, for its head, between its pieces.
pub(crate) type TimeoutKey = [Duration; 3];

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: impl FnOnce(&mut Request<Bytes>)) -> Request<Bytes> {
        let mut request = Request::post("http://prometheus:9090/api/v1/query_range?a=b")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from_static(b"query=up&step=30"))
            .unwrap();
        change(&mut request);
        request
    }

    fn key(request: &Request<Bytes>, scope: Option<&str>) -> Key {
        Key::of(
            request,
            scope.map(str::to_owned),
            CredentialsGeneration::default(),
        )
    }

    #[test]
    fn whatever_leaves_in_another_way_is_another_request() {
        let plain = || key(&request(|_| {}), None);
        assert_eq!(plain(), plain());
        let changes: [fn(&mut Request<Bytes>); 6] = [
            |request| *request.body_mut() = Bytes::from_static(b"query=up&step=3"),
            |request| *request.body_mut() = Bytes::from_static(b"query=up&step=30&"),
            |request| *request.method_mut() = Method::GET,
            |request| *request.uri_mut() = "/api/v1/query_range?a=c".parse().unwrap(),
            |request| drop(request.headers_mut().remove("accept")),
            |request| {
                let headers = request.headers_mut();
                headers.append("accept", HeaderValue::from_static("text/plain"));
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            assert_ne!(key(&request(change), None), plain(), "{number}");
        }
    }

    #[test]
    fn the_order_of_headers_makes_no_difference() {
        let turned = request(|request| {
            let headers = request.headers_mut();
            let accept = headers.remove("accept").unwrap();
            headers.insert("accept", accept);
        });
        assert_eq!(key(&turned, None), key(&request(|_| {}), None));
    }

    #[test]
    fn two_tenants_share_nothing_even_where_they_ask_the_same() {
        let key = |scope: Option<&str>| key(&request(|_| {}), scope);
        let keys = [
            key(None),
            key(Some("{user=\"a\"}")),
            key(Some("{user=\"b\"}")),
        ];
        assert_ne!(keys[0], keys[1]);
        assert_ne!(keys[1], keys[2]);
        assert_eq!(keys[2], key(Some("{user=\"b\"}")));
    }
}
