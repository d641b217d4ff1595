//! Two lists: what the files prove, and what people attest. An auditor must not take one for the other.
//!
//! It must not promise more than `docs/JOURNAL.md` does.

use super::evidence::Evidence;
use super::page::Page;
use crate::config::Language;

/// The page.
pub(super) fn page(evidence: &Evidence<'_>, to: Language) -> Page {
    let mut page =
        Page::new(to, to.pick("What is proved, and what is attested", "Wat is bewezen, en wat is verklaard"));
    page.heading(
        2,
        to.pick(
            "Proved, by the files and the public key",
            "Bewezen, met de bestanden en de publieke sleutel",
        ),
    );
    page.list(proved(evidence, to));
    page.heading(
        2,
        to.pick("Attested, by whoever signs the summary", "Verklaard, door wie de samenvatting tekent"),
    );
    page.list(attested(to));
    page
}

fn proved(evidence: &Evidence<'_>, to: Language) -> Vec<String> {
    let register = evidence.register;
    let size = register.ground.size;
    let mut list = vec![
        format!(
            "{} {size} {}",
            to.pick("The", "De"),
            to.pick(
                "entries are whole, in order, and as they were when the checkpoint was signed.",
                "regels zijn compleet, in volgorde, en zoals ze waren toen het checkpoint werd ondertekend.",
            )
        ),
        to.pick(
            "Each message that left and is counted has an entry, with the SHA-256 of the bytes that left: a publisher can compare \
             what it received.",
            "Elk geteld bericht dat vertrok heeft een regel, met de SHA-256 van de bytes die vertrokken: een uitgever kan vergelijken \
             wat hij ontving.",
        )
        .to_owned(),
        to.pick(
            "Each entry names the SHA-256 of the configuration, of the rules and of the program under which it was made.",
            "Elke regel noemt de SHA-256 van de configuratie, van de regels en van het programma waaronder zij ontstond.",
        )
        .to_owned(),
        to.pick(
            "The counts follow from the entries: anybody can count again.",
            "De tellingen volgen uit de regels: iedereen kan opnieuw tellen.",
        )
        .to_owned(),
        format!(
            "{} ({}).",
            to.pick(
                "The sample was chosen by the entries' own hashes: the ten that left with the smallest SHA-256 of \
                 sluis-evidence-sample-v1, a newline and the leaf's hash",
                "De steekproef is gekozen door de regels zelf: de tien die vertrokken met de kleinste SHA-256 van \
                 sluis-evidence-sample-v1, een regeleinde en de hash van de regel",
            ),
            evidence.sample.len(),
        ),
    ];
    let mut cosigned = false;
    for (name, word) in &register.ground.witnesses {
        let Some(word) = word else { continue };
        cosigned = true;
        list.push(format!(
            "{} {name} {} {} {}",
            to.pick("With the key of witness", "Met de sleutel van getuige"),
            to.pick(
                "also that nothing was removed or replaced since it saw",
                "ook dat niets is weggehaald of vervangen sinds die"
            ),
            word.size,
            to.pick("entries.", "regels zag."),
        ));
    }
    if !cosigned {
        list.push(
            to.pick(
                "Not proved without a witness or a checkpoint kept elsewhere: that the whole journal was not made anew.",
                "Niet bewezen zonder getuige of elders bewaard checkpoint: dat niet het hele journaal opnieuw is gemaakt.",
            )
            .to_owned(),
        );
    }
    list
}

fn attested(to: Language) -> Vec<String> {
    [
        (
            "That the entries are true: that the program that wrote them was the one whose SHA-256 they name, on a machine that nobody else controlled.",
            "Dat de regels waar zijn: dat het programma dat ze schreef het programma was waarvan zij de SHA-256 noemen, op een machine die niemand anders beheerste.",
        ),
        (
            "That no traffic went round Sluis: no other road between the school's systems and the publisher.",
            "Dat er geen verkeer langs Sluis om ging: geen andere weg tussen de systemen van de school en de uitgever.",
        ),
        (
            "That the configuration in this bundle is the one with that SHA-256: the school's own file, without comments and secrets.",
            "Dat de configuratie in deze bundel die met die SHA-256 is: het bestand van de school, zonder commentaar en geheimen.",
        ),
        (
            "That the roster held the school's pupils: what nobody told Sluis it does not recognise.",
            "Dat de leerlingenlijst de leerlingen van de school bevatte: wat niemand Sluis vertelde, herkent het niet.",
        ),
        (
            "That the machine's clock was right, within what the entries' order shows.",
            "Dat de klok van de machine goed stond, voor zover de volgorde van de regels niets anders laat zien.",
        ),
        (
            "That agreement, place and kind of each publisher are as recorded.",
            "Dat overeenkomst, plaats en soort van elke uitgever zijn zoals vastgelegd.",
        ),
        (
            "What no rule promises: that kept fields such as class, grade and times point at nobody; names in images and in what is encrypted.",
            "Wat geen regel belooft: dat velden die blijven, zoals klas, cijfer en tijden, naar niemand wijzen; namen in beelden en in wat versleuteld is.",
        ),
    ]
    .into_iter()
    .map(|(english, dutch)| to.pick(english, dutch).to_owned())
    .collect()
}
