//! The demo on a terminal: each exchange with both sides beside one another, and the rule behind each difference.
//!
//! It must not judge; `judge.rs` does.

use serde_json::Value;

use super::difference::{Compared, Row};
use super::layout::{Cells, Layout};
use super::story::{Exchange, Topic};
use super::words;
use crate::cli::screen::Screen;
use crate::profile::Door;

/// How many lines of a list are enough when the same pupils were listed before.
const FEW: usize = 6;

/// Shows on a screen.
pub(super) struct Show<'a> {
    screen: &'a Screen,
    layout: Layout,
    inside: &'static str,
    outside: &'static str,
    why: &'static str,
    shown: usize,
}

impl<'a> Show<'a> {
    pub(super) fn new(screen: &'a Screen) -> Self {
        let [inside, outside, why] = screen.language.pick(
            ["inside the school", "at the publisher", "why"],
            ["binnen de school", "bij de uitgever", "waarom"],
        );
        Self { screen, layout: Layout::standard(), inside, outside, why, shown: 0 }
    }

    /// Before anything is made.
    pub(super) fn opening(&self, pupils: usize) {
        let about = self.screen.language.pick(
            "a school, Sluis and a publisher on this machine, each hop over TLS.",
            "een school, Sluis en een uitgever op deze machine, elke stap over TLS.",
        );
        let invented = self.screen.language.pick(
            "invented pupils; everything lies in a directory that goes away again.",
            "verzonnen leerlingen; alles staat in een map die weer verdwijnt.",
        );
        self.screen.say("");
        self.lines(&[self.screen.bold(&format!("Sluis {}", env!("CARGO_PKG_VERSION")))]);
        self.text(about);
        self.text(&format!("{pupils} {invented}"));
        self.screen.say("");
        let way = "Petteflat College ◀══ TLS ══▶ Sluis ◀══ TLS ══▶ Rekenwonder BV";
        self.lines(&self.layout.map(way, self.inside, self.outside));
    }

    /// One exchange.
    pub(super) fn exchange(&mut self, exchange: &Exchange) {
        self.shown += 1;
        self.screen.say("");
        self.screen.say(&self.layout.rule());
        let topic = words::topic(exchange.topic, self.screen.language);
        self.bold(&self.layout.title(self.shown, topic));
        self.text(&self.about(exchange));
        self.screen.say("");
        for line in self.layout.heads(self.inside, self.outside, self.why) {
            self.screen.say(&line);
        }
        self.request(exchange);
        if let Some(code) = exchange.refusal() {
            self.refused(exchange, &code);
            return;
        }
        self.reply(exchange);
        self.people(exchange);
    }

    /// Texts below one another, with an empty line above.
    pub(super) fn closing(&self, texts: &[String]) {
        self.screen.say("");
        for text in texts {
            self.text(text);
        }
    }

    /// A line from side to side, and a verdict.
    pub(super) fn verdict(&self, text: &str) {
        self.screen.say("");
        self.screen.say(&self.layout.rule());
        self.bold(&self.layout.text(text));
    }

    fn about(&self, exchange: &Exchange) -> String {
        let numbers: Vec<String> = exchange.leaves.iter().map(|leaf| leaf.sequence.to_string()).collect();
        let id = exchange.leaves.iter().find_map(|leaf| leaf.exchange);
        let id = id.map(|id| crate::cli::hex(&id)).unwrap_or_default();
        let [name, journal] =
            self.screen.language.pick(["exchange", "journal"], ["uitwisseling", "journaal"]);
        let numbers = numbers.join(self.screen.language.pick(" and ", " en "));
        format!("{} · {name} {} · {journal} {numbers}", exchange.profile, id.get(..8).unwrap_or_default())
    }

    /// What was asked, on both sides.
    fn request(&self, exchange: &Exchange) {
        let never = self.screen.language.pick("(nothing)", "(niets)").to_owned();
        let sent = question(&exchange.sent.line);
        let received = exchange.received.as_ref().map_or(never, |received| question(&received.line));
        let (inside, outside) = if exchange.publisher_asks { (received, sent) } else { (sent, received) };
        let name = self.screen.language.pick("the question", "de vraag").to_owned();
        self.cells(&Cells { name, inside, outside, said: String::new() });
        let sample = match exchange.topic {
            Topic::Results => "/body/studentScoresAndResults/0/",
            Topic::CleanRequest => "/body/results/0/",
            _ => "",
        };
        let door = if exchange.publisher_asks { Door::Enter } else { Door::Leave };
        self.rows(&exchange.request, sample, door);
    }

    fn reply(&self, exchange: &Exchange) {
        let Some(answered) = &exchange.answered else { return };
        let (inside, outside) = (answered.line.clone(), exchange.got.line.clone());
        let (inside, outside) = if exchange.publisher_asks { (inside, outside) } else { (outside, inside) };
        let name = self.screen.language.pick("the answer", "het antwoord").to_owned();
        self.screen.say("");
        self.cells(&Cells { name, inside, outside, said: String::new() });
        let sample = match exchange.topic {
            Topic::Students => "/body/0/",
            Topic::OnePupil | Topic::ResultsPage => "/body/results/0/",
            Topic::CleanRequest => "/body/sourcedIdPairs/0/",
            Topic::CleanReply => "/body/classes/0/",
            _ => "",
        };
        let door = if exchange.publisher_asks { Door::Leave } else { Door::Enter };
        self.rows(&exchange.reply, sample, door);
    }

