//! The scene: a school, Sluis and a publisher, made from nothing in a directory that goes away again.
//!
//! What `sluis init` writes is written here, the roster is imported as `sluis roster import` does, and what `sluis
//! serve` runs runs here. It must not know what the parties say.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::party::{Answer, Caller, Recording, Server};
use super::pupils::{self, Pupil};
use crate::cli::act::{self, Act, Body, Workplace};
use crate::cli::failure::Failure;
use crate::cli::init::secret_line;
use crate::cli::init::staging::Staging;
use crate::cli::rosters::Import1;
use crate::cli::serve::{Live, Parts};
use crate::cli::stores::{self, Stores};
use crate::cli::words;
use crate::clock::SystemClock;
use crate::config::{self, Settings};
use crate::telemetry::Metrics;

/// The BRIN of the demo's school.
pub(super) const SCHOOL: &str = "99ZZ";
/// Its publisher's id.
pub(super) const PUBLISHER: &str = "rekenwonder";

/// Everything that is there before the first word is said.
pub(super) struct Scene {
    pub(super) settings: Settings,
    pub(super) stores: Arc<Stores>,
    place: Staging,
    parts: Option<Parts>,
    sockets: Option<Sockets>,
    credentials: Credentials,
    authority: Authority,
}

struct Sockets {
    sluis: TcpListener,
    school: TcpListener,
    publisher: TcpListener,
}

/// What the two callers show, as the header's value.
struct Credentials {
    school: String,
    publisher: String,
}

/// The scene with everybody in it.
pub(super) struct Running {
    pub(super) live: Arc<Live>,
    pub(super) school: Caller,
    pub(super) publisher: Caller,
    pub(super) school_system: Server,
    pub(super) publisher_system: Server,
    /// Everything that the publisher was sent, as caller and as server.
    pub(super) outside: Recording,
}

impl Scene {
    /// Makes keys, certificates, configuration, vault, journal and roster. Takes a moment.
    pub(super) fn set(pupils: &[Pupil]) -> Result<Self, Failure> {
        let place = Staging::named(&std::env::temp_dir(), "sluis-demo-")?;
        let socket = || TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).map_err(|e| failed(&e));
        let sockets = Sockets { sluis: socket()?, school: socket()?, publisher: socket()? };
        let authority = Authority::new()?;
        let (certificate, key) = authority.issue("Sluis")?;
        place.write("tls/ca.pem", authority.pem().as_bytes(), 0o644)?;
        place.write("tls/sluis.pem", certificate.as_bytes(), 0o644)?;
        place.write("tls/sluis.key", key.as_bytes(), 0o600)?;
        place.write("secrets/unseal.key", secret_line()?.as_bytes(), 0o600)?;
        let credentials = Credentials {
            school: credential(&place, "school")?,
            publisher: credential(&place, "publisher")?,
        };
        place.write("sluis.toml", sockets.toml()?.as_bytes(), 0o644)?;
        place.directory("state")?;
        let file = place.path().join("sluis.toml");
        let config::Reading { settings, problems } = config::read(&file);
        let settings = settings.ok_or_else(|| {
            let said = problems.iter().map(|problem| problem.told(config::Language::English));
            Failure::new(&words::DEMO, [("reason", said.collect::<Vec<_>>().join("; ").into())])
        })?;
        let stores = Arc::new(stores::create(&settings, Arc::new(SystemClock))?);
        import(pupils, &settings, &stores)?;
        let parts = Parts::new(file, settings.clone(), Arc::clone(&stores), Arc::new(Metrics::default()))?;
        let (parts, sockets) = (Some(parts), Some(sockets));
        Ok(Self { settings, stores, place, parts, sockets, credentials, authority })
    }

    /// Begins everybody. Must be called on the runtime.
    pub(super) fn begin(
        &mut self,
        school: Arc<Answer>,
        publisher: Arc<Answer>,
        language: &'static str,
    ) -> Result<Running, Failure> {
        let gone = || Failure::new(&words::INTERNAL, []);
        let (parts, sockets) = self.parts.take().zip(self.sockets.take()).ok_or_else(gone)?;
        for socket in [&sockets.sluis, &sockets.school, &sockets.publisher] {
            socket.set_nonblocking(true).map_err(|error| failed(&error))?;
        }
        let (inside, outside) = (Recording::default(), Recording::default());
        let serve = |name, listener, recording: &Recording, answer| {
            let acceptor = self.authority.acceptor(name)?;
            Server::begin(listener, acceptor, recording.clone(), answer).map_err(|error| failed(&error))
        };
        let school_system = serve("school", sockets.school, &inside, school)?;
        let publisher_system = serve("publisher", sockets.publisher, &outside, publisher)?;
        let address = self.settings.listen.address;
        let connector = self.authority.connector()?;
        let caller = |credential: &str, recording: &Recording| Caller {
            address,
            connector: connector.clone(),
            credential: credential.to_owned(),
            language,
            recording: recording.clone(),
        };
        let school = caller(&self.credentials.school, &inside);
        let publisher = caller(&self.credentials.publisher, &outside);
        let live = Live::begin(parts, sockets.sluis)?;
        live.started(None);
        Ok(Running { live, school, publisher, school_system, publisher_system, outside })
    }

    /// Where everything lies.
    pub(super) fn path(&self) -> &Path {
        self.place.path()
    }

    /// A file with the header that this caller shows, for `curl -H @FILE`.
    pub(super) fn header_file(&self, caller: &str) -> PathBuf {
        self.path().join(format!("secrets/{caller}.header"))
    }
}

