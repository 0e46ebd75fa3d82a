//! The credentials added to each request: `Authorization`, further headers, parameters, a path.
//!
//! Made of [`Credentials`], checked once, read anew when they change. Knows nothing of connections.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderName, HeaderValue, header,
    uri::{InvalidUri, PathAndQuery},
};
use secrecy::zeroize::Zeroizing;

use super::{
    reload::{CredentialsGeneration, Reloading},
    tenant,
};
use crate::{
    config::{
        address::{self, Address},
        credentials::{Authorization, Credentials},
        error::ConfigError,
        secret::{Contents, SecretSource},
    },
    contract::types::Backend,
    egress::policy,
};

/// The headers of HTTP itself: with another value than the client's, a request would end elsewhere than it seems to.
const OF_HTTP: &[HeaderName] = &[
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::EXPECT,
    header::HOST,
    header::RANGE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The parameters that a query is made of, which are the plugin's to set.
const OF_QUERIES: &[&str] = &[
    "query", "time", "start", "end", "step", "timeout", "limit", "match", "metric",
];

/// The parameters that the plugin sets where it is told of a backend.
fn of_backend(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Thanos => &["partial_response", "dedup", "max_source_resolution"],
        Backend::VictoriaCluster => &["deny_partial_response"],
        Backend::Auto | Backend::Prometheus | Backend::Mimir | Backend::Victoria => &[],
    }
}

/// A text to put into a URL.
type Text = Arc<str>;

#[derive(Default)]
pub(crate) struct InjectedCredentials {
    headers: Vec<(HeaderName, Reloading<HeaderValue>)>,
    /// Encoded: `name=value`.
    parameters: Vec<Reloading<Text>>,
    /// Encoded, those that are no secrets: `name=value&name=value`.
    plain_parameters: String,
    /// As [`tenant`](super::tenant) compares them.
    pub(super) parameter_names: Vec<String>,
    path: Option<Reloading<Text>>,
}

impl InjectedCredentials {
    /// Reads everything for the first time. `plain` are parameters, by name and value, that are no secrets.
    pub(crate) fn of(
        credentials: &Credentials,
        plain: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let mut additions = Self::default();
        match &credentials.authorization {
            None => {}
            Some(Authorization::Bearer(token)) => {
                additions.add_header(header::AUTHORIZATION, bearer(token)?)?;
            }
            Some(Authorization::Basic { user, password }) => {
                additions.add_header(header::AUTHORIZATION, basic(user, password)?)?;
            }
        }
        for (name, value) in &credentials.headers {
            additions.add_header(header_name(name)?, header_value(value)?)?;
        }
        for (name, value) in &credentials.parameters {
            check_parameter(name)?;
            let comparable = tenant::comparable(name).to_owned();
            additions.parameter_names.push(comparable);
            additions.parameters.push(parameter(name.clone(), value)?);
        }
        for (name, _) in plain {
            check_parameter(name)?;
            let comparable = tenant::comparable(name).to_owned();
            additions.parameter_names.push(comparable);
        }
        additions.plain_parameters = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(plain)
            .finish();
        additions.path = credentials.path.as_ref().map(path).transpose()?;
        Ok(additions)
    }

    /// Refuses parameters that the plugin sets as well: each of its requests would be taken for an attempt at the
    /// operator's tenant.
    pub(crate) fn check_against(&self, backend: Backend) -> Result<(), ConfigError> {
        let mut names = self.parameter_names.iter();
        match names.find(|name| of_backend(backend).contains(&name.as_str())) {
            Some(name) => Err(ConfigError::SetByBackend { name: name.clone() }),
            None => Ok(()),
        }
    }

    fn add_header(
        &mut self,
        name: HeaderName,
        value: Reloading<HeaderValue>,
    ) -> Result<(), ConfigError> {
        if self.headers.iter().any(|(other, _)| *other == name) {
            return Err(refused("header", name.as_str(), "it is set twice"));
        }
        self.headers.push((name, value));
        Ok(())
    }

    /// Returns true if anything is added that nobody else should read.
    pub(crate) fn has_secrets(&self) -> bool {
        !self.headers.is_empty() || !self.parameters.is_empty() || self.path.is_some()
    }

    /// Returns true if a request's target becomes another one.
    pub(crate) fn changes_target(&self) -> bool {
        self.path.is_some() || !self.parameters.is_empty() || !self.plain_parameters.is_empty()
    }

    /// A request's target at an address: the path of its endpoint with its query. A tenant's path stands in the place
    /// of that of the backend.
    pub(crate) fn target(
        &self,
        address: &Address,
        endpoint: &str,
    ) -> Result<PathAndQuery, InvalidUri> {
        let mut target = match &self.path {
            Some(path) => format!("{}{}{endpoint}", address.written_prefix(), path.current().0),
            None => format!("{}{endpoint}", address.prefix()),
        };
        let mut separator = match endpoint.contains('?') {
            true => '&',
            false => '?',
        };
        for parameter in &self.parameters {
            target.push(separator);
            target.push_str(&parameter.current().0);
            separator = '&';
        }
        if !self.plain_parameters.is_empty() {
            target.push(separator);
            target.push_str(&self.plain_parameters);
        }
        PathAndQuery::try_from(target)
    }

