//! The profiles that come with Sluis, on the messages of `tests/corpus/samples`.

use super::{found_in, json, lines};
use crate::profile::{Act, Category, Door, FindRefusal, Found, Material, Place, Profile, Selected, builtin};
use crate::rewrite::Document;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../tests/corpus/samples/", $name))
    };
}

fn reply(profile: &Profile, path: &[&str]) -> Selected {
    let asked = profile.request("GET", path, None).unwrap();
    profile.reply(asked, 200, Some("application/json")).unwrap()
}

fn find<'a>(profile: &Profile, selected: Selected, door: Door, body: &'a Document) -> (Found, Material<'a>) {
    let material = Material { body: Some(body), ..Material::default() };
    (found_in(profile, selected, door, &material).unwrap(), material)
}

/// What would still stand in the body: every text that no finding removes or replaces.
fn remaining(found: &Found, body: &Document) -> String {
    let gone = |node: u32| {
        found.findings.iter().any(|finding| match finding.place {
            Place::Body(at) => at <= node && node < body.node(at).unwrap().next,
            _ => false,
        })
    };
    let texts = (0..body.len() as u32).filter(|node| body.children(*node).next().is_none() && !gone(*node));
    texts.map(|node| format!("{}={}\n", body.name(node), body.text(node))).collect()
}

#[test]
fn edu_v_students_leave_without_a_name() {
    let profile = builtin("edu-v-students-1.1").unwrap();
    let selected = reply(&profile, &["students", "school"]);
    let body = json(sample!("eduv_get_students_school_response.json"));
    let (found, material) = find(&profile, selected, Door::Leave, &body);
    assert_eq!(found.persons.len(), 12);
    assert_eq!(found.orders.len(), 1);
    assert!(found.orders[0].elements.iter().all(|(_, person)| person.is_some()));
    let lines = lines(&profile, &found, &material);
    assert_eq!(
        lines[..10],
        [
            "/0/userMasterIdentifier pseudonym eck-id p0",
            "/0/userIds/0 drop p0",
            "/0/userIds/1/userId pseudonym profile-id p0",
            "/0/userIds/2/userId pseudonym las-key p0",
            "/0/givenName label Given p0",
            "/0/preferredFirstName label Given p0",
            "/0/familyName label Family p0",
            "/0/familyNamePrefix drop p0",
            "/0/dateOfBirth drop p0",
            "/0/gender constant \"unspecified\" p0",
        ]
    );
    let rest = remaining(&found, &body);
    assert_eq!(rest.lines().count(), 24, "only the types of the kept ids: {rest}");
    assert!(rest.lines().all(|line| line == "userIdType=NEPPI" || line == "userIdType=ASI"), "{rest}");
    // The pupil without ECK iD is named by the LAS key: the earliest rule's, not the first in the document.
    let bo = found.named_by(11);
    assert_eq!(found.text(found.findings[bo[0] as usize].place, &material), "LL-10034");
    let watched: Vec<_> = found.findings.iter().filter(|finding| finding.person == Some(11)).collect();
    for category in [Category::BirthDate, Category::Email, Category::Name, Category::PupilId] {
        assert!(watched.iter().any(|finding| finding.category == Some(category)), "{category}");
    }
}

