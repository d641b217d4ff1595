//! The journal's witnesses, asked after each checkpoint: a task for each, beside traffic and never in its way.
//!
//! What they are asked and what their answers mean is the journal's; here it is carried. It must not know
//! messages.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::cli::failure::Failure;
use crate::cli::stores::Stores;
use crate::cli::words;
use crate::clock::Timestamp;
use crate::config::Settings;
use crate::config::settings::WitnessSettings;
use crate::gateway::Carrier as _;
use crate::journal::{Journal, JournalError, Seal, WitnessKey, Witnessed, conflict_size, origin_hash_of};
use crate::server::{Drain, Draining};
use crate::upstream::{Upstream, UpstreamSettings, UpstreamTls};

/// A cosignature is renewed when it is so old, though nothing was added since.
const RENEW_S: u64 = 3600;
/// How long the first pause after a failure lasts; each next one is twice as long.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(300);
/// How long the last word of all may take when the server stops.
const LAST: Duration = Duration::from_secs(5);

/// All witnesses of a configuration, being asked until this is dropped.
pub(super) struct Witnesses {
    asked: Vec<Arc<Asked>>,
    drain: Drain,
}

/// One witness.
struct Asked {
    name: String,
    key: WitnessKey,
    url: String,
    carrier: Upstream,
    known: Mutex<Known>,
}

