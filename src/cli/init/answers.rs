//! What `init` must know: from a file, from a person at a terminal, or the usual value.
//!
//! It must not know what is made of it.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

use super::certificate::date;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::cli::words;
use crate::clock::Timestamp;
use crate::config::words::Value;
use crate::config::{BaseUrl, reason};
use crate::identity::{Epoch, Publisher, School};
use crate::profile::builtin_names;

/// Shown below `sluis init --help`.
pub(super) const HELP: &str = "\
Keys of the answers file (TOML):
  school_id        BRIN of the school, needed
  school_name      what people call it, needed
  hosts            host names in the certificate, usually [\"localhost\"]
  address          where to listen, usually \"0.0.0.0:8443\"
  url              the address under which the outside reaches Sluis, optional
  passphrase_file  a file with a passphrase that opens the vault; otherwise a key file is made
  [publisher]      the first publisher, optional: id, name, upstream, profile, epoch";

/// The answers, complete.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    pub(super) school_id: String,
    pub(super) school_name: String,
    pub(super) hosts: Vec<String>,
    pub(super) address: String,
    pub(super) url: Option<String>,
    pub(super) passphrase_file: Option<String>,
    pub(super) publisher: Option<NewPublisher>,
}

/// The first publisher.
#[derive(Debug, Clone)]
pub(super) struct NewPublisher {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) upstream: String,
    pub(super) profile: String,
    pub(super) epoch: String,
}

/// The answers file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    school_id: Option<String>,
    school_name: Option<String>,
    hosts: Option<Vec<String>>,
    address: Option<String>,
    url: Option<String>,
    passphrase_file: Option<String>,
    publisher: Option<FilePublisher>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePublisher {
    id: Option<String>,
    name: Option<String>,
    upstream: Option<String>,
    profile: Option<String>,
    epoch: Option<String>,
}

/// Why an answer does not hold, or nothing.
type Check = fn(&str) -> Option<Value>;

/// Asks, or does not.
struct Asker<'a> {
    screen: &'a Screen,
    silent: bool,
}

impl Answers {
    /// Reads the file, then asks for the rest.
    pub(super) fn collect(
        file: Option<&Path>,
        no_input: bool,
        now: Timestamp,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let given = file.map_or_else(|| Ok(File::default()), read)?;
        if !no_input && !std::io::stdin().is_terminal() {
            return Err(Failure::new(&words::NO_TERMINAL, []).usage());
        }
        let ask = Asker { screen, silent: no_input };
        let brin = screen.pick("BRIN of the school", "BRIN van de school");
        let school_id = ask.one("school_id", given.school_id, brin, "", check_brin)?;
        let name = screen.pick("Name of the school", "Naam van de school");
        let school_name = ask.one("school_name", given.school_name, name, "", check_text)?;
        let hosts = given.hosts.map(|hosts| hosts.join(","));
        let question = screen.pick(
            "Host names by which callers reach Sluis, separated by commas",
            "Hostnamen waarop aanroepers Sluis bereiken, gescheiden door komma's",
        );
        let hosts = ask.one("hosts", hosts, question, "localhost", check_hosts)?;
        let question = screen.pick("Address and port to listen on", "Adres en poort om op te luisteren");
        let address = ask.one("address", given.address, question, "0.0.0.0:8443", check_address)?;
        if let Some(url) = &given.url {
            fit("url", url, check_url)?;
        }
        let publisher = ask.publisher(given.publisher, now)?;
        Ok(Self {
            school_id,
            school_name,
            hosts: hosts.split(',').map(|host| host.trim().to_owned()).collect(),
            address,
            url: given.url,
            passphrase_file: given.passphrase_file,
            publisher,
        })
    }
}

