//! Configuration: `sluis.toml` read, checked as a whole, and turned into validated settings.
//!
//! [`read`] reports every problem it finds, each with file, line, column, a stable code and what to do.
//! Nobody imports this module but `cli`; every other module owns its settings, which `cli` builds from these.
//! It opens no store and no socket.

mod address;
mod caller;
mod files;
mod house;
pub mod inspect;
mod language;
mod limits;
mod overlap;
mod problem;
mod profiles;
mod publisher;
mod route;
mod rules;
pub mod settings;
mod terms;
mod tree;
mod upstream;
mod witness;
pub mod words;

use std::path::Path;

use sha2::{Digest as _, Sha256};
use toml::de::DeTable;

pub use address::{BaseUrl, Network};
pub use files::reason;
pub use language::Language;
pub use problem::{Place, Problem};
pub use rules::not_watched;
pub use settings::Settings;
pub use terms::{ended, not_agreed};

use files::Files;
use problem::{At, Source};
use settings::PublisherSettings;
use tree::Section;
use words::{reading, school};

/// The most a configuration file may hold, in bytes.
const MOST: u64 = 4 * 1024 * 1024;

/// What came of reading a configuration.
#[derive(Debug)]
pub struct Reading {
    /// The settings, when no problem is an error.
    pub settings: Option<Settings>,
    /// Every problem found, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Reads a configuration file and everything it names.
pub fn read(file: &Path) -> Reading {
    let text = files::read(file, MOST)
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| std::io::ErrorKind::InvalidData.into()));
    match text {
        Ok(text) => read_text(file, text),
        Err(error) => {
            let place = Place { file: file.to_owned(), line: 0, column: 0 };
            let values = vec![("reason", reason(&error))];
            let problem = Problem { place, message: &reading::FILE_UNREADABLE, values };
            Reading { settings: None, problems: vec![problem] }
        }
    }
}

/// Reads a configuration's text as if it stood in `file`.
pub fn read_text(file: &Path, text: String) -> Reading {
    let source = Source::new(file, text);
    let (tree, broken) = DeTable::parse_recoverable(source.text());
    for error in &broken {
        let span = error.span().unwrap_or_default();
        source.report(&reading::SYNTAX, &span, [("reason", error.message().into())]);
    }
    // A tree with holes in it would report keys as missing that are merely unreadable.
    let settings = if broken.is_empty() {
        let root = Section::new(&source, "sluis.toml", 0..0, tree.get_ref());
        whole(root, file)
    } else {
        None
    };
    let settings = settings.filter(|_| !source.failed());
    Reading { settings, problems: source.into_problems() }
}

fn whole(root: Section<'_>, file: &Path) -> Option<Settings> {
    let source = root.source();
    let base = file.parent().filter(|base| !base.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = Files { source, base };
    let schools = house::schools(&root);
    let listen = house::listen(&root, &files);
    let operations = house::operations(&root);
    let nightly_hour = house::nightly_hour(&root);
    let (vault, journal, roster) = house::stores(&root, &files);
    let roster_primary = house::roster_primary(&root);
    let (journal_origin, witnesses) = witness::of(&root, &files);
    let limits = house::limits(&root);
    let publishers = publisher::publishers(&root, &files, &schools);
    let url = listen.as_ref().is_some_and(|listen| listen.url.is_some());
    overlap::compare(source, &publishers, root.has("roster"), url);
    rules::compare(source, &publishers);
    rules::assertions(&root, &publishers);
    if !root.has("roster") {
        source.report(&school::NO_ROSTER, &(0..0), []);
    }
    root.finish();
    let digest = digest(source.text(), &publishers);
    Some(Settings {
        file: file.to_owned(),
        digest,
        schools: schools.into_iter().map(|school| school.value).collect(),
        listen: listen?,
        operations,
        nightly_hour,
        vault: vault?,
        journal: journal?,
        journal_origin,
        witnesses,
        roster,
        roster_primary,
        limits,
        publishers: publishers.into_iter().map(|publisher| publisher.value).collect(),
    })
}

/// SHA-256 over the file and, in order, the name and digest of each route's profile; every part is preceded
/// by its length, so that no two configurations have one digest.
fn digest(text: &str, publishers: &[At<PublisherSettings>]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |text: &[u8]| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    part(text.as_bytes());
    for route in publishers.iter().flat_map(|publisher| &publisher.value.routes) {
        part(route.profile_written.as_bytes());
        part(route.profile.digest());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
