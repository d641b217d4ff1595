//! Reading a `[[publisher.route]]`: its mount, profile and swaps.
//!
//! It must not know who else has routes; `overlap.rs` compares them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::secret::Secret;

use super::address::read_mount;
use super::caller;
use super::files::Files;
use super::problem::At;
use super::settings::{AsksSettings, RouteSettings, SwapSettings};
use super::tree::Section;
use super::upstream;
use super::words::route as words;

/// One route, or nothing when a part of it that others need is missing.
pub(super) fn route(section: Section<'_>, files: &Files<'_>) -> Option<RouteSettings> {
    let source = section.source();
    let mount = section.needed("mount", "\"/rekenwonder/\"").and_then(|text| mount(&section, &text));
    if !section.has("asks") {
        section.missing("asks", "\"school\"");
    }
    let asks =
        section.word("asks", &[("school", AsksSettings::School), ("publisher", AsksSettings::Publisher)]);
    let asks = asks.map(|asks| asks.value);
    let profile = section.needed("profile", "\"oneroster-1.2\"");
    let upstream = upstream::upstream(&section, files, asks);
    let caller = caller::caller(&section, files, asks, mount.as_deref().unwrap_or("?"));
    let suspect = section.word("suspect", &[("block", false), ("report", true)]);
    let suspects_reported = suspect.is_some_and(|at| at.value);
    let swap = swap(&section, files);
    let needle = section.truth("needle").is_none_or(|needle| needle.value);
    let place = source.place(section.span());
    section.finish();
    let profile = profile?;
    let profile_written = profile.value.to_owned();
    let profile = super::profiles::find(&profile, files)?;
    Some(RouteSettings {
        place,
        mount: mount?,
        upstream: upstream?,
        asks: asks?,
        profile,
        profile_written,
        caller: caller?,
        needle,
        suspects_reported,
        swap,
    })
}

fn mount(section: &Section<'_>, text: &At<&str>) -> Option<String> {
    match read_mount(text.value) {
        Ok(mount) => Some(mount),
        Err(reason) => {
            section.source().report(
                &words::MOUNT,
                &text.span,
                [("found", text.value.into()), ("reason", reason)],
            );
            None
        }
    }
}

/// `[publisher.route.swap]`: a name for each pair.
fn swap(section: &Section<'_>, files: &Files<'_>) -> BTreeMap<String, Arc<SwapSettings>> {
    let mut swaps = BTreeMap::new();
    let Some(table) = section.section("swap", "[publisher.route.swap]") else { return swaps };
    for (name, value) in table.entries() {
        let Some(pair) = table.as_section(name.value, value) else { continue };
        let inside = side(&pair, files, "inside", "inside_file");
        let outside = side(&pair, files, "outside", "outside_file");
        pair.finish();
        if let (Some(inside), Some(outside)) = (inside, outside) {
            swaps.insert(name.value.to_owned(), Arc::new(SwapSettings { inside, outside }));
        }
    }
    swaps
}

fn side(
    pair: &Section<'_>,
    files: &Files<'_>,
    plain: &'static str,
    file: &'static str,
) -> Option<Secret<String>> {
    if !pair.exactly_one(&[plain, file]) {
        return None;
    }
    if let Some(text) = pair.text(plain) {
        return Some(Secret::new(text.value.to_owned()));
    }
    let token = files.token(file, &pair.text(file)?)?;
    String::from_utf8(token.bytes.to_vec()).ok().map(Secret::new)
}
