//! A configuration that was read and found good: plain values, valid by construction.
//!
//! `cli/serve` builds the gateway and the edges from it. It must not know TOML, and holds the digests of
//! callers' tokens only, never the tokens.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::{Date, Timestamp};
use crate::derive::Shape;
use crate::gateway::terms::{Basis, Location, NotAgreed, Supply, unfounded};
use crate::identity::{Epoch, Kind, Publisher, School, Scope};
use crate::profile::{Category, Profile};
use crate::secret::Secret;

use super::address::{BaseUrl, Network};
use super::problem::Place;

pub use super::witness::WitnessSettings;

/// Everything in `sluis.toml`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file it came from.
    pub file: PathBuf,
    /// SHA-256 over the file and every profile it uses, built in or not.
    pub digest: [u8; 32],
    /// The schools; at least one, the first being the only one in most configurations.
    pub schools: Vec<SchoolSettings>,
    /// Where traffic arrives.
    pub listen: ListenSettings,
    /// Where `/livez`, `/readyz` and `/metrics` are served.
    pub operations: SocketAddr,
    /// The hour, on a Dutch clock, at which the night's work begins: 0 to 23.
    pub nightly_hour: u8,
    /// The vault.
    pub vault: VaultSettings,
    /// Directory of the journal.
    pub journal: PathBuf,
    /// The journal's origin line, when it is another than `sluis/` and the first school's id.
    pub journal_origin: Option<String>,
    /// Who witnesses the journal: who keeps its checkpoints elsewhere.
    pub witnesses: Vec<WitnessSettings>,
    /// The roster; `None` runs every route closed.
    pub roster: Option<PathBuf>,
    /// The kind of identifier that a pupil's others are joined to, under `link = "roster"`.
    pub roster_primary: Kind,
    /// Bounds on everything.
    pub limits: LimitSettings,
    /// Who stands outside, and by which routes.
    pub publishers: Vec<PublisherSettings>,
}

/// A school.
#[derive(Debug, Clone)]
pub struct SchoolSettings {
    /// Its BRIN.
    pub id: School,
    /// What people call it.
    pub name: String,
    /// The host by which callers reach it, when there are several schools; lower case.
    pub host: Option<String>,
}

/// The listener for traffic.
#[derive(Debug, Clone)]
pub struct ListenSettings {
    /// Where the certificate is written.
    pub place: Place,
    /// Address and port.
    pub address: SocketAddr,
    /// PEM chain.
    pub certificate: PathBuf,
    /// PEM key.
    pub private_key: PathBuf,
    /// The address under which the outside reaches Sluis, when it is another than the host a caller names.
    pub url: Option<BaseUrl>,
}

/// The vault's place and what opens it.
#[derive(Debug, Clone)]
pub struct VaultSettings {
    /// Its directory.
    pub path: PathBuf,
    /// What opens it.
    pub unlock: UnlockSettings,
}

/// What opens the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnlockSettings {
    /// A file with a key of 32 random bytes.
    KeyFile(PathBuf),
    /// A file with a passphrase.
    PassphraseFile(PathBuf),
}

/// Bounds. Sizes in bytes, times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// The largest body of a request or a reply that is held whole.
    pub body_bytes: usize,
    /// The largest body that may cross in segments, where rules allow it; none does that is not larger than `body_bytes`.
    pub streamed_bytes: u64,
    /// Connections open at once.
    pub connections: usize,
    /// Exchanges under way at once.
    pub exchanges: usize,
    /// How long a caller may take to send its request, head and body.
    pub request_ms: u64,
    /// How long a connection may be silent between two requests.
    pub idle_ms: u64,
    /// How long draining may take after SIGTERM.
    pub drain_ms: u64,
    /// Questions of one publisher that may fail in an hour.
    pub failures_per_hour: u32,
    /// Replies to one publisher that the guard may withhold in a day before its routes stop.
    pub withheld_per_day: u32,
}