#[test]
fn edu_v_results_enter_with_their_pupils() {
    let profile = builtin("edu-v-results-2.1").unwrap();
    let selected = profile.request("POST", &["results"], Some("application/json")).unwrap();
    let sample = sample!("eduv_post_results_request_PARTLY_UNVERIFIED.json");
    let body = json(sample);
    let material = Material { body: Some(&body), ..Material::default() };
    let refusal = found_in(&profile, selected, Door::Enter, &material).unwrap_err();
    let FindRefusal::NotListed { rule } = refusal else { panic!("{refusal:?}") };
    assert_eq!(rule, "edu-v-results-2.1 request POST /results unlisted (line 10)");

    let text: String = sample.lines().filter(|line| !line.contains("_unverified_student_part")).collect();
    let body = json(&text);
    let (found, material) = find(&profile, selected, Door::Enter, &body);
    let entering = lines(&profile, &found, &material);
    assert_eq!(entering.len(), 12);
    assert_eq!(entering[0], "/studentScoresAndResults/0/student/userMasterIdentifier pseudonym eck-id p0");
    assert_eq!(entering[11], "/studentScoresAndResults/11/student/userIds/0/userId pseudonym las-key p11");
    let (found, material) = find(&profile, selected, Door::Leave, &body);
    let leaving = lines(&profile, &found, &material);
    assert_eq!(leaving[0], "/additionalInfo drop");
    assert!(!remaining(&found, &body).contains("Björn"));

    let posted = profile.reply(selected, 201, None).unwrap();
    assert!(profile.format(posted).is_none());
    let receipt = profile.reply(selected, 200, Some("application/json")).unwrap();
    let body = json(r#"{"message":"LL-10027 (Maarten 't Hart)","id":5}"#);
    let (found, _) = find(&profile, receipt, Door::Leave, &body);
    assert_eq!(remaining(&found, &body), "");
}

#[test]
fn a_result_of_an_unknown_kind_of_number_refuses() {
    let profile = builtin("edu-v-results-2.1").unwrap();
    let selected = profile.request("POST", &["results"], Some("application/json")).unwrap();
    for kind in ["NEPRI", "asi", "", "BSN"] {
        let body = json(&format!(
            "{{\"studentScoresAndResults\":[{{\"student\":{{\"userIds\":[{{\"userId\":\"1\",\"userIdType\":\"{kind}\"}}]}}}}]}}"
        ));
        let material = Material { body: Some(&body), ..Material::default() };
        assert!(found_in(&profile, selected, Door::Enter, &material).is_err(), "{kind}");
    }
}

#[test]
fn sem_results_enter_and_their_remarks_do_not_leave() {
    let profile = builtin("sem-1.3").unwrap();
    let path = ["results", "12AB00"];
    let selected = profile.request("POST", &path, Some("application/json")).unwrap();
    let body = json(sample!("sem_simpleresult.json"));
    let material = Material { body: Some(&body), path: &path, ..Material::default() };
    let found = found_in(&profile, selected, Door::Enter, &material).unwrap();
    assert_eq!(
        lines(&profile, &found, &material),
        ["/eckId pseudonym eck-id p0", "/employees/0/eckId pseudonym eck-id p1"]
    );
    assert_eq!(found.findings[1].category, Some(Category::StaffId));
    let found = found_in(&profile, selected, Door::Leave, &material).unwrap();
    assert_eq!(
        lines(&profile, &found, &material),
        [
            "/assessmentName drop p0",
            "/eckId pseudonym eck-id p0",
            "/additionalInfo drop p0",
            "/employees/0/eckId pseudonym eck-id p1"
        ]
    );
    assert!(!remaining(&found, &body).contains("ketenid") && !remaining(&found, &body).contains("Berg"));
}

#[test]
fn sem_progress_keeps_its_address_inside_only() {
    let profile = builtin("sem-1.3").unwrap();
    let path = ["progress", "12AB00"];
    let selected = profile.request("POST", &path, Some("application/json")).unwrap();
    let body = json(sample!("sem_simpleprogress_id_in_url.json"));
    let material = Material { body: Some(&body), path: &path, ..Material::default() };
    let found = found_in(&profile, selected, Door::Enter, &material).unwrap();
    assert_eq!(
        lines(&profile, &found, &material),
        ["/userId/0/userId pseudonym profile-id p0", "/userId/1/userId pseudonym las-key p0"]
    );
    // Of two numbers the earlier rule's names the pupil.
    assert_eq!(found.named_by(0), [1, 0]);
    let found = found_in(&profile, selected, Door::Leave, &material).unwrap();
    assert!(lines(&profile, &found, &material).contains(&"/detailsUrl drop p0".to_owned()));
    assert!(!remaining(&found, &body).contains("3ab18d64"));
    let unknown =
        json(&sample!("sem_simpleresult.json").replace("\"result\":", "\"remarks\":\"x\",\"result\":"));
    let selected = profile.request("POST", &["results", "12AB00"], Some("application/json")).unwrap();
    let material = Material { body: Some(&unknown), path: &["results", "12AB00"], ..Material::default() };
    assert!(found_in(&profile, selected, Door::Enter, &material).is_err());
}

#[test]
fn oneroster_users_leave_without_a_name() {
    let profile = builtin("oneroster-1.2").unwrap();
    let selected = reply(&profile, &["rostering", "v1p2", "users"]);
    let body = json(sample!("oneroster-1.2-users-page.json"));
    let headers: Vec<(String, String)> = sample!("oneroster-1.2-users-page.headers.txt")
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let material = Material { body: Some(&body), headers: &headers, ..Material::default() };
    let found = found_in(&profile, selected, Door::Leave, &material).unwrap();
    let lines = lines(&profile, &found, &material);
    assert_eq!(lines[0], "header link links");
    assert_eq!(found.kept_headers, [1], "X-Total-Count");
    assert_eq!(
        lines[1..19],
        [
            "/users/0/sourcedId pseudonym sis-user p1",
            "/users/0/metadata drop p1",
            "/users/0/userMasterIdentifier drop p1",
            "/users/0/username pseudonym username p1",
            "/users/0/userIds drop p1",
            "/users/0/givenName label Given add p1",
            "/users/0/familyName label Family add p1",
            "/users/0/preferredFirstName label Given p1",
            "/users/0/roles/0/org/href address p1",
            "/users/0/userProfiles drop p1",
            "/users/0/primaryOrg/href address p1",
            "/users/0/identifier drop p1",
            "/users/0/email pseudonym email p1",
            "/users/0/sms drop p1",
            "/users/0/phone drop p1",
            "/users/0/agents/0/sourcedId pseudonym sis-user p2",
            "/users/0/agents/0/href address p2",
            "/users/1/sourcedId pseudonym sis-user p3",
        ]
        .map(|line| line.replace("p1", "p0").replace("p2", "p1").replace("p3", "p2"))
    );
    let rest = remaining(&found, &body).to_lowercase();
    for name in
        ["jip", "jansen", "amina", "amrani", "marijke", "bakker", "0001234", "d0042", "+31", "ouder", "eck"]
    {
        assert!(!rest.contains(name), "{name} in {rest}");
    }
    let orders: Vec<usize> = found.orders.iter().map(|order| order.elements.len()).collect();
    assert_eq!(orders, [3]);
    assert!(found.orders[0].elements.iter().all(|(_, person)| person.is_some()));
}

#[test]
fn oneroster_results_cross_both_ways() {
    let profile = builtin("oneroster-1.2").unwrap();
    let selected = reply(&profile, &["gradebook", "v1p2", "results"]);
    let body = json(sample!("oneroster-1.2-results-page.json"));
    let (found, material) = find(&profile, selected, Door::Leave, &body);
    assert_eq!(
        lines(&profile, &found, &material),
        [
            "/results/0/sourcedId pseudonym result p0",
            "/results/0/lineItem/sourcedId pseudonym line-item p0",
            "/results/0/lineItem/href address p0",
            "/results/0/student/sourcedId pseudonym sis-user p0",
            "/results/0/student/href address p0",
            "/results/0/comment drop p0",
        ]
    );
    assert!(!remaining(&found, &body).contains("Jip") && !remaining(&found, &body).contains("00012345"));
    let (found, material) = find(&profile, selected, Door::Enter, &body);
    assert!(!lines(&profile, &found, &material).join(" ").contains("comment"));

    let path = ["gradebook", "v1p2", "results", "r-1"];
    let put = profile.request("PUT", &path, Some("application/json")).unwrap();
    let body = json(
        r#"{"result":{"sourcedId":"r-1","status":"active","score":8.5,"student":{"sourcedId":"p","type":"user"},"comment":"Goed","metadata":{"naam":"Jip"}}}"#,
    );
    let material = Material { body: Some(&body), path: &path, ..Material::default() };
    let found = found_in(&profile, put, Door::Enter, &material).unwrap();
    assert_eq!(
        lines(&profile, &found, &material),
        [
            "path 3 pseudonym result",
            "/result/sourcedId pseudonym result p0",
            "/result/student/sourcedId pseudonym sis-user p0",
            "/result/metadata drop p0"
        ]
    );
    assert!(profile.reply(put, 201, Some("application/json")).is_ok());
    assert!(profile.reply(put, 204, None).is_ok());
}

#[test]
fn what_a_publisher_wrote_leaves_in_a_form_only() {
    let profile = builtin("oneroster-1.2").unwrap();
    let path = ["gradebook", "v1p2", "results", "r-1"];
    let put = profile.request("PUT", &path, Some("application/json")).unwrap();
    let reply = profile.reply(put, 200, Some("application/json")).unwrap();
    let body = json(
        r#"{"result":{"status":"Jansen","score":95312,"textScore":"Piet Jansen","scoreStatus":"Jansen, Piet",
            "scoreDate":"Jansen","late":"Jansen","dateLastModified":"95312",
            "lineItem":{"sourcedId":"Piet Jansen","type":"Jansen"},"student":{"sourcedId":"p","type":"Jansen"}}}"#,
    );
    let entering = Material { body: Some(&body), path: &path, ..Material::default() };
    let found = found_in(&profile, put, Door::Enter, &entering).unwrap();
    // Its own name in the path, what it is a result of, and whose: nothing else changes.
    assert_eq!(found.findings.len(), 3, "all of it enters: {found:?}");
    let (found, material) = find(&profile, reply, Door::Leave, &body);
    let rest = remaining(&found, &body);
    assert!(
        !rest.contains("Jansen") && !rest.contains("95312"),
        "{rest} {:?}",
        lines(&profile, &found, &material)
    );
    let body = json(
        r#"{"result":{"status":"active","score":8.50,"textScore":"goed","scoreStatus":"fully graded",
            "scoreDate":"2026-11-20","late":"false","missing":true,"dateLastModified":"2026-11-20T08:40:00.000Z",
            "lineItem":{"type":"lineItem"},"student":{"type":"user"}}}"#,
    );
    let (found, _) = find(&profile, reply, Door::Leave, &body);
    assert!(found.findings.is_empty());
    let body = json(
        r#"{"result":{"textScore":"jansen","class":{"sourcedId":"95312"},"scoreScale":{"sourcedId":"x"}}}"#,
    );
    let (found, material) = find(&profile, reply, Door::Leave, &body);
    let dropped = ["/result/textScore drop", "/result/class drop", "/result/scoreScale drop"];
    assert_eq!(lines(&profile, &found, &material), dropped, "no guess comes back");
}

