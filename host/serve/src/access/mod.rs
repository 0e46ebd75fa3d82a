//! Access: the callers who may ask, and the series that each may ask for.
//!
//! | file           | what it does                                                              |
//! |----------------|---------------------------------------------------------------------------|
//! | `role.rs`      | what a caller may be, and the one table of who comes through which door    |
//! | `file.rs`      | the access file, with `tables.rs`, `guarded.rs`, `key.rs` and `error.rs`   |
//! | `tokens.rs`    | the file's tokens, known by `digest.rs`                                    |
//! | `jwt.rs`       | signed tokens, verified by `provider.rs`                                   |
//! | `bearer.rs`    | the token of a request                                                     |
//! | `grant.rs`     | what a token grants: role, scope, allowance                                |
//! | `scopes.rs`    | scopes as texts, and the one that binds a request                          |
//! | `meters.rs`    | how much each caller asks: `allowance.rs`, `bucket.rs`                     |
//! | `origin.rs`    | hosts that requests may be for, pages that they may come from              |
//! | `refusal.rs`   | [`Refusal`]: why a request is turned away                                  |
//!
//! It knows nothing of queries, and asks nobody.

mod allowance;
mod bearer;
mod bucket;
mod digest;
mod error;
mod file;
mod grant;
mod guarded;
mod jwt;
mod key;
mod meters;
mod origin;
mod provider;
mod refusal;
mod role;
mod scopes;
mod tables;
mod tokens;

use std::{path::Path, sync::Arc, time::Instant};

use http::HeaderMap;
use metric_host::Scope;

use self::{
    allowance::Allowance,
    digest::Digest,
    file::AccessFile,
    grant::Grant,
    meters::{Meters, Principal},
};
pub use self::{
    error::{AccessError, Fault},
    key::KeyError,
    meters::Permit,
    origin::{Hosts, Reach},
    refusal::Refusal,
    role::{Door, Role},
    scopes::{SCOPE_HEADER, ScopeTextError},
};

/// The callers who may ask, and the series that each may ask for.
#[derive(Debug)]
pub struct Access {
    /// None: everybody is the operator.
    file: Option<AccessFile>,
    meters: Meters,
}

/// A caller who was let in, and what binds it.
#[derive(Debug)]
pub struct Admission {
    /// The caller's name: of its token in the access file, or the subject of a signed one. One line of text.
    pub name: Arc<str>,
    /// The role of the caller.
    pub role: Role,
    /// The scope that binds all that it asks. None for all series.
    pub scope: Option<Scope>,
    /// Its place among those that it may have under way. To be held until the answer has gone out.
    pub permit: Option<Permit>,
}

impl Access {
    /// Everybody is the operator: for loopback and a socket, where who may connect is decided elsewhere.
    pub fn open() -> Self {
        Self {
            file: None,
            meters: Meters::default(),
        }
    }

    /// Reads an access file, and lets in the callers that it lists.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn from_file(path: &Path) -> Result<Self, AccessError> {
        Ok(Self {
            file: Some(AccessFile::read(path)?),
            meters: Meters::default(),
        })
    }

    /// The file read anew. Requests of callers that are under way, and those of late, still count.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn reloaded(&self, path: &Path) -> Result<Self, AccessError> {
        Ok(Self {
            file: Some(AccessFile::read(path)?),
            meters: self.meters.clone(),
        })
    }

    /// Returns true if everybody is the operator.
    pub fn is_open(&self) -> bool {
        self.file.is_none()
    }

    /// The hosts that the access file lists, beside those of the listener.
    pub fn hosts(&self) -> &[String] {
        self.file.as_ref().map_or(&[], |file| &file.hosts)
    }

    /// Finds the caller by the headers of a request, and checks that it may ask now. The request is counted.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn admit(&self, headers: &HeaderMap) -> Result<Admission, Refusal> {
        let Some(file) = &self.file else {
            let grant = Grant {
                role: Role::Operator,
                scope: None,
                allowance: Allowance::of(Role::Operator),
            };
            return Ok(Admission {
                name: "anyone".into(),
                role: grant.role,
                scope: scopes::of_request(&grant, headers)?,
                permit: None,
            });
        };
        let (principal, grant) = file.caller(bearer::token(headers)?)?;
        // Before anything that may be refused: what is refused was asked, too.
        let name = principal.name();
        let permit = self
            .meters
            .enter(principal, grant.allowance, Instant::now())?;
        Ok(Admission {
            name,
            role: grant.role,
            scope: scopes::of_request(&grant, headers)?,
            permit: Some(permit),
        })
    }
}

impl Admission {
    /// # Errors
    /// [`Refusal::Forbidden`].
    pub fn may_pass(&self, door: Door) -> Result<(), Refusal> {
        match door {
            Door::From(least) if self.role < least => Err(Refusal::Forbidden {
                role: self.role,
                least,
            }),
            Door::From(_) | Door::Open => Ok(()),
        }
    }
}

impl AccessFile {
    fn caller(&self, token: &[u8]) -> Result<(Principal, Grant), Refusal> {
        if let Some(token) = self.tokens.find(&Digest::of(token)) {
            return Ok((
                Principal::Token(Arc::clone(&token.name)),
                token.grant.clone(),
            ));
        }
        let jwt = self.jwt.as_ref().ok_or(Refusal::Unknown)?;
        let (subject, grant) = jwt.read(token)?;
        Ok((Principal::Subject(subject), grant))
    }
}

#[cfg(test)]
mod jwt_tests;
#[cfg(test)]
mod mint;
#[cfg(test)]
mod tests;
