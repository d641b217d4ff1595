//! A running Sluis, with everything around it real: sockets, TLS, vault, journal, upstreams.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sluis::clock::{Clock, SystemClock};
use sluis::crypto::SigningKey;
use sluis::derive::Shape;
use sluis::disk::Disk;
use sluis::disk::faulty::FaultyDisk;
use sluis::gateway::caller::{CallerRule, Credential, Network};
use sluis::gateway::guard::Suspects;
use sluis::gateway::house::{House, Register};
use sluis::gateway::issuer::{Issuer, IssuerSettings};
use sluis::gateway::needle::Needle;
use sluis::gateway::route::{Asks, Base, Link, Mount, Route, Routes, Shapes, Swap};
use sluis::gateway::terms::Terms;
use sluis::gateway::{Gateway, Patience};
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::journal::{Journal, Leaf, Leaves};
use sluis::profile::{Category, Profile, builtin};
use sluis::rewrite::Limits;
use sluis::rewrite::coding::Expansion;
use sluis::roster::consent::Consents;
use sluis::secret::Secret;
use sluis::server::{Deadlines, Drain, ServerTls, Settings, TlsSettings};
use sluis::upstream::{CredentialSettings, Upstream, UpstreamSettings, UpstreamTls};
use sluis::vault::{MaskAsk, Unlock, Vault};
use tempfile::TempDir;

use super::caller::{Caller, Reply};
use super::far::Far;
use super::pupils::{Person, canaries, everybody, roster};
use super::scan::Canaries;
use super::tls::Authority;
use super::watchers::{Told, keep_log, log};

/// The two publishers of every world.
pub(crate) const PUBLISHERS: [&str; 2] = ["rekenwonder", "taalreus"];
/// The profiles that every publisher has routes for.
pub(crate) const PROFILES: [(&str, &str); 4] = [
    ("students", "edu-v-students-1.1"),
    ("results", "edu-v-results-2.1"),
    ("sem", "sem-1.3"),
    ("oneroster", "oneroster-1.2"),
];

/// How a world differs from the usual one.
pub(crate) struct Options {
    /// Who is in the roster; none: the school has no roster and runs closed.
    pub(crate) roster: Option<Vec<Person>>,
    /// Whether the roster has a column for whole names.
    pub(crate) full_names: bool,
    pub(crate) eck_id_kept: bool,
    /// What the guard does with suspects.
    pub(crate) suspects: Suspects,
    /// On what terms `rekenwonder` receives anything.
    pub(crate) terms: Arc<Terms>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The categories that the agreement names, and whether other fields refuse; none: no agreement.
    pub(crate) agreed: Option<(Vec<Category>, bool)>,
    /// What pupils and parents said, by school.
    pub(crate) consents: HashMap<School, Arc<Consents>>,
    pub(crate) link: Link,
    pub(crate) shape: Shape,
    pub(crate) shapes: Vec<(Kind, Shape)>,
    pub(crate) settings: Settings,
    /// What the other sides speak.
    pub(crate) far_protocol: &'static str,
    pub(crate) upstream_timeout: Duration,
    pub(crate) reply_bytes: usize,
    /// A profile of the test's own, mounted as `own`.
    pub(crate) own_profile: Option<&'static str>,
    /// Values that differ inside and outside.
    pub(crate) swaps: Vec<(&'static str, &'static str, &'static str)>,
    /// What Sluis shows upstreams.
    pub(crate) credential: Option<CredentialSettings>,
    /// Networks from which `rekenwonder` may call.
    pub(crate) networks: Vec<&'static str>,
    /// How much may fail; plenty, unless a test is about it.
    pub(crate) patience: Patience,
    /// Every route has a token endpoint.
    pub(crate) issues_tokens: bool,
    /// Whether filters are kept of what leaves: none, no filters at all; false, none for `rekenwonder`.
    pub(crate) needle: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            roster: Some(everybody()),
            full_names: true,
            eck_id_kept: false,
            suspects: Suspects::Block,
            terms: Arc::default(),
            clock: Arc::new(SystemClock),
            agreed: None,
            consents: HashMap::new(),
            link: Link::Field,
            shape: Shape::Uuid,
            shapes: vec![(Kind::EMAIL, Shape::parse("email:leerling.petteflat.example").unwrap())],
            settings: Settings { deadlines: Deadlines::default(), ..Settings::default() },
            far_protocol: "http/1.1",
            upstream_timeout: Duration::from_secs(20),
            reply_bytes: 8 << 20,
            own_profile: None,
            swaps: Vec::new(),
            credential: None,
            networks: Vec::new(),
            patience: Patience { failures_per_hour: 100_000, withheld_per_day: 100_000 },
            issues_tokens: false,
            needle: None,
        }
    }
}

