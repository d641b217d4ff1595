//! A publisher's question: what `filter`, `sort` and the rest may ask of the built-in profiles.

use super::profile;
use crate::profile::{Category, Door, FindRefusal, Material, Place, Profile, Unlisted, builtin};

const USERS: [&str; 3] = ["rostering", "v1p2", "users"];

fn oneroster() -> Profile {
    builtin("oneroster-1.2").unwrap()
}

/// The findings of a question, without the size of its page where it says none.
fn ask(rules: &Profile, door: Door, path: &[&str], query: &str) -> Result<Vec<String>, FindRefusal> {
    let mut found = super::ask(rules, door, path, query)?;
    found.retain(|line| line != "+?limit constant 100");
    Ok(found)
}

fn filter(text: &str) -> String {
    let hex = |byte: u8| format!("%{byte:02X}");
    format!("filter={}", text.bytes().map(hex).collect::<String>())
}

#[test]
fn a_filter_asks_equality_with_a_pseudonym_or_what_is_kept() {
    let rules = oneroster();
    for (good, found) in [
        ("status='active'", ""),
        ("dateLastModified>'2026-01-01' AND role='student'", ""),
        ("sourcedId='x'", "?filter nested 0; [0]/sourcedId pseudonym sis-user"),
        (
            "sourcedId='x' OR sourcedId='y'",
            "?filter nested 0; [0]/sourcedId pseudonym sis-user; [0]/sourcedId pseudonym sis-user",
        ),
        ("email='a@b.example' AND status='active'", "?filter nested 0; [0]/email pseudonym email"),
    ] {
        assert_eq!(ask(&rules, Door::Enter, &USERS, &filter(good)).unwrap().join("; "), found, "{good}");
    }
    for question in [
        "givenName='Jip'",
        "familyName~'Jan'",
        "familyName>'M'",
        "sourcedId!='x'",
        "sourcedId~'00012'",
        "sourcedId>'u-1'",
        "email~'jip'",
        "username>='j'",
        "identifier='00012345'",
        "metadata.x='1'",
        "status='active' AND givenName='Jip'",
        "sourcedid='x'",
        "not a filter",
        "sourcedId='x' AND givenName~'J' OR role='student'",
        "agents.sourcedId='x'",
        "",
    ] {
        let refusal = ask(&rules, Door::Enter, &USERS, &filter(question));
        if question.is_empty() {
            assert!(refusal.unwrap().is_empty());
        } else {
            assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{question}: {refusal:?}");
        }
    }
}

#[test]
fn a_question_cannot_hold_a_guess_or_a_second_question() {
    let rules = oneroster();
    let enrollments = ["rostering", "v1p2", "enrollments"];
    let results = ["gradebook", "v1p2", "results"];
    let classes = ["rostering", "v1p2", "classes"];
    for (path, good) in [
        (&USERS, "roles.role='student' AND roles.roleType='primary'"),
        (&USERS, "grades~'08' AND enabledUser='true'"),
        (&enrollments, "class.sourcedId='wis-2b' AND dateLastModified>='2026-11-20T08:40:00.000Z'"),
        (&results, "class.sourcedId='wis-2b' AND scoreStatus='fully graded'"),
        (&results, "score>='5.5' AND score<'8'"),
        (&classes, "type='homeroom' OR sourcedId='wis-2b'"),
    ] {
        assert!(ask(&rules, Door::Enter, path, &filter(good)).unwrap().is_empty(), "{good}");
    }
    for (path, odd) in [
        (&USERS, "status='Jansen' OR status='Boer'"),
        (&USERS, "status='x AND familyName>M'"),
        (&USERS, "role='95312'"),
        (&USERS, "grades='Piet Jansen'"),
        (&USERS, "grades='95312'"),
        (&USERS, "enabledUser='jansen'"),
        (&USERS, "dateLastModified>'2026-11-20T08:40:00.95312Z'"),
        (&enrollments, "class.sourcedId='Piet Jansen'"),
        (&enrollments, "school.sourcedId='x'' OR ''1'"),
        (&results, "score='95312'"),
        (&results, "scoreStatus='Jansen'"),
        (&classes, "type='Jansen'"),
        (&classes, "sourcedId='x AND title>M'"),
    ] {
        let refusal = ask(&rules, Door::Enter, path, &filter(odd));
        assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{odd}: {refusal:?}");
    }
    let students = builtin("edu-v-students-1.1").unwrap();
    for (rules, path, odd) in [
        (&rules, &USERS[..], "limit=95312"),
        (&rules, &USERS[..], "limit=0"),
        (&rules, &USERS[..], "limit=95300"),
        (&rules, &USERS[..], "offset=Jansen"),
        (&students, &["students", "school"][..], "limit=95312"),
        (&students, &["students", "school"][..], "orgId=Piet%20Jansen"),
        (&students, &["students", "school"][..], "orgIdType=95312"),
    ] {
        let refusal = ask(rules, Door::Enter, path, odd);
        assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{odd}: {refusal:?}");
    }
}