/// What is known of a witness.
#[derive(Default)]
struct Known {
    /// Its newest word.
    word: Option<Witnessed>,
    /// How many entries it saw last, as far as is known here.
    size: u64,
    /// Why it did not cosign when it was asked last.
    trouble: Option<String>,
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Carry(#[from] crate::gateway::CarryError),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("it knows a larger journal, of {0} entries, and did not show it")]
    Ahead(u64),
    #[error("{0}")]
    Journal(#[from] JournalError),
    #[error("{0}")]
    Refuted(Seal),
    #[error("it could not be asked")]
    Ask,
}

impl Witnesses {
    /// Begins to ask the witnesses of this configuration, at once and after each checkpoint.
    pub(super) fn begin(settings: &Settings, stores: &Arc<Stores>, handle: &Handle) -> Result<Self, Failure> {
        let asked = settings.witnesses.iter().map(|witness| Asked::open(witness, settings, stores));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        let drain = Drain::default();
        for one in &asked {
            let (one, journal) = (Arc::clone(one), Arc::clone(&stores.journal));
            handle.spawn(one.ask_on(journal, stores.checkpointed.subscribe(), drain.watch()));
        }
        Ok(Self { asked, drain })
    }

    /// Whether anybody cosigned ever: without one, putting everything back at once is not found.
    pub(super) fn any(&self) -> bool {
        self.asked.iter().any(|one| one.known().word.is_some())
    }

    /// What is known of each witness, by its name.
    pub(super) fn state(&self) -> Value {
        let states = self.asked.iter().map(|one| {
            let known = one.known();
            let time = |word: &Witnessed| Timestamp::from_millis(word.time_s.saturating_mul(1000)).rfc3339();
            let state = json!({
                "entries": known.word.as_ref().map(|word| word.size),
                "time": known.word.as_ref().map(time),
                "trouble": known.trouble,
            });
            (one.name.clone(), state)
        });
        Value::Object(states.collect::<Map<_, _>>())
    }

    /// Asks each once more, for the last checkpoint of all. Takes a few seconds at most.
    pub(super) async fn last(&self, journal: &Arc<Journal>) {
        self.drain.begin();
        let all = async {
            for one in &self.asked {
                let _ = one.round(journal).await;
            }
        };
        let _ = tokio::time::timeout(LAST, all).await;
    }
}

impl Drop for Witnesses {
    fn drop(&mut self) {
        self.drain.begin();
    }
}

impl Asked {
    fn open(written: &WitnessSettings, settings: &Settings, stores: &Stores) -> Result<Arc<Self>, Failure> {
        let unusable = |reason: String| {
            let values = [("name", written.name.as_str().into()), ("reason", reason.into())];
            Failure::new(&words::WITNESS_UNUSABLE, values)
        };
        let url = written.url.to_string();
        let base = url.parse().map_err(|_| unusable("its address is malformed".to_owned()))?;
        let carrier = Upstream::open(
            &UpstreamSettings {
                tls: UpstreamTls { ca: written.ca.clone(), client_certificate: None },
                // It is sent nothing but hashes, and may well stand in the school's own network.
                allow_private: true,
                head_timeout: Duration::from_secs(10),
                total_timeout: Duration::from_secs(15),
                reply_bytes: 64 * 1024,
                ..UpstreamSettings::new(base)
            },
            Arc::clone(&stores.clock),
        );
        let carrier = carrier.map_err(|error| unusable(error.to_string()))?;
        // What lies there of an earlier run; what cannot be believed is asked for anew.
        let trusted = [stores.journal.vkey().clone()];
        let kept = crate::journal::witnessed(&settings.journal, &trusted, std::slice::from_ref(&written.key));
        let word = kept.ok().and_then(|mut kept| kept.pop());
        let size = word.as_ref().map_or(0, |word| word.size);
        let known = Mutex::new(Known { word, size, trouble: None });
        Ok(Arc::new(Self { name: written.name.clone(), key: written.key.clone(), url, carrier, known }))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask_on(
        self: Arc<Self>,
        journal: Arc<Journal>,
        mut checkpointed: watch::Receiver<u64>,
        mut draining: Draining,
    ) {
        let mut pause = PAUSE;
        loop {
            checkpointed.mark_unchanged();
            let good = tokio::select! {
                good = self.round(&journal) => good,
                () = draining.begun() => return,
            };
            let wait = if good {
                pause = PAUSE;
                Duration::from_secs(RENEW_S)
            } else {
                let next = LONGEST.min(pause * 2);
                std::mem::replace(&mut pause, next)
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                changed = checkpointed.changed(), if good => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = draining.begun() => return,
            }
        }
    }

    /// Asks once; false when it is to be tried again soon.
    async fn round(&self, journal: &Arc<Journal>) -> bool {
        let answer = self.cosign(journal).await;
        let mut known = self.known();
        match answer {
            Ok(word) => {
                if known.trouble.take().is_some() || known.word.is_none() {
                    tracing::info!(witness = self.name, count = word.size, "the witness cosigned");
                }
                known.size = word.size;
                known.word = Some(word);
                true
            }
            Err(trouble) => {
                let told = trouble.to_string();
                // Once for each kind of trouble: a witness that is away for a night fills no log.
                if known.trouble.as_ref() != Some(&told) {
                    tracing::warn!(witness = self.name, error = told, "the witness did not cosign");
                }
                known.trouble = Some(told);
                false
            }
        }
    }

    async fn cosign(&self, journal: &Arc<Journal>) -> Result<Witnessed, Trouble> {
        let mut old = self.known().size;
        // A second time with the size that the witness says; a third would mean that it does not mean it.
        for _ in 0..2 {
            let asking = Arc::clone(journal);
            let sent = blocking(move || asking.submission(old)).await?;
            let sent = match sent {
                Err(JournalError::OutOfRange) => return Err(self.confront(journal, old).await),
                other => other?,
            };
            let (status, body) = self.send(Method::POST, "add-checkpoint", sent.body()).await?;
            match status {
                StatusCode::OK => {
                    let (keeping, key) = (Arc::clone(journal), self.key.clone());
                    return Ok(blocking(move || keeping.keep_cosignature(&sent, &body, &key)).await??);
                }
                StatusCode::CONFLICT => old = conflict_size(&body).ok_or(Trouble::Status(409))?,
                StatusCode::UNPROCESSABLE_ENTITY => return Err(self.confront(journal, old).await),
                status => return Err(Trouble::Status(status.as_u16())),
            }
        }
        Err(self.confront(journal, old).await)
    }

    /// The witness saw another journal than is here: when it can show one that this journal's own key signed,
    /// then this one was put back, and nothing is recorded any more.
    async fn confront(&self, journal: &Arc<Journal>, size: u64) -> Trouble {
        let path = format!("{}/checkpoint", origin_hash_of(journal.origin()));
        let (status, note) = match self.send(Method::GET, &path, String::new()).await {
            Ok(answer) => answer,
            Err(trouble) => return trouble,
        };
        if status != StatusCode::OK {
            return Trouble::Ahead(size);
        }
        let (comparing, key) = (Arc::clone(journal), self.key.clone());
        let compared = blocking(move || {
            let seal = comparing.refute(&note)?;
            if let Err(error) = comparing.keep_refutation(&note, &key) {
                // This process is sealed all the same; the next one asks the witness again.
                tracing::error!(%error, "the checkpoint of the witness could not be kept");
            }
            Some(seal)
        });
        match compared.await {
            Ok(Some(seal)) => {
                tracing::error!(
                    witness = self.name,
                    error = seal.to_string(),
                    hint = seal.hint(),
                    "the journal is sealed: everything is refused"
                );
                Trouble::Refuted(seal)
            }
            Ok(None) => Trouble::Ahead(size),
            Err(trouble) => trouble,
        }
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Result<(StatusCode, String), Trouble> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(Bytes::from(body))
            .map_err(|_| Trouble::Ask)?;
        let reply = self.carrier.send(request).await?;
        let status = reply.status();
        Ok((status, String::from_utf8(reply.into_body().to_vec()).unwrap_or_default()))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Trouble> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Trouble::Ask)
}
