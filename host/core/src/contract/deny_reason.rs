//! The reasons why a request does not leave: those of the contract's error `denied`, as the host tells and counts them.

/// The reason why a request of a plugin may not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DenyReason {
    /// The service has no way out.
    #[error("no network was granted")]
    NoNetwork,
    /// Its call has sent as many as [`Limits`](crate::Limits) grant.
    #[error("the call has sent all the requests that it may")]
    Requests,
    /// It is for another origin than the configured one.
    #[error("the scheme, host or port is not the configured Prometheus")]
    Origin,
    /// Its authority carries a user's name or a password.
    #[error("the authority carries credentials, which are the host's to add")]
    UserInfo,
    /// It would do something else than read.
    #[error("the method is neither GET nor POST")]
    Method,
    /// It is for an endpoint that a metric service has no use for.
    #[error("the path is none that the service needs")]
    Path,
    /// It has more headers, or a longer head, than [`Limits`](crate::Limits) grant.
    #[error("it has too many headers, or its head is too long")]
    Head,
    /// Its body is longer than [`Limits`](crate::Limits) grant.
    #[error("its body is too long")]
    Body,
    /// Its query cannot be narrowed to the call's scope.
    #[error("its query cannot be narrowed to the call's scope")]
    Scope,
    /// It sets a parameter that the host sets to say which tenant it is, or may be read so; or it is for `metadata`,
    /// which no such parameter narrows.
    #[error(
        "it would set a parameter that is the host's to set, or asks for what that does not narrow"
    )]
    Tenant,
    /// The configured name resolves to a network that is not allowed.
    #[error("the name resolves to a network that is not allowed")]
    Network,
}

impl DenyReason {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::NoNetwork,
        Self::Requests,
        Self::Origin,
        Self::UserInfo,
        Self::Method,
        Self::Path,
        Self::Head,
        Self::Body,
        Self::Scope,
        Self::Tenant,
        Self::Network,
    ];

    /// Its name in the host's metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoNetwork => "no-network",
            Self::Requests => "requests",
            Self::Origin => "origin",
            Self::UserInfo => "user-info",
            Self::Method => "method",
            Self::Path => "path",
            Self::Head => "head",
            Self::Body => "body",
            Self::Scope => "scope",
            Self::Tenant => "tenant",
            Self::Network => "network",
        }
    }
}
