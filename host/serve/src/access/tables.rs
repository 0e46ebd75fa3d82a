//! The tables of an access file, and what is made of each.

use std::path::{Path, PathBuf};

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use toml::Spanned;

use super::{
    allowance::{Allowance, Rate, most_concurrent},
    digest::Digest,
    error::Fault,
    grant::Grant,
    jwt::Jwt,
    key,
    role::Role,
    scopes,
    tokens::Token,
};

/// Seconds by which clocks may differ, where the file says nothing.
const LEEWAY: u64 = 30;
/// The most of them: beyond that, when a token ends means little.
pub(super) const MOST_LEEWAY: u64 = 300;

/// The most requests a second that a rate may name. More is no limit.
const MOST_PER_SECOND: f64 = 1e6;

/// The longest name of a token, in bytes.
const LONGEST_NAME: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Root {
    #[serde(default)]
    pub(super) hosts: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) token: Vec<Spanned<TokenTable>>,
    pub(super) jwt: Option<Spanned<JwtTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenTable {
    name: String,
    sha256: Digest,
    role: Role,
    #[serde(default)]
    scope: Vec<String>,
    rate: Option<RateTable>,
    concurrent: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JwtTable {
    algorithm: Named,
    public_key: Option<PathBuf>,
    secret: Option<PathBuf>,
    audience: String,
    issuer: String,
    leeway: Option<u64>,
    rate: Option<RateTable>,
    concurrent: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateTable {
    per_second: f64,
    burst: u32,
}

#[derive(Deserialize, Clone, Copy)]
enum Named {
    #[serde(rename = "EdDSA")]
    EdDsa,
    #[serde(rename = "HS256")]
    Hs256,
}

impl TokenTable {
    pub(super) fn token(self) -> Result<Token, Fault> {
        let fits = (1..=LONGEST_NAME).contains(&self.name.len());
        if !fits || self.name.chars().any(char::is_control) {
            return Err(Fault::Name);
        }
        if self.sha256.is(&Digest::of(b"")).into() {
            return Err(Fault::EmptyToken);
        }
        let usual = Allowance::of(self.role);
        let allowance = Allowance {
            rate: rate(self.rate)?.or(usual.rate),
            concurrent: concurrent(self.concurrent)?.unwrap_or(usual.concurrent),
        };
        let scope = scopes::all_of(&self.scope)?;
        let grant = Grant::new(self.role, scope, allowance).ok_or(Fault::Unbound)?;
        Ok(Token {
            name: self.name.into(),
            digest: self.sha256,
            grant,
        })
    }
}

impl JwtTable {
    /// Its key is looked for from `folder`.
    pub(super) fn jwt(self, folder: &Path) -> Result<Jwt, Fault> {
        let leeway = self.leeway.unwrap_or(LEEWAY);
        if leeway > MOST_LEEWAY {
            return Err(Fault::Leeway);
        }
        if self.audience.is_empty() || self.issuer.is_empty() {
            return Err(Fault::Empty);
        }
        let read = |path: PathBuf, of: fn(&Path) -> Result<_, _>| {
            let path = folder.join(path);
            of(&path).map_err(|error| Fault::Key { path, error })
        };
        let (algorithm, key) = match (self.algorithm, self.public_key, self.secret) {
            (Named::EdDsa, Some(path), None) => (Algorithm::EdDSA, read(path, key::public)?),
            (Named::Hs256, None, Some(path)) => (Algorithm::HS256, read(path, key::secret)?),
            (Named::EdDsa, ..) => return Err(Fault::OtherKey("EdDSA", "public_key")),
            (Named::Hs256, ..) => return Err(Fault::OtherKey("HS256", "secret")),
        };
        let jwt = Jwt::new(algorithm, key, &self.audience, &self.issuer, leeway);
        Ok(jwt.allowing(rate(self.rate)?, concurrent(self.concurrent)?))
    }
}

/// A host that requests may be for, in lower case.
pub(super) fn host(name: String) -> Result<String, Fault> {
    let is_host = match name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !name.is_empty() && name.bytes().all(of_a_name)
        }
    };
    match is_host {
        true => Ok(name.to_ascii_lowercase()),
        false => Err(Fault::Host(name)),
    }
}

fn rate(table: Option<RateTable>) -> Result<Option<Rate>, Fault> {
    let Some(RateTable { per_second, burst }) = table else {
        return Ok(None);
    };
    // Not so of a number that is none.
    let is_rate = per_second > 0.0 && per_second <= MOST_PER_SECOND && burst > 0;
    match is_rate {
        true => Ok(Some(Rate { per_second, burst })),
        false => Err(Fault::Rate),
    }
}

fn concurrent(asked: Option<u32>) -> Result<Option<u32>, Fault> {
    let most = most_concurrent();
    match asked {
        Some(number) if !(1..=most).contains(&number) => Err(Fault::Concurrent { most }),
        _ => Ok(asked),
    }
}
