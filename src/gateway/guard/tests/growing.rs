//! A watch that is filled a little at a time, with a look between, finds what one finds that is filled at once.

use proptest::prelude::*;

use super::super::{Suspects, clear_under};
use super::{Watch, WatchKind, Watchlist, clear, reply};

const GIVEN: [&str; 8] = ["Björn", "Anna Lot", "Zoë", "Piet", "Mo", "Sanne", "A", "Jean-Luc"];
const FAMILY: [&str; 8] =
    ["van den Berghuis", "Jansen", "Bo", "in 't Veld", "Öztürk", "Smit-de Vries", "Le Van", "O'Brien"];

/// A value of a pupil, of a few that many share.
fn value() -> impl Strategy<Value = (WatchKind, String)> {
    let name = |names: &'static [&'static str]| prop::sample::select(names).prop_map(str::to_owned);
    prop_oneof![
        name(&GIVEN).prop_map(|text| (WatchKind::GivenName, text)),
        name(&FAMILY).prop_map(|text| (WatchKind::FamilyName, text)),
        (name(&GIVEN), name(&FAMILY)).prop_map(|(one, two)| (WatchKind::FullName, format!("{one} {two}"))),
        (0..2000_u32).prop_map(|number| (WatchKind::Identifier, format!("LL-{number:05}"))),
        (0..90_u32).prop_map(|number| (WatchKind::Identifier, number.to_string())),
        (0..50_u32).prop_map(|number| (WatchKind::Email, format!("kanarie.{number}@leerling.example"))),
        (10..30_u32).prop_map(|day| (WatchKind::BirthDate, format!("2013-09-{day}"))),
        (0..50_u32).prop_map(|number| (WatchKind::Phone, format!("06-123456{number:02}"))),
        (0..50_u32).prop_map(|number| (WatchKind::Address, format!("Kanariestraat {number}, Zwolle"))),
    ]
}

fn texts(values: &[(u32, (WatchKind, String))]) -> Vec<String> {
    let alone = values.iter().map(|(_, (_, text))| text.clone());
    let beside = values
        .windows(2)
        .map(|two| two.iter().map(|(_, (_, text))| text.as_str()).collect::<Vec<_>>().join(" "));
    alone.chain(beside).chain(["niets van dat alles".to_owned()]).collect()
}

/// Whether something is found, and whether something certain is. Which of several is found first may differ.
fn found(watch: &Watch, text: &str) -> [bool; 2] {
    let message = || reply(format!(r#"{{"note":"{text}"}}"#));
    [Suspects::Block, Suspects::Report]
        .map(|suspects| clear_under(suspects, &Watchlist::empty(), watch, &[], message()).is_err())
}

/// Fills a watch at once, and another with looks between, before each of which everything is spelled that is there so far.
fn both(values: &[(u32, (WatchKind, String))], looks: &[bool]) -> (Watch, Watch) {
    let (mut at_once, mut grown) = (Watch::new(), Watch::new());
    for ((person, (kind, text)), look) in values.iter().zip(looks.iter().cycle()) {
        let person = (*person > 0).then_some(*person);
        at_once.add(person, *kind, text);
        if *look {
            found(&grown, text);
        }
        grown.add(person, *kind, text);
    }
    (at_once, grown)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Of a pupil who is spelled with a part of his values first, more may be found, and nothing less.
    #[test]
    fn a_little_at_a_time(
        values in prop::collection::vec((0..40_u32, value()), 1..160),
        looks in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let (at_once, grown) = both(&values, &looks);
        for text in texts(&values) {
            let (one, other) = (found(&at_once, &text), found(&grown, &text));
            prop_assert!(one.iter().zip(other).all(|(one, other)| !one || other), "{}", text);
        }
    }

    #[test]
    fn pupil_by_pupil(
        mut values in prop::collection::vec((1..60_u32, value()), 1..160),
        looks in prop::collection::vec(any::<bool>(), 60),
    ) {
        values.sort_by_key(|value| value.0);
        let first = |at: usize| at == 0 || values[at - 1].0 != values[at].0;
        let looks: Vec<bool> = (0..values.len()).map(|at| first(at) && looks[values[at].0 as usize]).collect();
        let (at_once, grown) = both(&values, &looks);
        for text in texts(&values) {
            prop_assert_eq!(found(&at_once, &text), found(&grown, &text), "{}", text);
        }
    }
}

/// Tables and filter grow many times over.
#[test]
fn many_pupils_one_after_another() {
    let mut watch = Watch::new();
    let roster = Watchlist::empty();
    let text = |pupil: u32| format!(r#"{{"note":"van LL-{pupil:05}: kanarie{pupil}x vogelzang{pupil}y"}}"#);
    for pupil in 0..4000_u32 {
        watch.add(Some(pupil), WatchKind::Identifier, &format!("LL-{pupil:05}"));
        watch.add(Some(pupil), WatchKind::FullName, &format!("Kanarie{pupil}x Vogelzang{pupil}y"));
        if pupil % 97 == 0 {
            for asked in [0, pupil / 2, pupil] {
                assert!(clear(&roster, &watch, &[], reply(text(asked))).is_err(), "{asked} of {pupil}");
            }
            assert!(clear(&roster, &watch, &[], reply(text(pupil + 1))).is_ok(), "{pupil}");
        }
    }
}
