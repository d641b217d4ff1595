//! A gate that echoes, certificates made on the spot, and clients that speak bytes or HTTP.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::gateway::refusal::At;
use crate::gateway::{Gate, Presented, Refusal, Refused};
use crate::server::{Deadlines, Drain, ServerTls, TlsSettings, serve};
pub(super) use crate::server::{Limits, Settings};

/// What reached the far side of the gate.
#[derive(Debug, Default)]
pub(super) struct Echo {
    pub(super) admitted: AtomicUsize,
    pub(super) exchanges: AtomicUsize,
    pub(super) bodies: Mutex<Vec<Bytes>>,
}

pub(super) struct Pass {
    text: String,
    target: String,
}

impl Gate for Echo {
    type Admitted = Pass;

    fn admit(&self, head: &Parts, presented: &Presented) -> Result<Pass, Refused> {
        self.admitted.fetch_add(1, Ordering::SeqCst);
        let target = head.uri.to_string();
        if target.starts_with("/nowhere") {
            return Err(self.refuse(None, Refusal::NoRoute));
        }
        if target.starts_with("/secret") {
            return Err(self.refuse(None, Refusal::Unauthenticated));
        }
        let host = head.headers.get("host").unwrap().to_str().unwrap();
        let who = presented.certificate.as_ref().map(|c| (c.oin.clone(), c.san.clone(), c.verified_by.len()));
        let names: Vec<_> = head.headers.keys().map(|name| name.as_str().to_owned()).collect();
        Ok(Pass { text: format!("{} {target} {host} {who:?} {names:?} ", head.method), target })
    }

    async fn exchange(&self, admitted: Pass, body: Bytes) -> Result<Response<Bytes>, Refused> {
        self.exchanges.fetch_add(1, Ordering::SeqCst);
        self.bodies.lock().unwrap().push(body.clone());
        match admitted.target.as_str() {
            "/panic" => panic!("a test's panic"),
            "/wait" => tokio::time::sleep(Duration::from_millis(300)).await,
            "/forever" => std::future::pending().await,
            "/large" => return Ok(Response::new(Bytes::from(vec![b'x'; 6 * 1024 * 1024]))),
            "/huge" => return Ok(Response::new(Bytes::from(vec![b'x'; 48 * 1024 * 1024]))),
            "/reply" => return Err(Refused { at: At::Reply, ..self.refuse(None, Refusal::VaultSealed) }),
            "/slow" => return Err(Refused { at: At::Reply, ..self.refuse(None, Refusal::UpstreamSlow) }),
            _ => {}
        }
        let mut text = admitted.text.into_bytes();
        text.extend_from_slice(&body);
        Ok(Response::new(Bytes::from(text)))
    }

    fn refuse(&self, _: Option<Pass>, refusal: Refusal) -> Refused {
        Refused { refusal, at: At::Request, exchange: "0123456789abcdef0123456789abcdef".into() }
    }
}

/// A CA of the test's own.
pub(crate) struct TestAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl TestAuthority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A list of revoked certificates, each by its serial number, that counts for so many days from now.
    pub(crate) fn revoke(&self, serials: &[u64], days: i64) -> String {
        let day = 86_400_000;
        let now = i64::try_from(crate::clock::Clock::now(&crate::clock::SystemClock).as_millis()).unwrap();
        let at = |days: i64| {
            let since = u64::try_from(now + days * day).unwrap();
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_millis(since)
        };
        let revoked = |serial: &u64| rcgen::RevokedCertParams {
            serial_number: (*serial).into(),
            revocation_time: at(-3),
            reason_code: None,
            invalidity_date: None,
        };
        let params = rcgen::CertificateRevocationListParams {
            this_update: at(-2),
            next_update: at(days),
            crl_number: 1_u64.into(),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// Certificate and key, PEM.
    pub(crate) fn issue(&self, name: &str, oins: &[&str]) -> (String, String) {
        self.issue_with(name, oins, None)
    }

    /// The same, with this serial number.
    pub(crate) fn issue_with(&self, name: &str, oins: &[&str], serial: Option<u64>) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.serial_number = serial.map(Into::into);
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        for oin in oins {
            params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), *oin);
        }
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// A running server.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) gate: Arc<Echo>,
    pub(super) authority: TestAuthority,
    pub(super) drain: Drain,
    pub(super) served: JoinHandle<usize>,
    pub(super) tls: Arc<ServerTls>,
    pub(super) folder: TempDir,
}

