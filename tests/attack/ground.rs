//! A running Sluis and both its other sides, and the questions that every batch ends with: does it serve on, and did
//! a name leave?

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::line::{Heard, Line, Reply, replies};
use super::outside::{Outside, Seen};
use super::process::{Place, Running};

/// The school's own pupils; nothing of them may be recorded.
pub(crate) const ROSTER: &str = "leerlingnummer;las-key;voornaam;achternaam;e-mail\n\
    20001;LL-20001;Canarina;Kanarieveld;c.kanarieveld@leerling.example\n\
    20002;LL-20002;Zangvogel;Pietersmaat;z.pietersmaat@leerling.example\n";

/// What stands in a record of the first of them.
pub(crate) const NAMES: [&str; 4] = ["Canarina", "Kanarieveld", "LL-20001", "c.kanarieveld"];

/// How a suite's house differs.
pub(crate) struct Wishes {
    pub(crate) limits: &'static str,
    pub(crate) roster: String,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { limits: "", roster: ROSTER.to_owned() }
    }
}

pub(crate) struct Ground {
    pub(crate) place: Place,
    running: Mutex<Running>,
    pub(crate) publisher: Outside,
    pub(crate) school: Outside,
    pub(crate) address: String,
    /// How a caller shakes hands: HTTP/1.1, HTTP/2.
    pub(crate) http1: Arc<ClientConfig>,
    pub(crate) http2: Arc<ClientConfig>,
    /// What the publisher shows as a caller.
    pub(crate) token: String,
}

impl Ground {
    pub(crate) fn usual() -> Self {
        Self::with(&Wishes::default())
    }

    pub(crate) fn with(wishes: &Wishes) -> Self {
        let place = Place::school();
        let key =
            rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        place.put("far.pem", &key.cert.pem());
        let certificate = CertificateDer::from_pem_slice(key.cert.pem().as_bytes()).unwrap();
        let private = PrivateKeyDer::from_pem_slice(key.signing_key.serialize_pem().as_bytes()).unwrap();
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], private)
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        let (publisher, school) = (Outside::start(Arc::clone(&config)), Outside::start(config));
        place.put("attack.toml", include_str!("attack.toml"));
        place.put("sluis.toml", &written(&publisher, &school, wishes.limits));
        place.put("roster.csv", &wishes.roster);
        place.good(&["roster", "import", "roster.csv"]);
        let running = place.serve();
        let (http1, http2) = (caller(&place, b"http/1.1"), caller(&place, b"h2"));
        let token = place.read("secrets/rekenwonder.token").trim().to_owned();
        let address = running.text("address");
        let running = Mutex::new(running);
        Self { place, running, publisher, school, address, http1, http2, token }
    }

    pub(crate) fn line(&self) -> Line {
        Line::open(&self.address, &self.http1).unwrap()
    }

    /// Says this over a connection of its own, and that nothing follows; all that comes back.
    pub(crate) fn ask(&self, bytes: &[u8]) -> Heard {
        let mut line = self.line();
        line.say(bytes);
        line.finish();
        line.hear(Duration::from_secs(15))
    }

    /// As [`Self::ask`], where whole replies must come back and the connection must end.
    pub(crate) fn told(&self, bytes: &[u8]) -> Result<Vec<Reply>, String> {
        let heard = self.ask(bytes);
        if !heard.ended {
            return Err(format!("the connection did not end: {}", String::from_utf8_lossy(&heard.bytes)));
        }
        // The refusal of a HEAD that could not be framed has a body, and the connection ends behind it.
        replies(&heard.bytes, false).or_else(|wrong| {
            if bytes.starts_with(b"HEAD ") { replies(&heard.bytes, true) } else { Err(wrong) }
        })
    }

    /// What both other sides got; an error when any of it was not well framed.
    pub(crate) fn arrived(&self) -> Result<Vec<Seen>, String> {
        let (mut seen, mut wrong) = self.publisher.take();
        let (more, worse) = self.school.take();
        seen.extend(more);
        wrong.extend(worse);
        if wrong.is_empty() { Ok(seen) } else { Err(format!("upstream got {wrong:?}")) }
    }

    /// One good request on a fresh connection, in either version of HTTP; how long it took.
    #[track_caller]
    pub(crate) fn serves_on(&self) -> Duration {
        let begun = std::time::Instant::now();
        let said = self.told(&post("/own/any", "{\"score\":1}")).unwrap();
        assert_eq!(said.iter().map(|reply| reply.status).collect::<Vec<_>>(), [204], "{said:?}");
        let arrived = self.arrived().unwrap();
        assert_eq!(arrived.iter().map(|seen| seen.body.as_slice()).collect::<Vec<_>>(), [b"{\"score\":1}"]);
        begun.elapsed()
    }

    /// It serves on, it still has all its files in order, and nothing of anybody was recorded.
    #[track_caller]
    pub(crate) fn settle(self, names: &[&str]) {
        self.serves_on();
        let raw = self.publisher.raw();
        for name in names.iter().chain(&NAMES) {
            assert!(memchr::memmem::find(&raw, name.as_bytes()).is_none(), "the publisher has {name:?}");
        }
        let running = self.running.into_inner().unwrap();
        let (status, state) = running.ready();
        assert_eq!(status, 200, "{state}");
        running.stop();
        let verified = self.place.run(&["journal", "verify"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        let verified = self.place.run(&["vault", "verify"]);
        assert!(
            matches!(verified.status.code(), Some(0 | 3)),
            "{}",
            String::from_utf8_lossy(&verified.stderr)
        );
    }
}

/// A good request.
pub(crate) fn post(target: &str, json: &str) -> Vec<u8> {
    let length = json.len();
    format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}")
        .into_bytes()
}

pub(crate) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn caller(place: &Place, protocol: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(place.path("tls/cert.pem")).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

fn written(publisher: &Outside, school: &Outside, limits: &str) -> String {
    let route = |mount: &str, far: &Outside, asks: &str, caller: &str| {
        format!(
            "  [[publisher.route]]\n  mount = '{mount}'\n  upstream = 'https://{}/far/'\n  asks = '{asks}'\n  \
             profile = 'attack.toml'\n  ca = 'far.pem'\n  caller = {caller}\n  allow_private = true\n",
            far.address
        )
    };
    format!(
        "roster = 'state/roster'\n[school]\nid = '12AB'\nname = 'Petteflat College'\n\
         [listen]\naddress = '127.0.0.1:0'\ncertificate = 'tls/cert.pem'\nprivate_key = 'tls/key.pem'\n\
         [operations]\naddress = '127.0.0.1:0'\n[vault]\npath = 'state/vault'\nunlock = {{ key_file = 'secrets/unseal.key' }}\n\
         [journal]\npath = 'state/journal'\n\
         [limits]\nfailures_per_hour = 1000000\nwithheld_per_day = 1000000\n{limits}\n\
         [[publisher]]\nid = 'rekenwonder'\nname = 'Rekenwonder BV'\nepoch = '2026-2027'\nshape = 'uuid'\n{}{}",
        route("/own/", publisher, "school", "{ this_machine = true }"),
        route("/from/own/", school, "publisher", "{ bearer_token_file = 'secrets/rekenwonder.token' }"),
    )
}
