//! Signed tokens: JWTs that somebody else issues, such as Backend.AI's manager.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::ErrorKind};
use serde::Deserialize;

use super::{
    allowance::{Allowance, Rate},
    grant::Grant,
    provider,
    refusal::Refusal,
    role::Role,
    scopes,
};

/// The longest subject, in bytes. It names who asked in the log and in the meters.
const LONGEST_SUBJECT: usize = 128;

/// Verifies signed tokens, of one algorithm with one key.
#[derive(Debug)]
pub(super) struct Jwt {
    key: DecodingKey,
    validation: Validation,
    rate: Option<Rate>,
    concurrent: Option<u32>,
}

/// The claims of a token beside the audience, the issuer and its times.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    role: Role,
    #[serde(default)]
    scope: Vec<String>,
}

impl Jwt {
    pub(super) fn new(
        algorithm: Algorithm,
        key: DecodingKey,
        audience: &str,
        issuer: &str,
        leeway: u64,
    ) -> Self {
        provider::install();
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[issuer]);
        validation.validate_nbf = true;
        validation.leeway = leeway;
        Self {
            key,
            validation,
            rate: None,
            concurrent: None,
        }
    }

    /// Of each subject, in the place of what its role has.
    pub(super) fn allowing(self, rate: Option<Rate>, concurrent: Option<u32>) -> Self {
        Self {
            rate,
            concurrent,
            ..self
        }
    }

    /// Finds the caller whose token this is, and its grant.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] for whatever is not signed for us, [`Refusal::Expired`], and
    /// [`Refusal::Unbound`] or [`Refusal::Scope`] where a good token says nothing that can be granted.
    pub(super) fn read(&self, token: &[u8]) -> Result<(Arc<str>, Grant), Refusal> {
        let claims = match decode::<Claims>(token, &self.key, &self.validation) {
            Ok(token) => token.claims,
            Err(error) => return Err(refused(error.kind())),
        };
        let fits = (1..=LONGEST_SUBJECT).contains(&claims.sub.len());
        if !fits || claims.sub.chars().any(char::is_control) {
            tracing::debug!(
                "a signed token is refused: its subject is empty, long, or no line of text"
            );
            return Err(Refusal::Unknown);
        }
        let scope = scopes::all_of(&claims.scope).map_err(Refusal::Claim)?;
        let usual = Allowance::of(claims.role);
        let allowance = Allowance {
            rate: self.rate.or(usual.rate),
            concurrent: self.concurrent.unwrap_or(usual.concurrent),
        };
        let grant = Grant::new(claims.role, scope, allowance).ok_or(Refusal::Unbound)?;
        Ok((claims.sub.into(), grant))
    }
}

/// The caller is told nothing but that a token has expired; who runs this finds the reason in the log, without a word of
/// the token.
fn refused(kind: &ErrorKind) -> Refusal {
    let reason = match kind {
        ErrorKind::ExpiredSignature => return Refusal::Expired,
        ErrorKind::InvalidSignature => "it is not signed with the key of the access file",
        ErrorKind::InvalidAlgorithm => "its algorithm is not that of the access file",
        ErrorKind::InvalidAudience => "its audience is not that of the access file",
        ErrorKind::InvalidIssuer => "its issuer is not that of the access file",
        ErrorKind::ImmatureSignature => "its nbf is yet to come",
        ErrorKind::MissingRequiredClaim(_) => "it lacks one of exp, aud, iss, sub",
        ErrorKind::Json(_) | ErrorKind::InvalidClaimFormat(_) => {
            "a claim is missing or of another form"
        }
        _ => "it is no JWT",
    };
    tracing::debug!(reason, "a signed token is refused");
    Refusal::Unknown
}
