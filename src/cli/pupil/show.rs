//! A pupil's data on the screen.
//!
//! It must not know where they come from.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::terms;
use crate::cli::screen::Screen;

/// Everything about a pupil.
pub(super) fn all(report: &Value, screen: &Screen) {
    if screen.json {
        screen.report(report);
        return;
    }
    match report.get("roster").filter(|roster| !roster.is_null()) {
        Some(roster) => {
            screen.say(&screen.bold(screen.pick("in the roster", "in de leerlingenlijst")));
            rows(roster, screen)
                .into_iter()
                .for_each(|(name, value)| screen.say(&format!("  {name}: {value}")));
        }
        None => screen.say(screen.pick("not in the roster", "niet in de leerlingenlijst")),
    }
    for said in list(report, "said") {
        let stance = terms::stance(text(said, "stance"), screen.language);
        screen.say(&format!("  {stance}: {} ({})", text(said, "publisher"), text(said, "date")));
    }
    for publisher in list(report, "publishers") {
        one_publisher(publisher, screen);
    }
    if list(report, "publishers").next().is_none() {
        screen.say(screen.pick("shared with nobody", "met niemand gedeeld"));
    }
}

fn one_publisher(publisher: &Value, screen: &Screen) {
    let names: Vec<&str> = list(publisher, "configured").map(|of| text(of, "name")).collect();
    let id = text(publisher, "publisher");
    let name = if names.is_empty() { id.to_owned() } else { format!("{} ({id})", names.join(", ")) };
    screen.say("");
    screen.say(&screen.bold(&name));
    let crossed = publisher.get("crossed");
    let count = crossed.and_then(|of| of.get("count")).and_then(Value::as_u64).unwrap_or_default();
    match (count, crossed) {
        (0, _) | (_, None) => screen.say(screen.pick("  never crossed", "  nooit gepasseerd")),
        (_, Some(crossed)) => screen.say(&format!(
            "  {} {count} · {} {} · {} {}",
            screen.pick("messages with this pupil:", "berichten met deze leerling:"),
            screen.pick("first", "eerst"),
            text(crossed, "first"),
            screen.pick("last", "laatst"),
            text(crossed, "last"),
        )),
    }
    crossed.into_iter().for_each(|crossed| left(crossed, screen));
    for of in list(publisher, "pseudonyms") {
        let state = match text(of, "state") {
            "serving" => screen.pick("in use", "in gebruik"),
            _ => screen.pick("comes home only", "komt alleen nog thuis"),
        };
        let (epoch, pseudonym) = (text(of, "epoch"), text(of, "pseudonym"));
        screen.say(&format!(
            "  {epoch} · {} {} → {pseudonym} · {state}",
            text(of, "kind"),
            text(of, "identifier")
        ));
    }
    for of in list(publisher, "stand_ins") {
        let name = screen.pick("stand-in", "plaatsvervangende naam");
        screen.say(&format!("  {} · {name} {} {}", text(of, "epoch"), text(of, "given"), text(of, "family")));
        for field in list(of, "fields") {
            let instead = screen.pick("instead of", "in plaats van");
            screen.say(&format!("    {}: {instead} {}", text(field, "field"), text(field, "real")));
        }
    }
    for of in list(publisher, "names_of_the_publisher") {
        let own = screen.pick("the publisher's own", "van de uitgever zelf:");
        screen.say(&format!("  {} · {own} {} {}", text(of, "epoch"), text(of, "kind"), text(of, "name")));
    }
    for configured in list(publisher, "configured") {
        if configured.get("eck_id_kept").and_then(Value::as_bool).unwrap_or_default() {
            screen.say(screen.pick("  the ECK iD leaves as it is", "  het ECK iD vertrekt zoals het is"));
        }
        if let Some(told) = terms::standing(text(configured, "standing"), screen.language) {
            screen.say(&format!("  {told}"));
        }
        for route in list(configured, "routes") {
            let can = screen.pick("can leave by", "kan vertrekken over");
            screen.say(&format!("  {can} {} ({})", text(route, "route"), text(route, "profile")));
            for share in list(route, "shares") {
                let fields: Vec<&str> = list(share, "fields").filter_map(Value::as_str).collect();
                let category = terms::category(text(share, "category"), screen.language);
                let how = terms::how(text(share, "how"), screen.language);
                screen.say(&format!("    {category}, {how}: {}", fields.join(", ")));
            }
        }
    }
}

