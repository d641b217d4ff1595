//! Looking a name up after whole exchanges over real sockets: what left is found, whatever roster or guard knew.

use std::path::Path;

use sluis::gateway::needle::{Asked, Found, Question, kept_key, look};

use super::leak::{own, record};
use super::support::process::Place;
use super::support::pupils::edu_v;
use super::support::world::{Options, World};

/// Nobody's name in any roster of these tests.
const STRANGER: &str = "Quirijn van der Zandhoek";

fn found(world: &World, name: &str) -> Found {
    let house = world.gateway.house();
    house.needle.as_ref().unwrap().flush();
    let journal = world.folder.path().join("journal");
    let question = Question::new(name).unwrap();
    look(
        &journal,
        &question,
        &Asked::default(),
        &mut |month| kept_key(&journal, month, &house.vault),
        &|_| {},
    )
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_no_roster_held_is_found_where_it_left() {
    let world = World::with(Options { needle: Some(true), ..own() }).await;
    let pupil = edu_v().remove(0);
    let school = world.inside("rekenwonder");
    world.publisher.say_json(r#"{"remark":"ontvangen"}"#);
    for remark in
        ["goed gewerkt", "samen met Quirijn v.d. Zandhoek", "zandhoek\u{2019}s groep", "met Quirijn"]
    {
        let reply = school.post_json("/rekenwonder/own/records", record(&pupil, remark)).await;
        assert_eq!(reply.status, 200, "{remark}: {}", reply.text());
    }
    // What enters is not what leaves.
    assert!(found(&world, "ontvangen").hits.is_empty());
    // The publisher asks: the reply leaves.
    world.school.say_json(record(&pupil, "Zandhoek, Quirijn").as_str().to_owned());
    let reply = world.outside("taalreus").post_json("/from/taalreus/own/records", "{}").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = found(&world, STRANGER);
    assert_eq!((answer.exchanges, answer.covered, answer.missing.all()), (5, 5, 0));
    let routes: Vec<&str> = answer.hits.iter().map(|hit| hit.route.as_str()).collect();
    assert_eq!(routes, ["/rekenwonder/own/records", "/from/taalreus/own/records"]);
    assert!(answer.hits.iter().all(|hit| hit.together));
    assert_eq!(found(&world, "Zandhoek").hits.len(), 3);
    assert_eq!(found(&world, "goed").hits.len(), 1);
    // The pupil did not leave, and the exchange is the journal's.
    assert!(found(&world, &pupil.name()).hits.is_empty());
    let hit = answer.hits[0].exchange;
    assert!(world.leaves().iter().any(|leaf| leaf.exchange == Some(hit) && leaf.left.is_some()));
    world.clean();
    for path in super::support::world::files(&world.folder.path().join("journal")) {
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        assert!(!bytes.windows(8).any(|part| part == b"zandhoek"), "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_without_filters_and_a_crash_are_not_covered() {
    let world = World::with(Options { needle: Some(false), ..own() }).await;
    let pupil = edu_v().remove(0);
    world.publisher.say_json("{}");
    for publisher in ["rekenwonder", "taalreus"] {
        let path = format!("/{publisher}/own/records");
        let reply = world.inside(publisher).post_json(&path, record(&pupil, "met Quirijn")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let answer = found(&world, "Quirijn");
    assert_eq!((answer.exchanges, answer.covered), (2, 1));
    assert_eq!((answer.missing.off, answer.missing.no_filter, answer.hits.len()), (1, 0, 1));
    assert_eq!(answer.hits[0].scope.as_ref().unwrap().publisher, "taalreus");
    // The filter is gone, as it would be if the machine had stopped before it was on the disk.
    let needle = world.folder.path().join("journal/needle");
    let filters = std::fs::read_dir(&needle).unwrap().map(|entry| entry.unwrap().path());
    filters.filter(|path| path.is_file()).for_each(|path| std::fs::remove_file(path).unwrap());
    let world = world.after(Options { needle: Some(true), ..own() }).await;
    let answer = found(&world, "Quirijn");
    assert_eq!((answer.covered, answer.missing.off, answer.missing.no_filter), (0, 1, 1));
    assert_eq!(answer.wrong.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_stops_no_exchange_by_its_filters() {
    let world = World::with(Options { needle: Some(true), ..own() }).await;
    // A file where the directory should be: nothing can be kept.
    std::fs::write(world.folder.path().join("journal/needle"), "").unwrap();
    let pupil = edu_v().remove(0);
    world.publisher.say_json("{}");
    let school = world.inside("rekenwonder");
    let reply = school.post_json("/rekenwonder/own/records", record(&pupil, "met Quirijn")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let house = world.gateway.house();
    house.needle.as_ref().unwrap().flush();
    assert_eq!(house.needle.as_ref().unwrap().missed(), 1);
    std::fs::remove_file(world.folder.path().join("journal/needle")).unwrap();
    let answer = found(&world, "Quirijn");
    assert_eq!((answer.exchanges, answer.covered, answer.missing.no_filter), (1, 0, 1));
}

#[test]
fn the_name_is_never_an_argument_and_a_key_is_handed_over_once() {
    let place = Place::school();
    place.put("name.txt", STRANGER);
    let asked = |arguments: &[&str]| {
        let output = place.run(arguments);
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).to_lowercase().contains("zandhoek"));
        output.status.code()
    };
    assert_eq!(asked(&["journal", "needle", "Jan"]), Some(2));
    // Nothing left: none of nothing is no answer.
    assert_eq!(asked(&["journal", "needle", "--name-file", "name.txt"]), Some(3));
    assert_eq!(asked(&["journal", "needle", "--name-file", "name.txt", "--from", "2026"]), Some(2));
    let handed = ["journal", "needle-key", "2026-11", "--out", "key", "--reason", "for the auditor"];
    assert_eq!(asked(&handed), Some(1));
    assert!(!Path::new(&place.path("key")).exists());
}

#[test]
fn a_month_that_is_over_can_be_ended_and_the_journal_says_so() {
    let place = Place::school();
    place.serve().stop();
    {
        // As if something had left in that month.
        let key = sluis::vault::Unlock::KeyFile(place.path("secrets/unseal.key"));
        let settings = sluis::vault::Settings::at(place.path("state/vault"));
        let vault = sluis::vault::Vault::open(&settings, &key, None, &mut |_| {}).unwrap();
        let sealed = vault.seal_file("needle key 1 1999-12", &[7; 32]).unwrap();
        std::fs::create_dir_all(place.path("state/journal/needle/keys")).unwrap();
        std::fs::write(place.path("state/journal/needle/keys/1999-12"), sealed).unwrap();
    }
    let reason = ["--reason", "the agreement ended"];
    place.good(&[&["journal", "needle-key", "1999-12", "--out", "key"][..], &reason].concat());
    assert!(place.read("key").starts_with("sluis-needle-key-1 1999-12 0707"));
    let remove = [&["journal", "needle-key", "1999-12", "--remove"][..], &reason].concat();
    let server = place.serve();
    place.good(&remove);
    assert!(!place.path("state/journal/needle/keys/1999-12").exists());
    assert!(place.fails(&remove).contains("CLI-173"));
    server.stop();
    let mut leaves = sluis::journal::Leaves::open(&place.path("state/journal")).unwrap();
    let acts: Vec<_> = std::iter::from_fn(|| leaves.read().unwrap())
        .filter(|(leaf, _)| leaf.event == sluis::journal::Event::NEEDLE_KEY)
        .map(|(leaf, _)| format!("{:?}", leaf.details))
        .collect();
    assert!(acts[0].contains("handed-over") && acts[1].contains("removed"), "{acts:?}");
    assert!(
        acts.len() == 2
            && acts.iter().all(|act| act.contains("1999-12") && act.contains("the agreement ended"))
    );
}