/// Deadlines short enough to wait for.
pub(super) fn hurried() -> Settings {
    let ms = Duration::from_millis;
    let deadlines = Deadlines {
        handshake: ms(400),
        first_request: ms(700),
        head: ms(400),
        body_idle: ms(300),
        body: ms(900),
        total: ms(1500),
        idle: ms(600),
        write_stall: ms(500),
        reply: ms(1500),
        drain: ms(1500),
    };
    Settings { limits: Limits { body_bytes: 64 * 1024, ..Limits::default() }, deadlines }.checked().unwrap()
}

pub(crate) fn put(path: &Path, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test's file")]
    std::fs::write(path, text).unwrap();
}

pub(super) async fn start(settings: Settings) -> Running {
    start_with(settings, &[]).await
}

/// Starts a server that asks for certificates of these CAs.
pub(super) async fn start_with(settings: Settings, clients: &[&TestAuthority]) -> Running {
    let folder = TempDir::new().unwrap();
    let authority = TestAuthority::new("Sluis test CA");
    let (certificate, key) = authority.issue("sluis.example", &[]);
    put(&folder.path().join("cert.pem"), &certificate);
    put(&folder.path().join("key.pem"), &key);
    let client_authorities: Vec<crate::server::AuthorityFiles> = clients
        .iter()
        .enumerate()
        .map(|(n, ca)| {
            let path = folder.path().join(format!("ca{n}.pem"));
            put(&path, &ca.pem());
            path.into()
        })
        .collect();
    let files = TlsSettings {
        certificate: folder.path().join("cert.pem"),
        private_key: folder.path().join("key.pem"),
        client_authorities,
    };
    let tls = Arc::new(ServerTls::load(&files).unwrap());
    let gate = Arc::new(Echo::default());
    let drain = Drain::default();
    let listener = crate::server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(serve(listener, Arc::clone(&tls), Arc::clone(&gate), settings, drain.watch()));
    Running { address, gate, authority, drain, served, tls, folder }
}

/// How a client of the tests does TLS.
#[derive(Default)]
pub(super) struct Tls<'a> {
    pub(super) http2: bool,
    pub(super) only_1_2: bool,
    pub(super) certificate: Option<(&'a str, &'a str)>,
}

impl Running {
    pub(super) fn exchanges(&self) -> usize {
        self.gate.exchanges.load(Ordering::SeqCst)
    }

    pub(super) fn admitted(&self) -> usize {
        self.gate.admitted.load(Ordering::SeqCst)
    }

    pub(super) async fn connect(&self) -> TlsStream<TcpStream> {
        self.connect_with(Tls::default()).await.unwrap()
    }

    pub(super) async fn connect_with(&self, how: Tls<'_>) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap()).unwrap();
        let versions: &[_] = if how.only_1_2 {
            &[&rustls::version::TLS12]
        } else {
            &[&rustls::version::TLS13, &rustls::version::TLS12]
        };
        let builder = rustls::ClientConfig::builder_with_provider(crate::server::tls::provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match how.certificate {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
                )
                .unwrap(),
        };
        config.alpn_protocols = vec![if how.http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let socket = TcpStream::connect(self.address).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from("sluis.example").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }

    /// Sends bytes and returns all that comes back until the server closes.
    pub(super) async fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        stream.flush().await.unwrap();
        read_all(&mut stream).await
    }
}

/// Reads until the server closes, at most 5 seconds.
pub(super) async fn read_all(stream: &mut TlsStream<TcpStream>) -> String {
    let mut received = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut received)).await;
    assert!(read.is_ok(), "the server did not close: {}", String::from_utf8_lossy(&received));
    String::from_utf8_lossy(&received).into_owned()
}