impl Sockets {
    /// The configuration. The addresses lie on loopback, which a publisher's may not without `allow_private`.
    fn toml(&self) -> Result<String, Failure> {
        let port = |socket: &TcpListener| socket.local_addr().map_err(|error| failed(&error));
        let (sluis, school, publisher) = (port(&self.sluis)?, port(&self.school)?, port(&self.publisher)?);
        let mut toml = format!(
            "school = {{ id = \"{SCHOOL}\", name = \"Petteflat College\" }}\n\
             listen = {{ address = \"{sluis}\", certificate = \"tls/sluis.pem\", private_key = \"tls/sluis.key\" }}\n\
             vault = {{ path = \"state/vault\", unlock = {{ key_file = \"secrets/unseal.key\" }} }}\n\
             journal = {{ path = \"state/journal\" }}\n\
             roster = {{ path = \"state/roster\", primary = \"eck-id\" }}\n\
             \n\
             [[publisher]]\n\
             id    = \"{PUBLISHER}\"\n\
             name  = \"Rekenwonder BV\"\n\
             epoch = \"2026-2027\"\n\
             shape = \"uuid\"\n\
             link  = \"roster\"\n"
        );
        let mut route = |mount: &str, upstream: SocketAddr, asks: &str, profile: &str, caller: &str| {
            toml.push_str(&format!(
                "\n\
                 \x20 [[publisher.route]]\n\
                 \x20 mount    = \"{mount}\"\n\
                 \x20 upstream = \"https://{upstream}\"\n\
                 \x20 asks     = \"{asks}\"\n\
                 \x20 profile  = \"{profile}\"\n\
                 \x20 ca       = \"tls/ca.pem\"\n\
                 \x20 allow_private = true\n\
                 \x20 caller   = {{ bearer_token_file = \"secrets/{caller}.token\" }}\n"
            ));
        };
        route("/leerlingen/", school, "publisher", "edu-v-students-1.1", "publisher");
        route("/resultaten/", school, "publisher", "edu-v-results-2.1", "publisher");
        route("/sem/", school, "publisher", "sem-1.3", "publisher");
        route("/oneroster/", school, "publisher", "oneroster-1.2", "publisher");
        route("/rekenwonder/", publisher, "school", "oneroster-1.2", "school");
        Ok(toml)
    }
}

/// Imports the pupils by the act of `roster import`.
fn import(pupils: &[Pupil], settings: &Settings, stores: &Stores) -> Result<(), Failure> {
    let csv = pupils::csv(pupils);
    let length = u64::try_from(csv.len()).unwrap_or(u64::MAX);
    let bytes = Box::new(io::Cursor::new(csv.into_bytes()));
    let body = Body { bytes, length, files: Vec::new(), folder: false };
    let at = Workplace { settings, stores, actor: stores::actor(), tell: &|_, _| {} };
    act::perform(Act::RosterImport(Import1::default()), Some(body), &at).map(drop)
}

/// A token of 64 hexadecimal digits: in a file for Sluis, and as a header for `curl`.
fn credential(place: &Staging, caller: &str) -> Result<String, Failure> {
    let token = secret_line()?;
    place.write(&format!("secrets/{caller}.token"), token.as_bytes(), 0o600)?;
    let credential = format!("Bearer {}", token.trim());
    let header = format!("Authorization: {credential}\n");
    place.write(&format!("secrets/{caller}.header"), header.as_bytes(), 0o600)?;
    Ok(credential)
}

/// The demo's own certificate authority; its key never leaves memory.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Result<Self, Failure> {
        let mut params = CertificateParams::new(Vec::new()).map_err(|error| failed(&error))?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "CA of the Sluis demo");
        let key = KeyPair::generate().map_err(|error| failed(&error))?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(|error| failed(&error))?;
        Ok(Self { issuer })
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Certificate and key in PEM, for 127.0.0.1.
    fn issue(&self, name: &str) -> Result<(String, zeroize::Zeroizing<String>), Failure> {
        let key = KeyPair::generate().map_err(|error| failed(&error))?;
        let mut params =
            CertificateParams::new(vec!["localhost".to_owned()]).map_err(|error| failed(&error))?;
        params.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).map_err(|error| failed(&error))?;
        Ok((certificate.pem(), zeroize::Zeroizing::new(key.serialize_pem())))
    }

    fn acceptor(&self, name: &str) -> Result<TlsAcceptor, Failure> {
        let (certificate, key) = self.issue(name)?;
        let chain = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|error| failed(&error))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| failed(&error))?;
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![chain], key));
        let mut config = config.map_err(|error| failed(&error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn connector(&self) -> Result<TlsConnector, Failure> {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(self.pem().as_bytes()).map_err(|error| failed(&error))?;
        roots.add(own).map_err(|error| failed(&error))?;
        let builder = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The demo itself cannot go on.
pub(super) fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(&words::DEMO, [("reason", error.to_string().into())])
}