/// A publisher.
#[derive(Debug, Clone)]
pub struct PublisherSettings {
    /// Where it is written.
    pub place: Place,
    /// Its id; enters the derivation.
    pub id: Publisher,
    /// What people call it.
    pub name: String,
    /// The BRIN of its school.
    pub school: School,
    /// Its current epoch.
    pub epoch: Epoch,
    /// The default shape.
    pub shape: Shape,
    /// The default shape, as written.
    pub shape_written: String,
    /// Shapes of single kinds, in the order of their names.
    pub shapes: Vec<(Kind, Shape)>,
    /// Whether the roster joins a pupil's identifiers.
    pub link_roster: bool,
    /// Whether the ECK iD leaves as it is.
    pub keep_eck_id: bool,
    /// The publisher whose scope it shares.
    pub same_ids_as: Option<Publisher>,
    /// `location`, `basis`, `kind` and `agreement`.
    pub recorded: Recorded,
    /// Its routes.
    pub routes: Vec<RouteSettings>,
}

impl PublisherSettings {
    /// The publisher whose id enters the derivation: itself, or the one it shares ids with.
    pub fn scope_publisher(&self) -> &Publisher {
        self.same_ids_as.as_ref().unwrap_or(&self.id)
    }

    /// Whether the ECK iD leaves as it is: where the agreement names no `pupil-id` it gets a pseudonym, like any other.
    pub fn keeps_eck_id(&self) -> bool {
        let agreement = self.recorded.agreement.as_ref();
        self.keep_eck_id
            && agreement.is_none_or(|agreement| agreement.categories.contains(&Category::PupilId))
    }

    /// The scope in which what leaves is derived.
    pub fn scope(&self) -> Scope {
        let (school, publisher) = (self.school.clone(), self.scope_publisher().clone());
        Scope { school, publisher, epoch: self.epoch.clone() }
    }
}

/// On what terms a publisher receives anything: what the school recorded, for the register and for the doors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Where it processes, each place once, ascending; empty when nothing is recorded.
    pub location: Vec<Location>,
    /// What allows a place outside the EEA.
    pub basis: Option<Basis>,
    /// Whether the school bought it, or it is a free app.
    pub kind: Option<Supply>,
    /// The processor agreement; without one nothing is held back on its account, and `check` warns.
    pub agreement: Option<AgreementSettings>,
}

/// A processor agreement (GDPR art. 28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementSettings {
    /// Which document.
    pub document: Option<String>,
    /// Between whom.
    pub parties: Vec<String>,
    /// Signed when.
    pub date: Option<Date>,
    /// Its last day; without one it holds until further notice.
    pub ends: Option<Date>,
    /// The categories it names, each once, in the order of registers; at least one.
    pub categories: Vec<Category>,
    /// What becomes of a field of another category.
    pub not_agreed: NotAgreed,
}

impl AgreementSettings {
    /// Whether the agreement is over at this moment: from the midnight after its last day, in the Netherlands.
    pub fn ended(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| now >= ends.end())
    }
}

impl Recorded {
    /// Whether nothing may cross at this moment: an agreement that ended, or a place outside the EEA without a basis.
    pub fn forbids(&self, now: Timestamp) -> bool {
        unfounded(&self.location, self.basis)
            || self.agreement.as_ref().is_some_and(|agreement| agreement.ended(now))
    }
}

/// Who starts the exchanges of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsksSettings {
    /// The school asks the publisher.
    School,
    /// The publisher asks the school.
    Publisher,
}

/// A route.
#[derive(Debug, Clone)]
pub struct RouteSettings {
    /// Where it is written.
    pub place: Place,
    /// `/a/b`, without the last `/`; the root is empty.
    pub mount: String,
    /// Where its requests go.
    pub upstream: UpstreamSettings,
    /// Who asks.
    pub asks: AsksSettings,
    /// The rules.
    pub profile: Arc<Profile>,
    /// The profile's file name or built-in name, as written.
    pub profile_written: String,
    /// Who may call.
    pub caller: CallerSettings,
    /// Whether a needle filter is kept of what leaves: `needle`, true unless it says false.
    pub needle: bool,
    /// What the profile's `swap` rules exchange. Not printable: some are secrets.
    pub swap: BTreeMap<String, Arc<SwapSettings>>,
    /// `suspect = "report"`: what the guard only suspects is counted and let go.
    pub suspects_reported: bool,
}

/// The two values of a swap.
#[derive(Debug)]
pub struct SwapSettings {
    /// What the school's side knows.
    pub inside: Secret<String>,
    /// What the publisher's side knows.
    pub outside: Secret<String>,
}