    /// Sets the headers, whatever was there under their names.
    pub(crate) fn set_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.insert(name, value.current().0);
        }
    }

    /// The generation of the secrets used now.
    pub(crate) fn identity(&self) -> CredentialsGeneration {
        let headers = self.headers.iter().map(|(_, value)| value.current().1);
        let texts = self.parameters.iter().chain(&self.path);
        headers
            .chain(texts.map(|text| text.current().1))
            .max() // each change brings a greater one than there ever was
            .unwrap_or_default()
    }
}

fn bearer(token: &SecretSource) -> Result<Reloading<HeaderValue>, ConfigError> {
    made_of("bearer token", token, |token| {
        let is_token = !token.is_empty() && token.iter().all(u8::is_ascii_graphic);
        let text = Zeroizing::new([b"Bearer ", token].concat());
        is_token
            .then(|| sensitive(&text))
            .flatten()
            .ok_or("a token on one line, without blanks inside")
    })
}

fn basic(user: &str, password: &SecretSource) -> Result<Reloading<HeaderValue>, ConfigError> {
    if user.contains(':') || user.chars().any(char::is_control) {
        // RFC 7617, 2.
        return Err(refused(
            "user of basic auth",
            user,
            "it has a colon or a control character",
        ));
    }
    let user = format!("{user}:");
    made_of("password of basic auth", password, move |password| {
        let is_password = !password.is_empty() && !password.iter().any(u8::is_ascii_control);
        let pair = Zeroizing::new([user.as_bytes(), password].concat());
        let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
        is_password
            .then(|| sensitive(text.as_bytes()))
            .flatten()
            .ok_or("a password on one line")
    })
}

fn header_value(value: &SecretSource) -> Result<Reloading<HeaderValue>, ConfigError> {
    made_of("value of a header", value, |value| {
        (!value.is_empty())
            .then(|| sensitive(value))
            .flatten()
            .ok_or("text on one line")
    })
}

fn parameter(name: String, value: &SecretSource) -> Result<Reloading<Text>, ConfigError> {
    made_of("value of a parameter", value, move |value| {
        let value = std::str::from_utf8(value)
            .ok()
            .filter(|text| !text.is_empty());
        let value = value.ok_or("text in UTF-8")?;
        let mut pair = form_urlencoded::Serializer::new(String::new());
        Ok(pair.append_pair(&name, value).finish().into())
    })
}

fn path(path: &SecretSource) -> Result<Reloading<Text>, ConfigError> {
    made_of("path", path, |path| {
        std::str::from_utf8(path)
            .ok()
            .filter(|path| path.starts_with('/'))
            .and_then(|path| address::prefix(path).ok())
            .filter(|path| !path.is_empty())
            .map(Text::from)
            .ok_or("a path such as /select/42/prometheus, of plain segments")
    })
}

/// A value that is made of one secret, without the blanks around it. `make` says what it would accept.
fn made_of<T: Clone>(
    what: &'static str,
    source: &SecretSource,
    make: impl Fn(&[u8]) -> Result<T, &'static str> + Send + Sync + 'static,
) -> Result<Reloading<T>, ConfigError> {
    let place = source.clone();
    Reloading::new(what, vec![source.clone()], move |contents| {
        let secret = contents.first().map(Contents::trimmed).unwrap_or_default();
        make(secret).map_err(|accepted| ConfigError::Secret {
            what,
            place: place.clone(),
            reason: match secret {
                [] => "it is empty",
                _ => "it is something else",
            },
            accepted,
        })
    })
}

/// A header's value that `Debug` does not show.
fn sensitive(bytes: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(bytes).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn header_name(name: &str) -> Result<HeaderName, ConfigError> {
    let refused = |reason| refused("header", name, reason);
    let header = HeaderName::try_from(name).map_err(|_| refused("it is no header's name"))?;
    if OF_HTTP.contains(&header) || header.as_str().starts_with("proxy-") {
        return Err(refused("HTTP itself needs it"));
    }
    if policy::may_set_header(&header) {
        return Err(refused("it is the plugin's to set"));
    }
    Ok(header)
}

fn check_parameter(name: &str) -> Result<(), ConfigError> {
    let refused = |reason| Err(refused("parameter", name, reason));
    if name.is_empty() {
        return refused("its name is empty");
    }
    if OF_QUERIES.contains(&tenant::comparable(name)) {
        return refused("queries are made of it, and the plugin sets it");
    }
    Ok(())
}

fn refused(what: &'static str, name: &str, reason: &'static str) -> ConfigError {
    ConfigError::Addition {
        what,
        name: name.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests;
