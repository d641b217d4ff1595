//! Clean Dutch text: sentences with words that are names, under a roster of 10,000. How many are blocked is measured
//! and printed; at most one in ten thousand may be.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use sluis::gateway::guard::{Watch, clear};
use sluis::gateway::message::{Head, Message};

use super::leak_suite::{seed, watchlist};
use super::support::names::{Dice, pupils};

const SENTENCES: usize = 24_000;

const SUBJECTS: [&str; 40] = [
    "de roos",
    "een storm",
    "de bas",
    "de mei",
    "een boer",
    "de bakker",
    "de visser",
    "de smid",
    "onze kok",
    "een groene boot",
    "de prins",
    "de wolf",
    "de vos",
    "een haan",
    "de bos",
    "de berg",
    "het veld",
    "de heuvel",
    "de linde",
    "de iris",
    "een jade",
    "de winter",
    "de meulen",
    "een steen",
    "de mulder",
    "de dekker",
    "de brouwer",
    "de pater",
    "de koster",
    "een mol",
    "het hart",
    "de vriezer",
    "een kleine meijer",
    "de lange dijk",
    "het broek",
    "de horst",
    "de beek",
    "een noor",
    "de merel",
    "de job",
];
const VERBS: [&str; 24] = [
    "staat in",
    "waait over",
    "klinkt door",
    "komt na",
    "kijkt naar",
    "loopt langs",
    "slaapt onder",
    "woont bij",
    "groeit naast",
    "valt op",
    "speelt met",
    "schildert",
    "ziet",
    "hoort",
    "vindt",
    "maakt",
    "bewaart",
    "zoekt",
    "tekent",
    "beschrijft",
    "ligt achter",
    "rijdt rond",
    "wacht op",
    "wint van",
];
const OBJECTS: [&str; 36] = [
    "de storm",
    "de tuin van de boer",
    "het bos",
    "een berg, zo wit als sneeuw",
    "april en voor juni",
    "de zee bij storm",
    "een jong hert op de dijk",
    "de kok (en zijn haan)",
    "het water: 10023 liter, 4 meter diep",
    "de groene winter",
    "een bas",
    "de roos van de buurman",
    "het veld achter de kerk",
    "de lange weg naar huis",
    "de grote vos",
    "een witte steen",
    "de beek bij de molen",
    "het hart van de stad",
    "de jonge prins",
    "de koster en de pater",
    "een mol in het gras",
    "de sky bar aan de haven",
    "de wolf en de zeven geitjes",
    "een ster boven het veen",
    "de fleur van het feest",
    "de lotte van de zaal",
    "het merk Jade",
    "de kamp van de scouts",
    "de heer des huizes",
    "een linde in de laan",
    "de maas bij Roermond",
    "de wester in de verte",
    "de kaya van de camping",
    "de winter van 1963",
    "meer dan 3,5 kilo steen",
    "de wout met zijn bonnenboek",
];
const ENDS: [&str; 20] = [
    "",
    " in mei",
    " op 12 mei 2024",
    " volgens de toets",
    " en dat was mooi",
    ", zegt de juf",
    " in groep 7A",
    " bij opgave 3b",
    " (zie bladzijde 214)",
    " om 10.30 uur",
    " voor de tweede keer",
    " met een score van 7,5",
    " in lokaal B 12",
    " op de bas",
    " tot de winter",
    ". Mei was warm",
    ". Bas speelt bas",
    ". De storm is gaan liggen",
    "; Roos is een bloem",
    ", van A tot Z",
];
const WHOLE: [&str; 32] = [
    "Mei was warm.",
    "Bas speelt bas.",
    "De roos staat in de storm.",
    "Roos leest een boek en Storm tekent.",
    "Jan Steen schilderde het huishouden.",
    "In groep A staat een bakker in het boek.",
    "Vitamine B, de bakker heeft D nodig.",
    "Kies A, B of C. De prins kiest groen.",
    "'s Winters op de dijk, 's zomers in 't bos.",
    "Het verhaal van de wolf en de zeven geitjes.",
    "Maak opgave 4 tot en met 9 op bladzijde 31.",
    "De Gouden Eeuw duurde van 1588 tot 1672.",
    "Anne Frank schreef een dagboek.",
    "De Vries en Van den Berg zijn veel voorkomende namen.",
    "Rembrandt van Rijn werd geboren in Leiden.",
    "De leerling maken de toets opnieuw, de taken blijven gelijk.",
    "Het antwoord is 123456789 delen door 3.",
    "De bevolking groeide tot 17.590.672 inwoners.",
    "Bel 112 bij nood.",
    "Versie 2.14.3 van 08-12-2025 12:30.",
    "Job gaf Jet een ster voor de beste zin.",
    "De bakkers en de vissers gingen naar de haven.",
    "Wil je een kopie, An? Vraag het aan de conciërge.",
    "Plan B: groen licht voor de winter.",
    "De som van 06 en 12 is 18.",
    "Hoofdstuk 12, paragraaf 3: de Noordzee.",
    "Sam ging naar huis. Berg op, berg af.",
    "Robin Hood woonde in Sherwood.",
    "De Maas stroomt door Maastricht; de Waal door Nijmegen.",
    "Iris en Linde zijn planten.",
    "Op 4 mei herdenken wij, op 5 mei vieren wij.",
    "De trein van 10.04 uur naar Beek vertrekt van spoor 4b.",
];

fn sentence(dice: &mut Dice) -> String {
    if dice.below(12) == 0 {
        return dice.pick(&WHOLE).to_owned();
    }
    let made = format!(
        "{} {} {}{}.",
        dice.pick(&SUBJECTS),
        dice.pick(&VERBS),
        dice.pick(&OBJECTS),
        dice.pick(&ENDS)
    );
    match dice.below(10) {
        0 => made.to_uppercase(),
        1 => made.split(' ').map(capital).collect::<Vec<_>>().join(" "),
        _ => capital(&made),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[test]
fn clean_sentences_pass() {
    let seed = seed();
    println!("clean corpus: seed {seed} (SLUIS_SEED={seed} repeats it)");
    // Who is called as a painter is blocked with him: of 10,000 made names some are Jan Steen.
    let mut everyone = pupils(seed, 10_000);
    everyone.retain(|pupil| !(pupil.given.starts_with("Jan") && pupil.family.contains("Steen")));
    let list = watchlist(&everyone);
    let mut dice = Dice::new(seed ^ 0xC1EA);
    let mut blocked = Vec::new();
    for _ in 0..SENTENCES {
        let text = sentence(&mut dice);
        let body = serde_json::json!({ "sourcedId": "7f0a4c1e", "remark": text, "year": 2025 }).to_string();
        let message = Message {
            head: Head::Reply { status: StatusCode::OK, headers: HeaderMap::new() },
            body: Bytes::from(body),
        };
        if let Err(leak) = clear(&list, &Watch::new(), &[], message) {
            blocked.push(format!("{leak}: {text}"));
        }
    }
    let rate = blocked.len() as f64 * 10_000.0 / SENTENCES as f64;
    println!("clean corpus: {SENTENCES} sentences, {} blocked, {rate:.2} in 10,000", blocked.len());
    let shown = &blocked[..blocked.len().min(30)];
    assert!(rate <= 1.0, "seed {seed}: {rate:.2} in 10,000, such as {shown:#?}");
}