#[test]
fn persons_are_asked_in_blocks() {
    let (rules, students) = (oneroster(), builtin("edu-v-students-1.1").unwrap());
    let lists: [(&Profile, &[&str]); 4] = [
        (&rules, &USERS),
        (&rules, &["rostering", "v1p2", "enrollments"]),
        (&rules, &["gradebook", "v1p2", "results"]),
        (&students, &["students", "school"]),
    ];
    for (rules, path) in lists {
        for good in ["limit=50", "limit=10000", "limit=100&offset=50", "offset=0"] {
            let found = ask(rules, Door::Enter, path, good).unwrap();
            assert!(found.iter().all(|line| line.contains("filterByOrgId")), "{path:?} {good} {found:?}");
        }
        // A page of one; two pages that differ by one; a block that begins elsewhere.
        for odd in ["limit=1", "limit=49", "limit=51", "limit=50&offset=1", "offset=51", "limit=50&limit=51"]
        {
            let refusal = ask(rules, Door::Enter, path, odd);
            assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{path:?} {odd}: {refusal:?}");
        }
    }
    // A page of the service's own size would be no block.
    for (rules, path) in &lists[..3] {
        assert_eq!(super::ask(rules, Door::Enter, path, "").unwrap(), ["+?limit constant 100"]);
        assert!(super::ask(rules, Door::Enter, path, "limit=50").unwrap().is_empty());
    }
    // Classes are no persons.
    assert!(
        ask(&rules, Door::Enter, &["rostering", "v1p2", "classes"], "limit=1&offset=3").unwrap().is_empty()
    );
}

#[test]
fn no_sort_by_an_identity_reaches_the_school() {
    let rules = oneroster();
    for column in [
        "givenName",
        "familyName",
        "sourcedId",
        "username",
        "email",
        "STATUS",
        "status,familyName",
        "status ",
    ] {
        let question = format!("sort={}&orderBy=desc&limit=50&offset=150", column.replace(' ', "%20"));
        assert_eq!(
            ask(&rules, Door::Enter, &USERS, &question).unwrap(),
            ["?sort drop", "?orderBy drop"],
            "{column}"
        );
    }
    assert!(ask(&rules, Door::Enter, &USERS, "sort=status&orderBy=desc").unwrap().is_empty());
    assert_eq!(ask(&rules, Door::Enter, &USERS, "orderBy=desc").unwrap(), ["?orderBy drop"]);
    assert_eq!(
        ask(&rules, Door::Enter, &USERS, "sort=status&orderBy=familyName").unwrap(),
        ["?orderBy drop"]
    );
    for twice in [
        "sort=status&sort=familyName",
        "sort=familyName&sort=status",
        "so%72t=familyName&sort=status",
        "orderBy=asc&orderBy=desc&sort=status",
    ] {
        let refusal = ask(&rules, Door::Enter, &USERS, twice);
        assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{twice}: {refusal:?}");
    }
}

#[test]
fn other_questions_refuse() {
    let rules = oneroster();
    for question in [
        "fields=givenName",
        "search=Jip",
        "q=Jip",
        "filter=status%3D'active'&filter=status%3D'x'",
        "Sort=familyName",
        "include=metadata",
    ] {
        let refusal = ask(&rules, Door::Enter, &USERS, question);
        assert!(matches!(refusal, Err(FindRefusal::Question { .. })), "{question}: {refusal:?}");
    }
    let students = builtin("edu-v-students-1.1").unwrap();
    let path = ["students", "school"];
    assert!(ask(&students, Door::Enter, &path, "lastName=Jansen").is_err());
    assert_eq!(
        ask(&students, Door::Enter, &path, "limit=50").unwrap(),
        ["+?filterByOrgId constant \"true\""]
    );
    assert_eq!(
        ask(&students, Door::Enter, &path, "filterByOrgId=false").unwrap(),
        ["?filterByOrgId constant \"true\""]
    );
    assert!(ask(&students, Door::Enter, &path, "filterByOrgId=true&filterByOrgId=false").is_err());
    // A request without any query gets it all the same.
    let selected = students.request("GET", &path, None).unwrap();
    let found =
        students.find(&selected, Door::Enter, false, &Material { path: &path, ..Material::default() });
    let places: Vec<Place> = found.unwrap().findings.iter().map(|finding| finding.place).collect();
    assert_eq!(places, [Place::InsertQuery]);
}

#[test]
fn the_same_question_leaves_with_pseudonyms() {
    let rules = oneroster();
    let found = ask(
        &rules,
        Door::Leave,
        &["rostering", "v1p2", "enrollments"],
        &filter("user.sourcedId='u-1' AND role='student'"),
    );
    assert_eq!(found.unwrap().join("; "), "?filter nested 0; [0]/user.sourcedId pseudonym sis-user");
}

#[test]
fn a_masked_attribute_in_or_may_occur_more_than_once_a_parameter_not() {
    let rules = profile(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = \"/x\"\nside = \"request\"\nformat = \"none\"\nfield = [ { at = \"query:ids\", do = \"nested\", as = \"list\", part = \"l\" } ]\n[part.l]\nfield = [ { at = \"*\", do = \"pseudonym\", kind = \"eck-id\" } ]\n",
    );
    assert_eq!(ask(&rules, Door::Enter, &["x"], "ids=a,b").unwrap().len(), 3);
    assert!(ask(&rules, Door::Enter, &["x"], "ids=a&ids=b").is_err());
}

#[test]
fn what_no_rule_says_is_taken_from_the_others() {
    let rules = oneroster();
    let path = |at: &str| rules.rules().iter().find(|rule| rule.at == at).unwrap();
    assert_eq!(path("path:user:sis-user").category, Some(Category::PupilId));
    assert_eq!(path("path:id:result").category, Some(Category::PupilId));
    // An address that leads nowhere: a header goes, a member is what its part says.
    assert_eq!(path("header:Link").unlisted, Unlisted::Drop);
    assert_eq!(path("/href").unlisted, Unlisted::Drop);
    assert_eq!(path("query:filter").unlisted, Unlisted::Refuse);
}

#[test]
fn the_kinds_of_the_language_are_those_of_identity() {
    use crate::identity::Kind;
    for kind in Kind::ALL {
        let text = format!(
            "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"GET\"\npath = \"/{{x:{}}}\"\nside = \"request\"\nformat = \"none\"\n",
            kind.as_str()
        );
        assert_eq!(profile(&text).kinds()[0].kind, *kind);
    }
    assert_eq!(Kind::ALL.len(), 12);
}
