//! The exchanges of the demo, one after another, and what each side saw of them.
//!
//! It must not know how they are shown. Whatever it tells was sent over the sockets, or stands in the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::difference::{Book, Compared, Rules, compare, request};
use super::messages::{self, Memory, Planted};
use super::party::Wire;
use super::pupils::Pupil;
use super::scene::{Running, Scene, failed};
use crate::cli::explain;
use crate::cli::failure::Failure;
use crate::cli::faults::{journal_failed, vault_failed};
use crate::cli::words;
use crate::config::settings::{AsksSettings, RouteSettings};
use crate::identity::{Identifier, Kind};
use crate::journal::{Leaf, Leaves};
use crate::profile::Door;
use crate::vault::{Avoid, MaskAsk};

/// Which exchange it is; its texts are in `words.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// The publisher asks for the pupils.
    Students,
    /// The publisher brings results, Edu-V.
    Results,
    /// The publisher brings a result, SEM.
    SimpleResult,
    /// The school asks for one pupil's results, OneRoster.
    OnePupil,
    /// The school asks for everybody's results, OneRoster.
    ResultsPage,
    /// The school brings a result.
    CleanRequest,
    /// The same with a pupil's login name for a class.
    PlantedRequest,
    /// The publisher asks for the classes, whose titles are harmless.
    CleanReply,
    /// The same with a name in a title.
    PlantedReply,
}

/// An exchange, as both sides saw it.
pub(super) struct Exchange {
    pub(super) topic: Topic,
    /// Whether the publisher asks, and the school is asked.
    pub(super) publisher_asks: bool,
    pub(super) profile: String,
    pub(super) title: String,
    /// By the one who asks.
    pub(super) sent: Wire,
    /// By the one who is asked; nothing when it was refused before.
    pub(super) received: Option<Wire>,
    pub(super) answered: Option<Wire>,
    /// By the one who asked.
    pub(super) got: Wire,
    pub(super) request: Compared,
    pub(super) reply: Compared,
    /// What the journal says, oldest first.
    pub(super) leaves: Vec<Leaf>,
    /// What the publisher was sent in the course of it.
    pub(super) outside: Vec<u8>,
    /// Inside and outside, one line for each pupil.
    pub(super) people: Vec<(String, String)>,
}

impl Exchange {
    /// The code of the refusal that the asker got.
    pub(super) fn refusal(&self) -> Option<String> {
        let problem = self.got.header("content-type").is_some_and(|media| media.contains("problem+json"));
        let code = self.got.json().get("code").and_then(Value::as_str).map(str::to_owned);
        code.filter(|_| problem)
    }

    /// Differences that no rule stands behind.
    pub(super) fn unexplained(&self) -> usize {
        let all = self.request.differences().chain(self.reply.differences());
        all.filter(|row| row.rule.is_none()).count()
    }
}

/// Who tells it.
pub(super) struct Story<'a> {
    pub(super) scene: &'a Scene,
    pub(super) running: &'a Running,
    pub(super) pupils: &'a [Pupil],
    pub(super) memory: Memory,
    pub(super) planted: Planted,
    /// Journal entries told so far.
    told: usize,
}

impl<'a> Story<'a> {
    pub(super) fn new(
        scene: &'a Scene,
        running: &'a Running,
        pupils: &'a [Pupil],
        memory: Memory,
        planted: Arc<AtomicBool>,
    ) -> Self {
        Self { scene, running, pupils, memory, planted, told: 0 }
    }

    /// Plays one exchange.
    pub(super) async fn play(&mut self, topic: Topic) -> Result<Exchange, Failure> {
        self.planted.store(topic == Topic::PlantedReply, Ordering::SeqCst);
        let (line, body) = self.opening(topic);
        let mount = line.split('/').nth(1).map(|first| format!("/{first}")).unwrap_or_default();
        let route = self.route(&mount)?;
        let publisher_asks = route.asks == AsksSettings::Publisher;
        let (asker, asked) = match publisher_asks {
            true => (&self.running.publisher, &self.running.school_system),
            false => (&self.running.school, &self.running.publisher_system),
        };
        self.new_leaves()?;
        let before = self.running.outside.len();
        let asking = asker.ask(&line, body).await;
        let (sent, got) = asking.map_err(|error| failed(&error))?;
        let (received, answered) = asked.heard().unzip();
        let outside = self.running.outside.since(before);
        let leaves = self.new_leaves()?;
        if topic == Topic::Students {
            self.memory.learn(&got.json());
        }
        let book = self.book().await?;
        let (request, reply) =
            compared(route, &mount, &sent, received.as_ref(), answered.as_ref(), &got, &book);
        let mut exchange = Exchange {
            topic,
            publisher_asks,
            profile: route.profile.name().to_owned(),
            title: route.profile.title().to_owned(),
            sent,
            received,
            answered,
            got,
            request,
            reply,
            leaves,
            outside,
            people: Vec::new(),
        };
        exchange.people = self.people(&exchange, &book);
        Ok(exchange)
    }

