//! The place where the server listens: an address, or a socket in the file system.

use std::{fmt, io, net::SocketAddr, path::PathBuf, str::FromStr};

use crate::access::Reach;

/// The place where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A TCP address. Port 0: a free one.
    Address(SocketAddr),
    /// A Unix socket.
    Socket(SocketFile),
}

/// A Unix socket in the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketFile {
    /// The file.
    pub path: PathBuf,
    /// True if the file's group may connect, too (mode 0660). False: its owner alone (0600).
    pub for_group: bool,
}

impl Listen {
    /// The programs that can reach it.
    pub fn reach(&self) -> Reach {
        match self {
            Self::Socket(_) => Reach::Socket,
            Self::Address(address) if address.ip().to_canonical().is_loopback() => Reach::Loopback,
            Self::Address(_) => Reach::Network,
        }
    }
}

/// `127.0.0.1:8480`, `[::1]:8480` or `unix:PATH`.
impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some("") => Err("unix: is followed by a path".to_owned()),
            Some(path) => Ok(Self::Socket(SocketFile {
                path: path.into(),
                for_group: false,
            })),
            None => text.parse().map(Self::Address).map_err(|_| {
                "expected is an address with a port, such as 127.0.0.1:8480, or unix:PATH"
                    .to_owned()
            }),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "http://{address}"),
            Self::Socket(socket) => write!(f, "unix:{}", socket.path.display()),
        }
    }
}

/// The reason why it cannot listen there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The system does not let it: the address is taken, or none of this machine's.
    #[error("cannot listen at {listen}")]
    System {
        /// The place.
        listen: Listen,
        /// The system's reason.
        source: io::Error,
    },
    /// Another server answers at the socket.
    #[error("{} is the socket of a server that runs", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something is there that is no socket. It is left alone.
    #[error("{} is there, and is no socket; accepted is a path where nothing is", path.display())]
    NoSocket {
        /// The file.
        path: PathBuf,
    },
    /// This system has no sockets in its file system.
    #[error("there are no Unix sockets on this system; accepted is an address with a port")]
    Unsupported,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_listen_are_read_and_printed() {
        for (text, printed, reach) in [
            ("127.0.0.1:8480", "http://127.0.0.1:8480", Reach::Loopback),
            ("[::1]:1", "http://[::1]:1", Reach::Loopback),
            (
                "[::ffff:127.0.0.1]:1",
                "http://[::ffff:127.0.0.1]:1",
                Reach::Loopback,
            ),
            ("0.0.0.0:8480", "http://0.0.0.0:8480", Reach::Network),
            ("[::]:8480", "http://[::]:8480", Reach::Network),
            (
                "unix:/run/metric.sock",
                "unix:/run/metric.sock",
                Reach::Socket,
            ),
        ] {
            let listen: Listen = text.parse().unwrap();
            assert_eq!(
                (listen.to_string().as_str(), listen.reach()),
                (printed, reach)
            );
        }
        for text in [
            "",
            "8480",
            "localhost:8480",
            "127.0.0.1",
            "unix:",
            "http://127.0.0.1:1",
        ] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }
}
