//! The big list of naughty strings as pupils' names: in a record that is masked, in the roster, and then in a free
//! text.

use super::corpora::{read, some};
use super::ground::{Ground, ROSTER, Wishes, post};
use super::tally::{NAMES, Tally};

/// Names that parents really give, and that programs choke on.
const OWN: [&str; 18] = [
    "Null",
    "undefined",
    "NaN",
    "True",
    "O'Neill-van der Berg",
    "Jip\" OR 1=1 --",
    "=1+1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "Bobby'); DROP TABLE pupils;--",
    "Zo\u{eb}",
    "Zoe\u{308}",
    "\u{202e}netnaj",
    "\u{200b}Canarinus\u{200b}",
    "a\r\nSet-Cookie: x=y",
    "{{7*7}}",
    "\u{1f469}\u{200d}\u{1f52c}",
    "Ｃａｎａｒｉｎｕｓ",
];

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// As it stands, and as JSON writes it; only what is long enough to be no chance.
fn found(raw: &[u8], name: &str) -> bool {
    let written = json(name);
    let written = &written[1..written.len() - 1];
    [name, written].iter().any(|text| {
        text.trim().chars().count() >= 6 && memchr::memmem::find(raw, text.trim().as_bytes()).is_some()
    })
}

fn all() -> Vec<String> {
    let mut all: Vec<String> = OWN.iter().map(|&name| name.to_owned()).collect();
    all.extend(some(read::<Vec<String>>("blns/blns.json").unwrap_or_default(), 130));
    all.dedup();
    all
}

#[test]
fn naughty_strings_as_names() {
    let mut tally = Tally::default();
    let names = all();
    let ground = with_roster(&names, &mut tally);
    for (number, name) in names.iter().enumerate() {
        let id = format!("LL-7{number:04}");
        let bodies = [
            format!(
                "{{\"id\":{},\"given\":{},\"family\":{},\"score\":1}}",
                json(&id),
                json(name),
                json("Vreemdveld")
            ),
            format!("{{\"id\":{},\"name\":{},\"score\":1}}", json(&id), json(name)),
            format!(
                "{{\"id\":{},\"family\":{},\"remark\":\"goed gewerkt\",\"score\":1}}",
                json(&id),
                json(name)
            ),
            format!("{{\"id\":{},\"score\":1}}", json(name)),
            // In a free text, beside the pupil to whom it belongs.
            format!(
                "{{\"id\":{},\"given\":{},\"family\":\"Vreemdveld\",\"remark\":{}}}",
                json(&id),
                json(name),
                json(&format!("werk van {name} Vreemdveld"))
            ),
        ];
        for (place, body) in ["given", "full", "family", "id", "remark"].into_iter().zip(&bodies) {
            let before = ground.publisher.raw().len();
            let said = ground.told(&post("/own/records", body));
            let arrived = ground.arrived();
            let raw = ground.publisher.raw();
            let left = &raw[before..];
            let passed = said.as_ref().is_ok_and(|said| said.len() == 1 && said[0].status == 204);
            let refused =
                said.as_ref().is_ok_and(|said| said.len() == 1 && matches!(said[0].status, 413 | 422));
            let good = (passed && arrived.as_ref().is_ok_and(|seen| seen.len() == 1))
                || (refused && left.is_empty());
            let names_it = found(left, name)
                || memchr::memmem::find(left, b"Vreemdveld").is_some()
                || memchr::memmem::find(left, id.as_bytes()).is_some();
            tally.judge(good && !names_it, || {
                format!("{place} {name:?}: {said:?} {}", String::from_utf8_lossy(left))
            });
        }
        if number % 100 == 0 {
            ground.serves_on();
        }
    }
    ground.settle(&["Vreemdveld"]);
    tally.done(&NAMES);
}

/// A running Sluis whose roster holds all of them that can be imported. One by one a row is taken or named with its
/// number; what is named is left out.
fn with_roster(names: &[String], tally: &mut Tally) -> Ground {
    let place = super::process::Place::school();
    let mut rows: Vec<(usize, &String)> = names.iter().enumerate().collect();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let sheet = |rows: &[(usize, &String)]| {
        let pupils = rows
            .iter()
            .map(|(number, name)| format!("3{number:04};LL-3{number:04};Canarina;{};\n", quoted(name)));
        ROSTER.to_owned() + &pupils.collect::<String>()
    };
    let mut left_out = 0;
    loop {
        place.put("naughty.csv", &sheet(&rows));
        let output = place.run(&["roster", "import", "naughty.csv", "--json"]);
        if output.status.success() || output.status.code() == Some(3) {
            break;
        }
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "it ends in good order: {said}");
        let row = said
            .split("row ")
            .nth(1)
            .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        let row: usize =
            row.and_then(|row| row.parse().ok()).unwrap_or_else(|| panic!("no row is named: {said}"));
        // A header, two pupils, then these; rows are counted from 1.
        let (_, name) = rows.remove(row.checked_sub(4).unwrap_or_else(|| panic!("row {row}: {said}")));
        tally.except("the roster import refuses the row and names it", format!("{name:?}"));
        left_out += 1;
        assert!(left_out < 60, "too many rows are refused: {said}");
    }
    for _ in &rows {
        tally.pass();
    }
    Ground::with(&Wishes { roster: sheet(&rows), ..Wishes::default() })
}