    /// What is asked: method and target at Sluis, and the body.
    fn opening(&self, topic: Topic) -> (String, Option<String>) {
        let numbers = self.memory.numbers();
        let pupil = |place: usize| self.pupils.get(place);
        let results = "/rekenwonder/gradebook/v1p2/";
        let brought = |class: &str| {
            let target = format!("POST {results}classes/{class}/academicSessions/2026-1/results");
            (target, pupil(0).map(messages::marked))
        };
        match topic {
            Topic::Students => ("GET /leerlingen/students/school".to_owned(), None),
            Topic::Results => ("POST /resultaten/results".to_owned(), Some(messages::results(&numbers))),
            Topic::SimpleResult => {
                let about = numbers.first().map(|number| messages::simple_result(number));
                (format!("POST {}", messages::simple_target()), about)
            }
            Topic::OnePupil => {
                let number = pupil(3).map(Pupil::sis_user).unwrap_or_default();
                (format!("GET {results}results?filter=student.sourcedId%3D%27{number}%27"), None)
            }
            Topic::ResultsPage => {
                (format!("GET {results}classes/klas-7a/lineItems/rw-toets3/results?limit=100"), None)
            }
            Topic::CleanRequest => brought("klas-7a"),
            // In the result itself nothing is left that could hold it; a class's id is any word.
            Topic::PlantedRequest => brought(pupil(0).map(|pupil| pupil.login).unwrap_or_default()),
            Topic::CleanReply | Topic::PlantedReply => {
                ("GET /oneroster/rostering/v1p2/classes".to_owned(), None)
            }
        }
    }

    fn route(&self, mount: &str) -> Result<&'a RouteSettings, Failure> {
        let mut routes = self.scene.settings.publishers.iter().flat_map(|publisher| &publisher.routes);
        routes.find(|route| route.mount == mount).ok_or_else(|| Failure::new(&words::INTERNAL, []))
    }

    /// What the journal says of exchanges since the last call. It also has entries of its own: anchors, needles.
    fn new_leaves(&mut self) -> Result<Vec<Leaf>, Failure> {
        let mut read = Leaves::open(&self.scene.settings.journal).map_err(|error| journal_failed(&error))?;
        let mut all = Vec::new();
        while let Some((leaf, _)) = read.read().map_err(|error| journal_failed(&error))? {
            all.push(leaf);
        }
        let new = all.split_off(self.told.min(all.len()));
        self.told += new.len();
        Ok(new.into_iter().filter(|leaf| leaf.exchange.is_some()).collect())
    }

    /// What the vault says about every pupil: which number stands for which identifier.
    async fn book(&self) -> Result<Book, Failure> {
        let Some(publisher) = self.scene.settings.publishers.first() else { return Ok(Book::new()) };
        let ids: Vec<Identifier> =
            self.pupils.iter().map(|pupil| Identifier::new(Kind::ECK_ID, &pupil.eck_id())).collect();
        let ask = |identifier| MaskAsk { identifier, shape: &publisher.shape, number: false, minted: false };
        let asks: Vec<MaskAsk<'_>> = ids.iter().map(ask).collect();
        let avoid: Avoid = Arc::new(|_: &str| false);
        let answer = self.scene.stores.vault.mask(&publisher.scope(), &asks, &[], &avoid).await;
        let answer = answer.map_err(|error| vault_failed(&error))?;
        let mut book = Book::new();
        for (pupil, masked) in self.pupils.iter().zip(&answer.masked) {
            for inside in [pupil.eck_id(), pupil.las_key(), pupil.profile_id(), pupil.sis_user()] {
                book.insert(inside, masked.pseudonym.to_string());
            }
        }
        Ok(book)
    }

    /// One line for each pupil that the exchange is about, on both sides.
    fn people(&self, exchange: &Exchange, book: &Book) -> Vec<(String, String)> {
        let (inside, outside) = sides(exchange);
        let (Some(inside), Some(outside)) = (inside, outside) else { return Vec::new() };
        let (inside, outside) = (records(exchange.topic, &inside), records(exchange.topic, &outside));
        let mut lines = Vec::new();
        for record in inside {
            let Some((id, value)) = told(exchange.topic, &record, false) else { continue };
            let known = |pupil: &&Pupil| pupil.eck_id() == id || pupil.sis_user() == id;
            let Some(pupil) = self.pupils.iter().find(known) else { continue };
            let Some(number) = book.get(&id) else { continue };
            let there = outside.iter().filter_map(|record| told(exchange.topic, record, true));
            let there = there.into_iter().find(|(other, _)| other == number);
            let there = there.map_or_else(String::new, |(number, value)| {
                let short = number.get(..6).unwrap_or(&number).to_owned();
                format!("{short}… {value}")
            });
            lines.push((format!("{}  {value}", pupil.name()).trim_end().to_owned(), there));
        }
        lines
    }
}