#[test]
fn results_leave_with_marks_and_without_texts() {
    let profile = builtin("edu-v-results-2.1").unwrap();
    let selected = profile.request("POST", &["results"], Some("application/json")).unwrap();
    let body = json(
        r#"{"assessmentDefinition":{"id":"RM7-BLOK3","name":"Toets van Piet Jansen","parts":[{"id":"x","index":1}]},
            "studentScoresAndResults":[{"student":{"userMasterIdentifier":"e"},
            "results":[{"resultType":"1.0-10.0","resultValue":"5.5"},{"resultType":"Piet Jansen","resultValue":"95312"}],
            "scores":[{"scoreValue":40},{"scoreValue":95312}]}]}"#,
    );
    let (found, _) = find(&profile, selected, Door::Leave, &body);
    let rest = remaining(&found, &body);
    assert!(!rest.contains("Jansen") && !rest.contains("95312"), "{rest}");
    for kept in ["id=RM7-BLOK3", "index=1", "resultType=1.0-10.0", "resultValue=5.5", "scoreValue=40"] {
        assert!(rest.contains(kept), "{kept} in {rest}");
    }
    let (found, _) = find(&profile, selected, Door::Enter, &body);
    assert_eq!(found.findings.len(), 1, "all of it enters");
}

#[test]
fn every_sample_survives_a_route_without_roster() {
    let profile = builtin("edu-v-students-1.1").unwrap();
    let selected = reply(&profile, &["students", "school"]);
    let body = json(sample!("eduv_get_students_school_response.json"));
    let material = Material { body: Some(&body), ..Material::default() };
    let closed = profile.find(&selected, Door::Leave, true, &material).unwrap();
    let open = profile.find(&selected, Door::Leave, false, &material).unwrap();
    assert_eq!(closed.findings, open.findings, "all that is kept is an enumeration");
}

#[test]
fn an_xapi_statement_of_a_later_profile_is_found_whole() {
    let profile = Profile::read("x", include_str!("../../../tests/corpus/profiles/xapi-1.0.3.toml")).unwrap();
    let selected = profile.request("POST", &["statements"], Some("application/json")).unwrap();
    let body = json(sample!("xapi-statement-mbox.json"));
    let (found, material) = find(&profile, selected, Door::Leave, &body);
    assert_eq!(
        lines(&profile, &found, &material),
        [
            "/actor/name label Full p0",
            "/actor/mbox outside account.name p0",
            "/result/response drop",
            "/context/registration pseudonym registration",
            "/context/instructor/name label Full p1",
            "/context/instructor/mbox outside account.name p1",
            "/context/team/name drop p2",
            "/context/team/account/homePage swap home-page add p2",
            "/context/team/account/name pseudonym group p2",
            "/context/extensions drop",
        ]
    );
    let Act::Outside(outside) = &found.findings[1].act else { panic!() };
    assert_eq!(outside.neighbours.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["homePage"]);
    assert_eq!(outside.places.len(), 4);
}