/// Who may call a route. A caller must satisfy one credential, and the networks besides.
#[derive(Debug, Clone, Default)]
pub struct CallerSettings {
    /// SHA-256 of each bearer token.
    pub tokens: Vec<[u8; 32]>,
    /// Client certificates.
    pub certificates: Vec<CertificateSettings>,
    /// OAuth2 clients to whom Sluis issues tokens.
    pub clients: Vec<ClientSettings>,
    /// Networks; empty narrows nothing.
    pub networks: Vec<Network>,
    /// Whether loopback callers need no credential.
    pub this_machine: bool,
}

/// A client certificate that may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSettings {
    /// PEM file with the CA or CAs that vouch for it.
    pub ca: PathBuf,
    /// SHA-256 of the CA file's bytes.
    pub ca_digest: [u8; 32],
    /// PEM file with the CA's list of revoked certificates.
    pub crl: Option<PathBuf>,
    /// Whose certificate.
    pub subject: SubjectSettings,
}

/// The part of a certificate that names a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectSettings {
    /// The OIN, 20 digits, in the subject's `serialNumber` (PKIoverheid).
    Oin(String),
    /// A DNS name or URI among the subject alternative names.
    San(String),
    /// SHA-256 of the leaf certificate's DER.
    Sha256([u8; 32]),
    /// Any certificate of the CA, which signs for nobody else.
    CaIsOurs,
}

/// An OAuth2 client of Sluis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSettings {
    /// Its id.
    pub id: String,
    /// How it proves that it is itself.
    pub proof: ClientProof,
}

/// How an OAuth2 client authenticates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientProof {
    /// `private_key_jwt` with a key from this JWKS (RFC 7517, 7523).
    Jwks(String),
    /// A secret: its SHA-256 (RFC 6749, 2.3.1).
    Secret([u8; 32]),
}

/// Where a route's requests go, and how Sluis presents itself there.
#[derive(Debug, Clone)]
pub struct UpstreamSettings {
    /// The base that replaces the mount.
    pub base: BaseUrl,
    /// PEM file with the CAs that vouch for it, instead of the machine's.
    pub ca: Option<PathBuf>,
    /// Certificate and key that Sluis shows.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// The credential in the `Authorization` header.
    pub credential: Option<CredentialSettings>,
    /// How long a reply may take, in milliseconds.
    pub timeout_ms: u64,
    /// Whether its name may lead to a private address.
    pub allow_private: bool,
}

/// What Sluis puts into `Authorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSettings {
    /// The token in a file, which is read again when it changes, and its SHA-256 now.
    Bearer(PathBuf, [u8; 32]),
    /// A token obtained by client credentials (RFC 6749, 4.4).
    OAuth2(OAuth2Settings),
}

/// How Sluis obtains a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2Settings {
    /// The token endpoint, as written.
    pub token_url: String,
    /// Sluis's client id there.
    pub client_id: String,
    /// File with the client's secret, or with its private key for `private_key_jwt`.
    pub proof: OAuth2Proof,
    /// The scope asked for.
    pub scope: Option<String>,
}

/// How Sluis authenticates at a token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OAuth2Proof {
    /// A secret in a file.
    SecretFile(PathBuf),
    /// A private key in a file, PEM (RFC 7523); the key id goes into the assertion's head.
    PrivateKeyFile(PathBuf, Option<String>),
}

impl Settings {
    /// The unix socket on which a running server takes commands: beside the vault.
    pub fn socket(&self) -> PathBuf {
        self.vault.path.parent().unwrap_or_else(|| Path::new(".")).join("sluis.sock")
    }

    /// The publisher with this id, of whichever school when only one has it.
    pub fn publisher(&self, id: &str) -> Option<&PublisherSettings> {
        self.publishers.iter().find(|publisher| publisher.id.as_str() == id)
    }

    /// Where a school's objections and consents are kept: beside the vault, apart from the roster. With several schools
    /// each has a file of its own, ending in its BRIN.
    pub fn consents_of(&self, school: &School) -> PathBuf {
        let folder = self.vault.path.parent().unwrap_or_else(|| Path::new("."));
        match self.schools.len() {
            1 => folder.join("consents"),
            _ => folder.join(format!("consents-{school}")),
        }
    }

    /// Where a school's roster is kept: with several schools each has a file of its own, ending in its BRIN.
    pub fn roster_of(&self, school: &School) -> Option<PathBuf> {
        let path = self.roster.as_ref()?;
        if self.schools.len() == 1 {
            return Some(path.clone());
        }
        let mut name = path.file_name()?.to_owned();
        name.push(format!("-{school}"));
        Some(path.with_file_name(name))
    }
}