/// What leaves the journal's leaves as JSON, for `--json`.
pub(super) fn leaves_json(leaves: &[Leaf]) -> Value {
    leaves.iter().map(explain::leaf_json).collect()
}

/// The message about pupils, inside and outside.
fn sides(exchange: &Exchange) -> (Option<Value>, Option<Value>) {
    let json = |wire: &Option<Wire>| wire.as_ref().map(Wire::json);
    match exchange.topic {
        Topic::Students => (json(&exchange.answered), Some(exchange.got.json())),
        Topic::Results | Topic::SimpleResult => (json(&exchange.received), Some(exchange.sent.json())),
        Topic::OnePupil | Topic::ResultsPage => (Some(exchange.got.json()), json(&exchange.answered)),
        _ => (None, None),
    }
}

fn records(topic: Topic, message: &Value) -> Vec<Value> {
    let list = match topic {
        Topic::Students => Some(message),
        Topic::Results => message.get("studentScoresAndResults"),
        Topic::SimpleResult => return vec![message.clone()],
        _ => message.get("results"),
    };
    list.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Of a record: whom it is about, and what it says.
fn told(topic: Topic, record: &Value, outside: bool) -> Option<(String, String)> {
    let text = |at: &str| {
        let value = record.pointer(at)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    Some(match topic {
        Topic::Students => {
            let name = || Some(format!("{} {}", text("/givenName")?, text("/familyName")?));
            // Inside, the roster's name is shown already.
            (text("/userMasterIdentifier")?, if outside { name()? } else { String::new() })
        }
        Topic::Results => (text("/student/userMasterIdentifier")?, text("/results/0/resultValue")?),
        Topic::SimpleResult => (text("/eckId")?, text("/result")?),
        _ => (text("/student/sourcedId")?, text("/score")?),
    })
}

/// Request and reply, compared across the boundary.
fn compared(
    route: &RouteSettings,
    mount: &str,
    sent: &Wire,
    received: Option<&Wire>,
    answered: Option<&Wire>,
    got: &Wire,
    book: &Book,
) -> (Compared, Compared) {
    let nothing = || (Compared::default(), Compared::default());
    let (asking, answering) = match route.asks {
        AsksSettings::School => (Door::Leave, Door::Enter),
        AsksSettings::Publisher => (Door::Enter, Door::Leave),
    };
    let mut sent = sent.clone();
    sent.line = sent.line.replacen(mount, "", 1);
    let profile = route.profile.as_ref();
    let (Some(selected), Some(received)) = (request(profile, &sent), received) else { return nothing() };
    let asked = compare(&Rules { profile, door: asking, selected }, &sent, received, book);
    let Some(answered) = answered else { return (asked, Compared::default()) };
    let reply = profile.reply(selected, answered.status(), answered.header("content-type"));
    let reply = match (reply, got.status() == answered.status()) {
        (Ok(selected), true) => compare(&Rules { profile, door: answering, selected }, answered, got, book),
        _ => Compared::default(),
    };
    (asked, reply)
}
