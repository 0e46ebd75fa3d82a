//! The listening end: accepts connections of both kinds.

use std::io;

use tokio::net::{TcpListener, TcpStream};

use crate::listen::{Listen, ListenError};

/// A stream of bytes that a connection is read from and written to.
pub(crate) trait Stream:
    tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send
{
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send> Stream for S {}

/// A listener. Dropped, no further connection is taken, and a socket's file is gone.
pub(crate) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(unix::Socket),
}

impl Listener {
    pub(crate) fn bind(listen: &Listen) -> Result<Self, ListenError> {
        let system = |source| ListenError::System {
            listen: listen.clone(),
            source,
        };
        match listen {
            Listen::Address(address) => {
                let listener = std::net::TcpListener::bind(address)
                    .and_then(|listener| {
                        listener.set_nonblocking(true)?;
                        TcpListener::from_std(listener)
                    })
                    .map_err(system)?;
                Ok(Self::Tcp(listener))
            }
            #[cfg(unix)]
            Listen::Socket(socket) => unix::Socket::bind(socket, system).map(Self::Unix),
            #[cfg(not(unix))]
            Listen::Socket(_) => Err(ListenError::Unsupported),
        }
    }

    /// The place where it listens, with the port that it got.
    pub(crate) fn place(&self, asked: &Listen) -> Listen {
        match self {
            Self::Tcp(listener) => listener
                .local_addr()
                .map_or_else(|_| asked.clone(), Listen::Address),
            #[cfg(unix)]
            Self::Unix(_) => asked.clone(),
        }
    }

    pub(crate) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are small, and wanted at once.
                TcpStream::set_nodelay(&stream, true)?;
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Self::Unix(socket) => Ok(Box::new(socket.accept().await?)),
        }
    }
}

#[cfg(unix)]
mod unix {
    //! A socket in the file system: its mode, and what an earlier server left behind.

    use std::{
        fs,
        io::{self, ErrorKind},
        os::unix::{
            fs::{FileTypeExt as _, MetadataExt as _},
            net::{UnixListener as StdListener, UnixStream as StdStream},
        },
        path::{Path, PathBuf},
        sync::Mutex,
    };

    use rustix::fs::Mode;
    use tokio::net::{UnixListener, UnixStream};

    use crate::listen::{ListenError, SocketFile};

    pub(crate) struct Socket {
        listener: UnixListener,
        path: PathBuf,
        /// Device and inode of our own file: another server may have put its own in its place.
        identity: Option<(u64, u64)>,
    }

    impl Socket {
        pub(super) fn bind(
            socket: &SocketFile,
            system: impl Fn(io::Error) -> ListenError,
        ) -> Result<Self, ListenError> {
            let path = &socket.path;
            remove_stale(path, &system)?;
            let listener = bound(path, socket.for_group)
                .and_then(|listener| {
                    listener.set_nonblocking(true)?;
                    UnixListener::from_std(listener)
                })
                .map_err(&system)?;
            Ok(Self {
                listener,
                path: path.clone(),
                identity: identity(path),
            })
        }

        pub(super) async fn accept(&self) -> io::Result<UnixStream> {
            self.listener.accept().await.map(|(stream, _)| stream)
        }
    }

    impl Drop for Socket {
        fn drop(&mut self) {
            if self.identity.is_some() && identity(&self.path) == self.identity {
                // Nobody is left to be told.
                let _ = fs::remove_file(&self.path);
            }
        }
    }

    fn identity(path: &Path) -> Option<(u64, u64)> {
        let file = fs::symlink_metadata(path).ok()?;
        Some((file.dev(), file.ino()))
    }

    /// A socket whose file has its mode from its first moment on: one that is given a mode afterwards is open in between.
    fn bound(path: &Path, for_group: bool) -> io::Result<StdListener> {
        // The mask is the process's.
        static MASK: Mutex<()> = Mutex::new(());
        let _alone = MASK.lock();
        let mask = match for_group {
            true => Mode::RWXO | Mode::XGRP | Mode::XUSR,
            false => Mode::RWXO | Mode::RWXG | Mode::XUSR,
        };
        let before = rustix::process::umask(mask);
        let listener = StdListener::bind(path);
        rustix::process::umask(before);
        listener
    }

    /// Removes the socket of a server that is no more: one where nobody answers.
    fn remove_stale(
        path: &Path,
        system: &impl Fn(io::Error) -> ListenError,
    ) -> Result<(), ListenError> {
        let file = match fs::symlink_metadata(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(system(error)),
        };
        let path_buf = || path.to_path_buf();
        if !file.file_type().is_socket() {
            return Err(ListenError::NoSocket { path: path_buf() });
        }
        match StdStream::connect(path) {
            Ok(_) => Err(ListenError::InUse { path: path_buf() }),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                fs::remove_file(path).map_err(system)
            }
            // Full, or not ours to connect to: somebody may be there.
            Err(error) => Err(system(error)),
        }
    }
}