impl Asker<'_> {
    /// One answer: the given one, the typed one, or the usual one.
    fn one(
        &self,
        key: &'static str,
        given: Option<String>,
        question: &str,
        usual: &str,
        check: Check,
    ) -> Result<String, Failure> {
        if let Some(given) = given {
            fit(key, &given, check)?;
            return Ok(given);
        }
        if self.silent {
            if usual.is_empty() {
                return Err(Failure::new(&words::ANSWER_MISSING, [("key", key.into())]));
            }
            return Ok(usual.to_owned());
        }
        loop {
            let typed = self.screen.ask(question, usual).ok().flatten();
            let Some(typed) = typed else {
                return Err(Failure::new(&words::ANSWER_MISSING, [("key", key.into())]));
            };
            match fit(key, &typed, check) {
                Ok(()) => return Ok(typed),
                Err(failure) => self.screen.tell(&failure.told(self.screen.language)),
            }
        }
    }

    fn publisher(
        &self,
        given: Option<FilePublisher>,
        now: Timestamp,
    ) -> Result<Option<NewPublisher>, Failure> {
        let screen = self.screen;
        let given = match given {
            Some(given) => given,
            None if self.silent => return Ok(None),
            None => FilePublisher::default(),
        };
        let question = screen.pick(
            "Id of the first publisher, such as rekenwonder (- for none yet)",
            "Id van de eerste uitgever, zoals rekenwonder (- voor nog geen)",
        );
        let usual = if given.id.is_some() || self.silent { "" } else { "-" };
        let id = self.one("publisher.id", given.id, question, usual, check_id)?;
        if id == "-" {
            return Ok(None);
        }
        let question = screen.pick("Its name", "Naam van die uitgever");
        let name = self.one("publisher.name", given.name, question, &id, check_text)?;
        let question = screen.pick("The address of its API", "Het adres van zijn API");
        let upstream = self.one("publisher.upstream", given.upstream, question, "", check_url)?;
        let known: Vec<&str> = builtin_names().collect();
        let question = format!("{} ({})", screen.pick("The profile", "Het profiel"), known.join(", "));
        let profile = self.one("publisher.profile", given.profile, &question, "", check_text)?;
        let question = screen
            .pick("The epoch that its pseudonyms serve", "De periode waarvoor zijn pseudoniemen gelden");
        let epoch = self.one("publisher.epoch", given.epoch, question, &school_year(now), check_epoch)?;
        Ok(Some(NewPublisher { id, name, upstream, profile, epoch }))
    }
}

/// The school year of a moment: it begins on 1 August.
fn school_year(now: Timestamp) -> String {
    let Some((year, month, _)) = date(now) else { return String::new() };
    let first = if month >= 8 { year } else { year - 1 };
    format!("{first}-{}", first + 1)
}

fn read(path: &Path) -> Result<File, Failure> {
    let unreadable = |reason: Value| {
        let values = [("path", path.display().to_string().into()), ("reason", reason)];
        Failure::new(&words::ANSWERS_UNREADABLE, values)
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(reason(&error)))?;
    toml::from_str(&text).map_err(|error| unreadable(error.message().into()))
}

fn fit(key: &'static str, answer: &str, check: Check) -> Result<(), Failure> {
    match check(answer) {
        None => Ok(()),
        Some(reason) => Err(Failure::new(&words::ANSWER_UNFIT, [("key", key.into()), ("reason", reason)])),
    }
}

fn check_brin(answer: &str) -> Option<Value> {
    let reason = Value::Each("a BRIN is like 12AB or 12AB00", "een BRIN is zoals 12AB of 12AB00");
    School::parse(answer).is_err().then_some(reason)
}

fn check_text(answer: &str) -> Option<Value> {
    let unfit = answer.trim().is_empty() || answer.chars().any(char::is_control) || answer.len() > 200;
    unfit.then_some(Value::Each("1 to 200 characters are needed", "1 tot 200 tekens zijn nodig"))
}

fn check_hosts(answer: &str) -> Option<Value> {
    let plain = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
    };
    let all = answer.split(',').all(|host| plain(host.trim()));
    (!all).then_some(Value::Each("these are no host names", "dit zijn geen hostnamen"))
}

fn check_address(answer: &str) -> Option<Value> {
    let reason = Value::Each("an address with a port is needed", "een adres met poort is nodig");
    answer.parse::<SocketAddr>().is_err().then_some(reason)
}

fn check_url(answer: &str) -> Option<Value> {
    BaseUrl::read(answer).err()
}

fn check_id(answer: &str) -> Option<Value> {
    let reason = Value::Each(
        "1 to 64 of a-z, 0-9, - _ and . are needed",
        "1 tot 64 van a-z, 0-9, - _ en . zijn nodig",
    );
    (answer != "-" && Publisher::parse(answer).is_err()).then_some(reason)
}

fn check_epoch(answer: &str) -> Option<Value> {
    let reason = Value::Each("an epoch is like 2026-2027", "een periode is zoals 2026-2027");
    Epoch::parse(answer).is_err().then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::school_year;
    use crate::clock::Timestamp;

    #[test]
    fn a_school_year_begins_in_august() {
        // 2026-07-31T23:59:59Z and one second later.
        let last = 1_785_542_399_000;
        assert_eq!(school_year(Timestamp::from_millis(last)), "2025-2026");
        assert_eq!(school_year(Timestamp::from_millis(last + 1000)), "2026-2027");
    }
}