    /// The values of the first record, and what differs outside records.
    fn rows(&self, compared: &Compared, sample: &str, door: Door) {
        let records = sample.trim_end_matches("0/");
        let shown = |row: &&Row| {
            let chosen = !sample.is_empty() && row.at.starts_with(sample);
            let alone = sample.is_empty() || !row.at.starts_with(records);
            chosen || (alone && (row.differs() || !row.at.starts_with("/path")))
        };
        let (differing, same): (Vec<&Row>, Vec<&Row>) =
            compared.rows.iter().filter(shown).partition(|row| row.differs());
        for row in differing {
            let (inside, outside) = (value(row.inside.as_ref()), value(row.outside.as_ref()));
            let (word, rule) = words::because(row, door, self.screen.language);
            let said = format!("{word}: {rule}");
            self.cells(&Cells { name: name(&row.at, sample), inside, outside, said });
        }
        for list in &compared.reordered {
            let (word, rule) = words::reordered(self.screen.language);
            let name = list.rsplit('/').next().filter(|name| *name != "body").unwrap_or_default();
            let [inside, outside] = self.screen.language.pick(
                ["the school's order", "another order"],
                ["de volgorde van de school", "een andere volgorde"],
            );
            let said = format!("{word}: {rule}");
            let (inside, outside) = (inside.to_owned(), outside.to_owned());
            self.cells(&Cells { name: name.to_owned(), inside, outside, said });
        }
        if !same.is_empty() {
            let named = |row: &&Row| format!("{} {}", name(&row.at, sample), value(row.inside.as_ref()));
            let same: Vec<String> = same.iter().map(named).collect();
            self.text(&format!("{} {}", words::same(self.screen.language), same.join(" · ")));
        }
    }

    /// A line for each pupil, where there are several.
    fn people(&self, exchange: &Exchange) {
        if exchange.people.len() < 2 {
            if let [(inside, _)] = exchange.people.as_slice() {
                let whose = self.screen.language.pick("in the school this is:", "in de school is dit:");
                self.closing(&[format!("{whose} {inside}")]);
            }
            return;
        }
        let count = exchange.people.len();
        let all = match self.screen.language {
            crate::config::Language::English => format!("so for all {count}:"),
            crate::config::Language::Dutch => format!("en zo voor alle {count}:"),
        };
        self.closing(&[all]);
        let most = if exchange.topic == Topic::ResultsPage { FEW } else { count };
        for (inside, outside) in exchange.people.iter().take(most) {
            let (inside, outside) = (inside.clone(), outside.clone());
            self.cells(&Cells { inside, outside, ..Cells::default() });
        }
        if count > most {
            let more = self.screen.pick("more, each with the right name", "meer, elk met de goede naam");
            self.text(&format!("… {} {more}", count - most));
        }
    }

    fn refused(&self, exchange: &Exchange, code: &str) {
        let problem = exchange.got.json();
        let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let said = match self.screen.language {
            crate::config::Language::English => {
                format!("refused: {} {code}. {}", exchange.got.status(), text("title"))
            }
            crate::config::Language::Dutch => {
                format!("geweigerd: {} {code}. {}", exchange.got.status(), text("title"))
            }
        };
        let bytes = exchange.outside.len();
        let whole = match (exchange.publisher_asks, self.screen.language) {
            (false, crate::config::Language::English) => {
                format!("the publisher received {bytes} bytes of it.")
            }
            (false, crate::config::Language::Dutch) => format!("de uitgever ontving er {bytes} bytes van."),
            (true, crate::config::Language::English) => {
                format!("the publisher received the refusal only ({bytes} bytes), and nothing of the answer.")
            }
            (true, crate::config::Language::Dutch) => {
                format!("de uitgever ontving alleen de weigering ({bytes} bytes), en niets van het antwoord.")
            }
        };
        let planted = planted(exchange).map(|text| {
            let stands = self.screen.language.pick("in the message stands", "in het bericht staat");
            format!("{stands} \"{text}\"")
        });
        self.closing(&planted.into_iter().chain([said, whole]).collect::<Vec<_>>());
    }

    fn cells(&self, cells: &Cells) {
        for line in self.layout.cells(cells, self.inside, self.outside) {
            self.screen.say(&line);
        }
    }

    fn text(&self, text: &str) {
        self.lines(&self.layout.text(text));
    }

    fn bold(&self, lines: &[String]) {
        self.lines(&lines.iter().map(|line| self.screen.bold(line)).collect::<Vec<_>>());
    }

    fn lines(&self, lines: &[String]) {
        for line in lines {
            self.screen.say(line);
        }
    }
}

/// The text with the name in it.
fn planted(exchange: &Exchange) -> Option<String> {
    match exchange.topic {
        Topic::PlantedRequest => {
            let (_, target) = exchange.sent.request();
            target.split_once("/classes/").and_then(|(_, rest)| rest.split('/').next()).map(str::to_owned)
        }
        Topic::PlantedReply => {
            let answered = exchange.answered.as_ref()?.json();
            answered.pointer("/classes/0/title").and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    }
}

/// Method and path, without what stands before the last two segments; the query has lines of its own.
fn question(line: &str) -> String {
    let path = line.split('?').next().unwrap_or(line);
    let (method, path) = path.split_once(' ').unwrap_or(("", path));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        [.., before, last] if segments.len() > 2 => format!("{method} …/{before}/{last}"),
        _ => format!("{method} {path}"),
    }
}

/// A field's name: what follows the record.
fn name(at: &str, sample: &str) -> String {
    let within = at.strip_prefix(sample).filter(|_| !sample.is_empty());
    let within = within.or_else(|| at.strip_prefix("/body/")).or_else(|| at.strip_prefix("/query/"));
    within.unwrap_or(at).to_owned()
}

fn value(value: Option<&Value>) -> String {
    match value {
        None => "—".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
