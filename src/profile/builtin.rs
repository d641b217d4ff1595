//! The profiles that come with Sluis: the files of `config/profiles`, which are also what a school edits.
//!
//! It must not know what is in them.

use super::rules::Profile;

/// File name and text of every profile that comes with Sluis, without the template.
const FILES: [(&str, &str); 4] = [
    ("edu-v-results-2.1.toml", include_str!("../../config/profiles/edu-v-results-2.1.toml")),
    ("edu-v-students-1.1.toml", include_str!("../../config/profiles/edu-v-students-1.1.toml")),
    ("oneroster-1.2.toml", include_str!("../../config/profiles/oneroster-1.2.toml")),
    ("sem-1.3.toml", include_str!("../../config/profiles/sem-1.3.toml")),
];

/// A profile that comes with Sluis, by the name that routes give; `None` when there is none of that name.
pub fn builtin(name: &str) -> Option<Profile> {
    let (file, text) = FILES.iter().find(|(file, _)| file.strip_suffix(".toml") == Some(name))?;
    // A test reads them all: they have no errors.
    Profile::read(file, text).ok()
}

/// The text of a profile that comes with Sluis, by the name that routes give.
pub fn builtin_text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| file.strip_suffix(".toml") == Some(name)).map(|(_, text)| *text)
}

/// The names of the profiles that come with Sluis.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(|(file, _)| file.strip_suffix(".toml"))
}
