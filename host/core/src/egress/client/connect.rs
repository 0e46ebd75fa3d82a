//! A new connection: the name resolved, its addresses judged, TCP, TLS.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsConnector, client::TlsStream};
use wasmtime_wasi_http::Error;

use super::{
    http_error,
    network_policy::NetworkPolicy,
    reload::CredentialsGeneration,
    resolver::Resolve,
    tls::{ServerTrust, Tls},
};
use crate::{
    config::{address::Address, network::Network},
    contract::scarcity,
    timers::Timers,
};

/// The time that one of a name's addresses is tried before the next is tried beside it (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection's transport: TCP, with TLS or without.
pub(super) type Stream = Box<dyn Bytes>;

pub(super) trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

/// Makes connections to one address.
pub(super) struct Connector {
    host: String,
    port: u16,
    reach: NetworkPolicy,
    tls: Option<Tls>,
    resolver: Arc<dyn Resolve>,
    timers: Timers,
}

/// The reason why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("none of the addresses of the name may be connected to")]
    Prohibited,
    #[error("the name cannot be resolved")]
    Dns(#[source] io::Error),
    #[error("the connection cannot be made")]
    Tcp(#[source] io::Error),
    #[error("TLS cannot be agreed on")]
    Tls(#[source] io::Error),
    #[error("the connection is not made in time")]
    TimedOut,
}

impl ConnectError {
    /// Returns true if another address may do better. A fault that an operator has to mend, such as a certificate, is
    /// not hidden by going elsewhere; nor does a plugin that waits for less than the host would (`was_patient`) send
    /// requests there.
    pub(super) fn fails_over(&self, was_patient: bool) -> bool {
        match self {
            Self::Dns(_) | Self::Tcp(_) => true,
            Self::TimedOut => was_patient,
            Self::Prohibited | Self::Tls(_) => false,
        }
    }

    pub(super) fn name(&self) -> Error {
        match self {
            Self::Prohibited => Error::DestinationIpProhibited,
            Self::Dns(cause) | Self::Tcp(cause) if scarcity::is_scarcity(cause) => {
                Error::ConnectionLimitReached
            }
            Self::Dns(cause) => Error::DnsError {
                rcode: Some(cause.to_string()),
                info_code: None,
            },
            Self::Tcp(cause) | Self::Tls(cause) => match http_error::of(cause) {
                // Before a request there is no response that could be incomplete.
                Error::HttpResponseIncomplete => Error::ConnectionTerminated,
                name => name,
            },
            Self::TimedOut => Error::ConnectionTimeout,
        }
    }
}

impl Connector {
    /// `tls` for `https`, none for `http`.
    pub(super) fn new(
        address: &Address,
        networks: &[Network],
        tls: Option<Tls>,
        resolver: Arc<dyn Resolve>,
        timers: Timers,
    ) -> Self {
        Self {
            host: address.host().to_owned(),
            port: address.port(),
            reach: NetworkPolicy::of(address, networks),
            tls,
            resolver,
            timers,
        }
    }

    /// The certificates of now, for the next connection. None without TLS.
    pub(super) fn certificates(&self) -> (Option<ServerTrust>, CredentialsGeneration) {
        match &self.tls {
            None => (None, CredentialsGeneration::default()),
            Some(tls) => {
                let (believed, identity) = tls.current();
                (Some(believed), identity)
            }
        }
    }

    /// A connection with `certificates`; without, one in the clear.
    pub(super) async fn connect(
        &self,
        certificates: Option<&ServerTrust>,
    ) -> Result<Stream, ConnectError> {
        let tcp = self.tcp().await?;
        // A request is written in one go: waiting for more would only delay it.
        tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
        Ok(match certificates {
            None => Box::new(tcp),
            Some(believed) => Box::new(
                self.handshake(believed, tcp)
                    .await
                    .map_err(ConnectError::Tls)?,
            ),
        })
    }

    async fn handshake(
        &self,
        believed: &ServerTrust,
        tcp: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = match self.tls.as_ref().and_then(Tls::server_name) {
            Some(name) => name.clone(),
            None => ServerName::try_from(self.host.clone()).map_err(io::Error::other)?,
        };
        TlsConnector::from(Arc::clone(&believed.config))
            .connect(name, tcp)
            .await
    }

    async fn tcp(&self) -> Result<TcpStream, ConnectError> {
        let mut addresses = match self.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, self.port)],
            Err(_) => self
                .resolver
                .resolve(&self.host, self.port)
                .await
                .map_err(ConnectError::Dns)?,
        };
        if addresses.is_empty() {
            let none = io::Error::new(io::ErrorKind::NotFound, "it has no addresses");
            return Err(ConnectError::Dns(none));
        }
        addresses = self.reach.allowed(&self.host, addresses);
        match addresses.as_slice() {
            [] => Err(ConnectError::Prohibited),
            [address] => TcpStream::connect(address).await.map_err(ConnectError::Tcp),
            addresses => self.first_of(addresses).await.map_err(ConnectError::Tcp),
        }
    }

    /// The first connection that comes about, each address having a head start over the next.
    async fn first_of(&self, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
        let mut attempts = JoinSet::new();
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for &address in addresses {
            attempts.spawn(TcpStream::connect(address));
            if let Ok(finished) = self.timers.timeout(HEAD_START, next(&mut attempts)).await {
                match finished {
                    Ok(stream) => return Ok(stream),
                    Err(error) => failure = error,
                }
            }
        }
        while !attempts.is_empty() {
            match next(&mut attempts).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// Waits for the next attempt to end. Dropped, the others are given up with their set.
async fn next(attempts: &mut JoinSet<io::Result<TcpStream>>) -> io::Result<TcpStream> {
    match attempts.join_next().await {
        Some(Ok(finished)) => finished,
        Some(Err(cancelled)) => Err(io::Error::other(cancelled)),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_want_of_descriptors_or_threads_is_not_a_failure_of_the_way_to_prometheus() {
        use rustix::io::Errno;
        for errno in [Errno::MFILE, Errno::NFILE, Errno::AGAIN] {
            let error = || io::Error::from(errno);
            for error in [ConnectError::Tcp(error()), ConnectError::Dns(error())] {
                let name = error.name();
                assert!(matches!(name, Error::ConnectionLimitReached), "{name:?}");
            }
        }
        let refused = ConnectError::Tcp(io::Error::from(Errno::CONNREFUSED));
        assert!(matches!(refused.name(), Error::ConnectionRefused));
    }
}
