//! A server that speaks TLS under a certificate of a test's own authority, asks for a client certificate, and keeps
//! what it was sent. Its answer is always the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use metric_test_server::{Reply, Requests};
use metric_testbed::{Authority, Certified, Purpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One series of one point.
const BODY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"kernel_id":"k"},"values":[[0,"1"]]}]}}"#;

pub(crate) struct TlsServer {
    /// `https://localhost:PORT`.
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
    handshakes: Arc<AtomicUsize>,
}

/// The identity of a server, and the authority it believes.
pub(crate) struct Identity<'a> {
    pub(crate) certificate: &'a Certified,
    pub(crate) clients: &'a Authority,
}

impl TlsServer {
    pub(crate) async fn start(identity: Identity<'_>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            address: format!("https://localhost:{port}"),
            requests: Arc::default(),
            handshakes: Arc::default(),
        };
        let acceptor = TlsAcceptor::from(Arc::new(config(&identity)));
        let requests = Arc::clone(&server.requests);
        let handshakes = Arc::clone(&server.handshakes);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, requests) = (acceptor.clone(), Arc::clone(&requests));
                let handshakes = Arc::clone(&handshakes);
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(tcp).await {
                        handshakes.fetch_add(1, Ordering::SeqCst);
                        serve(stream, &requests).await;
                    }
                });
            }
        });
        server
    }

    /// A server as it should be: a certificate for `localhost` that has not expired.
    pub(crate) async fn good(authority: &Authority) -> Self {
        let certificate = authority.issue(&["localhost"], Purpose::Server).unwrap();
        let clients = authority;
        Self::start(Identity {
            certificate: &certificate,
            clients,
        })
        .await
    }

    /// The head and the body of each request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the number of connections that were agreed on.
    pub(crate) fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::SeqCst)
    }
}

fn config(identity: &Identity<'_>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(identity.clients.certificate.as_bytes());
    roots.add(root.unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let chain = CertificateDer::from_pem_slice(identity.certificate.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(identity.certificate.key.as_bytes());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![chain.unwrap()], key.unwrap())
        .unwrap()
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, kept: &Mutex<Vec<String>>) {
    let mut requests = Requests::of(stream);
    while let Ok(Some(request)) = requests.next().await {
        kept.lock().unwrap().push(request);
        let answer = Reply::whole(200, "application/json", BODY);
        let stream = requests.connection();
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}