/// What was in the messages that this pupil was in.
fn left(crossed: &Value, screen: &Screen) {
    for of in list(crossed, "fields") {
        let number = |key: &str| of.get(key).and_then(Value::as_u64).unwrap_or_default();
        screen.say(&format!(
            "    {}, {}: {} · {} {}, {} {}",
            terms::category(text(of, "category"), screen.language),
            terms::how(text(of, "how"), screen.language),
            text(of, "field"),
            number("messages_about_this_pupil"),
            screen.pick("about this pupil", "over deze leerling"),
            number("messages_about_others_too"),
            screen.pick("about others too", "ook over anderen"),
        ));
    }
}

/// Pupils of one name, numbered.
pub(super) fn candidates(candidates: &[Value], screen: &Screen) {
    if screen.json {
        screen.report(&json!({ "candidates": candidates }));
        return;
    }
    for (place, of) in candidates.iter().enumerate() {
        let number = place + 1;
        let name = text(of, "name");
        screen.say(&format!(
            "{number}  {name} · {} · {} {}",
            text(of, "birth_date"),
            text(of, "kind"),
            text(of, "value")
        ));
    }
}

/// What was forgotten.
pub(super) fn forgotten(report: &Value, screen: &Screen) {
    if screen.json {
        screen.report(report);
        return;
    }
    let number = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or_default();
    let truth = |key: &str| report.get(key).and_then(Value::as_bool).unwrap_or_default();
    screen.say(&format!(
        "{} {} {} · {} {} · {} {} · {}",
        screen.pick("forgotten:", "vergeten:"),
        number("pseudonyms"),
        screen.pick("pseudonyms", "pseudoniemen"),
        number("stand_ins"),
        screen.pick("stand-ins", "plaatsvervangende namen"),
        number("names_of_publishers"),
        screen.pick("names of publishers", "namen van uitgevers"),
        match truth("roster") {
            true => screen.pick("gone from the roster", "weg uit de leerlingenlijst"),
            false => screen.pick("was not in the roster", "stond niet in de leerlingenlijst"),
        },
    ));
    screen.say(match (truth("rewritten"), truth("owes_rewriting")) {
        (true, _) => screen.pick("  the vault's log was written anew without him", "  het logboek van de kluis is opnieuw geschreven, zonder deze leerling"),
        (_, true) => screen.pick(
            "  his records are out of reach, and leave the vault's log tonight; --now does it at once",
            "  de regels zijn onbereikbaar, en verdwijnen vannacht uit het logboek van de kluis; --now doet het meteen",
        ),
        _ => screen.pick("  nothing of him is left in the vault's log", "  in het logboek van de kluis staat niets meer"),
    });
    screen.say(screen.pick(
        "  copy `erased` from the vault's directory to the recovery kit: with it he stays forgotten when all else is lost",
        "  kopieer `erased` uit de map van de kluis naar de herstelset: daarmee blijft de leerling vergeten als al het andere verloren is",
    ));
    screen.say(screen.pick(
        "  take him out of the school's own systems too: the next import of the roster would bring him back",
        "  haal de leerling ook uit de eigen systemen van de school: de volgende leerlingenlijst zou hem terugbrengen",
    ));
}

/// Where an export stands.
pub(super) fn written(paths: &[PathBuf], screen: &Screen) {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    if screen.json {
        screen.report(&json!({ "written": shown }));
        return;
    }
    for path in &shown {
        screen.say(&format!("{} {path}", screen.pick("written:", "geschreven:")));
    }
    screen.say(screen.pick(
        "  they hold a pupil's data: hand them over, and remove them",
        "  zij bevatten gegevens van een leerling: geef ze af, en verwijder ze",
    ));
}

/// What the roster knows, in rows.
pub(super) fn rows(roster: &Value, screen: &Screen) -> Vec<(String, String)> {
    facts(roster, screen.language)
}

/// The same in a language.
pub(super) fn facts(roster: &Value, language: crate::config::Language) -> Vec<(String, String)> {
    let identifiers =
        list(roster, "identifiers").map(|of| (text(of, "kind").to_owned(), text(of, "value").to_owned()));
    let fields = roster.as_object().into_iter().flatten().filter(|(name, _)| *name != "identifiers");
    let fields = fields.map(|(name, values)| {
        let values: Vec<&str> = values.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        (terms::field(name, language).to_owned(), values.join(", "))
    });
    identifiers.chain(fields).collect()
}

/// The members of a list.
pub(super) fn list<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    of.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A text member; empty when it is not there.
pub(super) fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}