/// Sluis, and all around it.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) authority: Authority,
    /// The publisher's server, where the school asks.
    pub(crate) publisher: Far,
    /// The school's server, where publishers ask.
    pub(crate) school: Far,
    pub(crate) address: SocketAddr,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) vault_disk: FaultyDisk,
    pub(crate) journal_disk: FaultyDisk,
    pub(crate) told: Arc<Told>,
    pub(crate) drain: Drain,
    /// Every byte that any publisher was sent as a caller.
    outside_raw: Arc<Mutex<Vec<u8>>>,
    outside_seen: Arc<Mutex<Vec<u8>>>,
}

impl World {
    pub(crate) async fn usual() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self::on(TempDir::new().unwrap(), options).await
    }

    /// A new process on what this one left on the disk, as after a crash: nothing that was in memory is there.
    pub(crate) async fn after(&self, options: Options) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["vault", "journal"] {
            super::process::copy(&self.folder.path().join(name), &folder.path().join(name));
        }
        std::fs::copy(self.folder.path().join("unseal.key"), folder.path().join("unseal.key")).unwrap();
        Self::on(folder, options).await
    }

    async fn on(folder: TempDir, options: Options) -> Self {
        keep_log();
        let authority = Authority::new();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let publisher = Far::start(&authority, options.far_protocol).await;
        let school = Far::start(&authority, options.far_protocol).await;
        let (vault_disk, journal_disk) = (FaultyDisk::new(), FaultyDisk::new());
        let clock = Arc::clone(&options.clock);
        let vault = open_vault(folder.path(), &vault_disk, &*clock);
        let journal = open_journal(folder.path(), &journal_disk, &vault, &*clock);
        let mut routes = Vec::new();
        for name in PUBLISHERS {
            vault.open_epoch(&school_id(), &publisher_id(name), &epoch(), clock.now()).unwrap();
            let mut profiles: Vec<(&str, Arc<Profile>)> = Vec::new();
            profiles.extend(PROFILES.map(|(mount, profile)| (mount, Arc::new(builtin(profile).unwrap()))));
            if let Some(text) = options.own_profile {
                profiles.push(("own", Arc::new(Profile::read("own.toml", text).unwrap())));
            }
            for (mount, profile) in profiles {
                let profile = match &options.agreed {
                    Some((categories, refuse)) => Arc::new(profile.limited(categories, *refuse)),
                    None => profile,
                };
                for asks in [Asks::Publisher, Asks::School] {
                    let far = if asks == Asks::Publisher { &school } else { &publisher };
                    routes.push(route(&options, name, mount, &profile, asks, far, folder.path(), &clock));
                }
            }
        }
        let (vault, journal) = (Arc::new(vault), Arc::new(journal));
        let needle = options.needle.map(|_| {
            let settings = sluis::gateway::needle::Settings::new(
                Arc::new(journal_disk.clone()),
                folder.path().join("journal"),
                Arc::clone(&vault),
                Arc::clone(&journal),
                Arc::clone(&clock),
            );
            Arc::new(Needle::start(settings).unwrap())
        });
        let people = options.roster.clone().unwrap_or_default();
        let mut rosters = HashMap::new();
        if options.roster.is_some() {
            rosters.insert(
                school_id(),
                Arc::new(Register::build(roster(&people, options.full_names, clock.now()))),
            );
        }
        let house = House {
            consents: options.consents.clone(),
            vault,
            journal,
            clock,
            routes: Routes::new(routes, None),
            rosters,
            configuration: [1; 32],
            binary: [2; 32],
            limits: Limits::default(),
            expansion: Expansion::default(),
            patience: options.patience,
            needle,
        };
        let told = Arc::new(Told::default());
        let gateway = Arc::new(Gateway::new(house, Arc::clone(&told) as _));
        let drain = Drain::default();
        let address = serve(&authority, folder.path(), &gateway, options.settings, &drain).await;
        let (outside_raw, outside_seen) = Default::default();
        Self {
            folder,
            authority,
            publisher,
            school,
            address,
            gateway,
            vault_disk,
            journal_disk,
            told,
            drain,
            outside_raw,
            outside_seen,
        }
    }

    /// A publisher as a caller.
    pub(crate) fn outside(&self, publisher: &str) -> Caller {
        Caller {
            address: self.address,
            connector: self.authority.connector("http/1.1"),
            http2: false,
            token: Some(token(publisher, Asks::Publisher)),
            raw: Arc::clone(&self.outside_raw),
            seen: Arc::clone(&self.outside_seen),
        }
    }

    /// The school's system as a caller of this publisher's routes.
    pub(crate) fn inside(&self, publisher: &str) -> Caller {
        Caller {
            token: Some(token(publisher, Asks::School)),
            raw: Arc::default(),
            seen: Arc::default(),
            ..self.outside(publisher)
        }
    }

    /// The same caller over HTTP/2.
    pub(crate) fn over_http2(&self, caller: Caller) -> Caller {
        Caller { http2: true, connector: self.authority.connector("h2"), ..caller }
    }

    /// Everything that anybody outside was sent.
    pub(crate) fn outside_bytes(&self) -> Vec<u8> {
        let mut all = self.publisher.raw();
        for got in self.publisher.got() {
            all.extend_from_slice(format!("\n{} {} {:?}\n", got.method, got.target, got.headers).as_bytes());
            all.extend_from_slice(&got.body);
        }
        all.extend_from_slice(&self.outside_raw.lock().unwrap());
        all.extend_from_slice(&self.outside_seen.lock().unwrap());
        all
    }

    /// Forgets what was recorded so far.
    pub(crate) fn forget(&self) {
        self.publisher.forget();
        self.school.forget();
        self.outside_raw.lock().unwrap().clear();
        self.outside_seen.lock().unwrap().clear();
    }

    /// What a pupil is called outside.
    pub(crate) async fn pseudonym(&self, publisher: &str, kind: &str, text: &str) -> String {
        self.pseudonym_as(publisher, kind, text, kind).await
    }

    /// What a pupil is called in a field of this kind.
    pub(crate) async fn pseudonym_as(&self, publisher: &str, kind: &str, text: &str, place: &str) -> String {
        let house = self.gateway.house();
        let scope = scope(publisher);
        let kind = Kind::named(kind).unwrap();
        let route = house.routes.of(&scope).next().unwrap();
        let identifier = Identifier::new(kind, text);
        let shape = Arc::clone(route.shapes.of(Kind::named(place).unwrap()));
        let ask = MaskAsk { identifier: &identifier, shape: &shape, number: false, minted: false };
        let avoid: sluis::vault::Avoid = Arc::new(|_: &str| false);
        let answer = house.vault.mask(&scope, &[ask], &[], &avoid).await.unwrap();
        answer.masked[0].pseudonym.as_str().to_owned()
    }

    /// Everything that the journal holds.
    pub(crate) fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Leaves::open(&self.folder.path().join("journal")).unwrap();
        std::iter::from_fn(|| leaves.read().unwrap()).map(|(leaf, _)| leaf).collect()
    }

    pub(crate) fn canaries(&self) -> Canaries {
        canaries(&everybody())
    }

    /// Nothing of anybody is outside, in logs, in metrics, in journal or vault files.
    #[track_caller]
    pub(crate) fn clean(&self) {
        self.clean_of(&self.canaries());
    }

    #[track_caller]
    pub(crate) fn clean_of(&self, canaries: &Canaries) {
        canaries.absent("what is outside", &self.outside_bytes());
        self.clean_at_home();
    }

    /// Nothing of anybody is in logs, metrics, journal or vault files.
    #[track_caller]
    pub(crate) fn clean_at_home(&self) {
        let canaries = self.canaries();
        canaries.absent("the log", &log());
        canaries.absent("what metrics were told", self.told.lines().join("\n").as_bytes());
        for path in files(&self.folder.path().join("journal")) {
            canaries.absent(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
        for path in files(&self.folder.path().join("vault")) {
            canaries.absent_plainly(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

/// Sluis refused, and said so as it should: status, code, title and hint, an exchange id, and nothing of anybody.
#[track_caller]
pub(crate) fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{}", reply.text());
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    assert_eq!(reply.headers["cache-control"], "no-store");
    let problem = reply.json();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    assert!(!text("title").is_empty() && text("hint").len() > 10, "{problem}");
    assert_eq!(text("type"), format!("https://sluis.example/refusals/{code}"));
    assert_eq!(problem["status"], status);
    let exchange = text("exchange");
    assert!(exchange.len() == 32 && exchange.bytes().all(|b| b.is_ascii_hexdigit()), "{problem}");
    canaries(&everybody()).absent("a refusal", &reply.body);
}

/// All files below a directory.
pub(crate) fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

fn open_vault(folder: &Path, disk: &FaultyDisk, clock: &dyn Clock) -> Vault {
    let again = folder.join("vault").exists();
    if !again {
        let key: [u8; 32] = sluis::crypto::random().unwrap();
        std::fs::write(folder.join("unseal.key"), key).unwrap();
    }
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let settings = sluis::vault::Settings {
        index_cache_bytes: 1 << 20,
        disk,
        ..sluis::vault::Settings::at(folder.join("vault"))
    };
    let unlock = Unlock::KeyFile(folder.join("unseal.key"));
    if !again {
        return Vault::create(&settings, &unlock, clock.now()).unwrap();
    }
    Vault::open(&settings, &unlock, newest_head(&folder.join("journal")), &mut |_| {}).unwrap()
}

/// The newest head of the vault's log that an entry of the journal names.
fn newest_head(journal: &Path) -> Option<sluis::vault::Head> {
    let mut leaves = Leaves::open(journal).unwrap();
    let heads = std::iter::from_fn(|| leaves.read().unwrap()).filter_map(|(leaf, _)| leaf.vault);
    let newest = heads.max_by_key(|head| head.sequence);
    newest.map(|head| sluis::vault::Head { sequence: head.sequence, chain: head.chain })
}

fn open_journal(folder: &Path, disk: &FaultyDisk, vault: &Vault, clock: &dyn Clock) -> Journal {
    let settings = sluis::journal::Settings {
        origin: "sluis.petteflat.example/12AB/journal".to_owned(),
        key_version: 1,
        earlier_keys: Vec::new(),
        accept_clock: false,
    };
    let key = SigningKey::from_seed(vault.journal_seed());
    let now = clock.now().as_millis();
    Journal::open(Arc::new(disk.clone()), &folder.join("journal"), &settings, &key, now).unwrap().0
}

#[expect(clippy::too_many_arguments, reason = "it is called once")]
fn route(
    options: &Options,
    publisher: &str,
    mount: &str,
    profile: &Arc<Profile>,
    asks: Asks,
    far: &Far,
    folder: &Path,
    clock: &Arc<dyn Clock>,
) -> Route {
    let base = format!("https://{}/{mount}", far.address);
    let settings = UpstreamSettings {
        tls: UpstreamTls { ca: Some(folder.join("ca.pem")), client_certificate: None },
        connect_timeout: options.upstream_timeout,
        head_timeout: options.upstream_timeout,
        total_timeout: options.upstream_timeout,
        reply_bytes: options.reply_bytes,
        credential: options.credential.clone().unwrap_or(CredentialSettings::None),
        ..UpstreamSettings::new(base.parse().unwrap())
    };
    let networks = options
        .networks
        .iter()
        .filter(|_| publisher == "rekenwonder")
        .map(|text| Network::parse(text).unwrap());
    let mut callers = vec![CallerRule {
        credential: Credential::token(&token(publisher, asks)),
        networks: networks.collect(),
    }];
    if options.issues_tokens {
        let settings = IssuerSettings { clients: Vec::new(), audiences: Vec::new(), lifetime_s: 300 };
        let issuer = Arc::new(Issuer::new(settings, Arc::clone(clock)));
        callers.push(CallerRule { credential: Credential::Issued(issuer), networks: Vec::new() });
    }
    let before = if asks == Asks::Publisher { "/from" } else { "" };
    Route {
        host: None,
        mount: Mount::parse(&format!("{before}/{publisher}/{mount}")).unwrap(),
        scope: scope(publisher),
        asks,
        profile: Arc::clone(profile),
        callers,
        shapes: Shapes::new(options.shape.clone(), options.shapes.iter().cloned()),
        link: options.link,
        eck_id_kept: options.eck_id_kept,
        needle: options.needle != Some(false) || publisher != "rekenwonder",
        suspects: options.suspects,
        terms: if publisher == "rekenwonder" { Arc::clone(&options.terms) } else { Arc::default() },
        swaps: options.swaps.iter().map(swap).collect(),
        upstream: Base::parse(&base).unwrap(),
        carrier: Arc::new(Upstream::open(&settings, Arc::clone(clock)).unwrap()),
    }
}

fn swap((name, inside, outside): &(&str, &str, &str)) -> Swap {
    let secret = |text: &str| Secret::new(text.to_owned());
    Swap { name: (*name).to_owned(), inside: secret(inside), outside: secret(outside) }
}

async fn serve(
    authority: &Authority,
    folder: &Path,
    gateway: &Arc<Gateway>,
    settings: Settings,
    drain: &Drain,
) -> SocketAddr {
    let (certificate, key) = authority.issue();
    let (certificate_path, key_path) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&certificate_path, certificate).unwrap();
    std::fs::write(&key_path, key).unwrap();
    let files =
        TlsSettings { certificate: certificate_path, private_key: key_path, client_authorities: Vec::new() };
    let tls = Arc::new(ServerTls::load(&files).unwrap());
    let listener = sluis::server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = settings.checked().unwrap();
    tokio::spawn(sluis::server::serve(listener, tls, Arc::clone(gateway), settings, drain.watch()));
    address
}

fn token(publisher: &str, asks: Asks) -> String {
    format!("token-of-{publisher}-{asks:?}").to_lowercase()
}

pub(crate) fn scope(publisher: &str) -> Scope {
    Scope { school: school_id(), publisher: publisher_id(publisher), epoch: epoch() }
}

fn school_id() -> School {
    School::parse("12AB").unwrap()
}

fn publisher_id(name: &str) -> Publisher {
    Publisher::parse(name).unwrap()
}

fn epoch() -> Epoch {
    Epoch::parse("2026-2027").unwrap()
}
