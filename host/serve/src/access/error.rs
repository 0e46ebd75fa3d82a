//! Errors of an access file.

use std::{io, path::PathBuf};

use super::{key::KeyError, scopes::ScopeTextError, tables::MOST_LEEWAY};

/// The reason why an access file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// It cannot be read.
    #[error("the access file {} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Something in it cannot be used.
    #[error("the access file {}, line {line}: {fault}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// The fault in that line.
        fault: Fault,
    },
}

/// A fault in an access file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is no TOML, or has other keys or types.
    #[error("{0}")]
    Form(String),
    /// It is no UTF-8.
    #[error("it is no text in UTF-8")]
    Text,
    /// It lets nobody in.
    #[error("there is nobody in it; accepted are [[token]] with name, sha256 and role, and [jwt]")]
    Nobody,
    /// A name is empty, long, or no line.
    #[error("a token's name has 1 to 128 bytes, and no line breaks")]
    Name,
    /// A name is there twice.
    #[error("the name {0:?} is there twice")]
    NameTwice(String),
    /// A token is there twice.
    #[error("the token of {0:?} is also that of {1:?}")]
    TokenTwice(String, String),
    /// The hash of nothing.
    #[error("this is the SHA-256 of an empty text: the variable that was hashed was not set")]
    EmptyToken,
    /// A reader lacks a scope.
    #[error(
        "a reader needs a scope; accepted is a list such as [\"owner_user_id=6f1c2a34\"], all of which hold"
    )]
    Unbound,
    /// A scope cannot be used.
    #[error(transparent)]
    Scope(#[from] ScopeTextError),
    /// A rate is no rate.
    #[error("a rate has per_second, more than 0 and at most 1000000, and burst, at least 1")]
    Rate,
    /// Too many or too few at once.
    #[error(
        "concurrent is 1 to {most}: a token that could have all places of the host would leave none to others"
    )]
    Concurrent {
        /// The most.
        most: u32,
    },
    /// The key is of the other algorithm.
    #[error("{0} goes with {1}, a file, and with no other key")]
    OtherKey(&'static str, &'static str),
    /// The key cannot be used.
    #[error("the key in {} cannot be used: {error}", .path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// The reason.
        error: KeyError,
    },
    /// An audience or an issuer is empty.
    #[error("audience and issuer name this service and who issues tokens; they are not empty")]
    Empty,
    /// Clocks that differ too much.
    #[error("leeway is 0 to {MOST_LEEWAY} seconds")]
    Leeway,
    /// A host is none.
    #[error(
        "{0:?} is no host; accepted are names and addresses without a scheme, a port or a path"
    )]
    Host(String),
}
