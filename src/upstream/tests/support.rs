//! A far side: one that speaks HTTP and records what it sees, and one that plays a script of bytes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::clock::{Clock, FixedClock, Timestamp};
use crate::gateway::{Carrier, CarryError};
use crate::upstream::{Upstream, UpstreamSettings, UpstreamTls};

/// A CA and a folder for its files.
pub(super) struct World {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub(super) folder: TempDir,
}

/// What a far side saw.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) connections: AtomicUsize,
    pub(super) requests: AtomicUsize,
    pub(super) closed: AtomicUsize,
    pub(super) texts: Mutex<Vec<String>>,
}

impl Seen {
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

pub(super) fn put(path: &Path, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test's file")]
    std::fs::write(path, text).unwrap();
}

pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock::at(Timestamp::from_millis(1_790_000_000_000)))
}

impl World {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "far side's CA");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        put(&folder.path().join("ca.pem"), &issuer.pem());
        Self { issuer, folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn acceptor(&self, alpn: &[&str], wants_certificate: bool) -> TlsAcceptor {
        let (certificate, key) = self.issue();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if wants_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(self.issuer.pem().as_bytes()).unwrap()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    /// A far side that speaks HTTP/1.1 or HTTP/2 and answers with `answer`.
    pub(super) async fn far<F>(
        &self,
        alpn: &[&str],
        wants_certificate: bool,
        answer: F,
    ) -> (SocketAddr, Arc<Seen>)
    where
        F: Fn(Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    {
        let (acceptor, answer) = (self.acceptor(alpn, wants_certificate), Arc::new(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let told = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                told.connections.fetch_add(1, Ordering::SeqCst);
                let Ok(stream) = acceptor.accept(socket).await else { continue };
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let (answer, told) = (Arc::clone(&answer), Arc::clone(&told));
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let (answer, told) = (Arc::clone(&answer), Arc::clone(&told));
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await?.to_bytes();
                        told.requests.fetch_add(1, Ordering::SeqCst);
                        let text = format!(
                            "{} {} {:?} {:?} {}",
                            head.method,
                            head.uri,
                            head.version,
                            head.headers,
                            String::from_utf8_lossy(&body)
                        );
                        told.texts.lock().unwrap().push(text);
                        Ok::<_, hyper::Error>(answer(Request::from_parts(head, body)).map(Full::new))
                    }
                });
                let io = TokioIo::new(stream);
                tokio::spawn(async move {
                    if http2 {
                        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                        let _ = builder.serve_connection(io, service).await;
                    } else {
                        let _ =
                            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                    }
                });
            }
        });
        (address, seen)
    }

    /// A far side that reads one request's head, writes `bytes`, and closes after `after`.
    pub(super) async fn script(&self, bytes: &'static [u8], after: Duration) -> (SocketAddr, Arc<Seen>) {
        let acceptor = self.acceptor(&["http/1.1"], false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let told = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                told.connections.fetch_add(1, Ordering::SeqCst);
                let Ok(mut stream) = acceptor.accept(socket).await else { continue };
                let told = Arc::clone(&told);
                tokio::spawn(async move {
                    if read_head(&mut stream).await {
                        told.requests.fetch_add(1, Ordering::SeqCst);
                        let _ = stream.write_all(bytes).await;
                        let _ = stream.flush().await;
                        tokio::time::sleep(after).await;
                    }
                    drop(stream);
                    told.closed.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        (address, seen)
    }

    /// Settings for a far side at `address`, in a hurry.
    pub(super) fn settings(&self, address: SocketAddr) -> UpstreamSettings {
        UpstreamSettings {
            tls: UpstreamTls { ca: Some(self.path("ca.pem")), client_certificate: None },
            connect_timeout: Duration::from_millis(800),
            head_timeout: Duration::from_millis(1000),
            total_timeout: Duration::from_millis(1500),
            reply_bytes: 64 * 1024,
            ..UpstreamSettings::new(format!("https://{address}/v2/").parse().unwrap())
        }
    }
}

async fn read_head(stream: &mut TlsStream<TcpStream>) -> bool {
    let mut received = Vec::new();
    let mut part = [0; 4096];
    while !received.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(count) if count > 0 => received.extend_from_slice(&part[..count]),
            _ => return false,
        }
    }
    true
}

/// Sends one request to the upstream of `settings`.
pub(super) async fn send(
    settings: &UpstreamSettings,
    method: &str,
    body: &'static str,
) -> Result<Response<Bytes>, CarryError> {
    Upstream::open(settings, clock()).unwrap().send(request(settings, method, body)).await
}

pub(super) fn request(settings: &UpstreamSettings, method: &str, body: &'static str) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(format!("{}a?b", settings.base))
        .body(Bytes::from_static(body.as_bytes()))
        .unwrap()
}
