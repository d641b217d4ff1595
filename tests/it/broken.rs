//! Messages that break: upstreams killed in the middle of a body, callers gone in the middle of theirs, bodies that
//! are small only as long as they are coded. Nothing of half a message crosses.

use rustls::pki_types::ServerName;
use serde_json::json;
use sluis::journal::{Detail, Event};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::leak::{own, record};
use super::support::codings::coded;
use super::support::pupils::{edu_v, sample};
use super::support::world::{Options, World, assert_refused};

const JSON: (&str, &str) = ("content-type", "application/json");
const RECORDS: &str = "/rekenwonder/own/records";
const STUDENTS: &str = "/from/rekenwonder/students/students/school";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_killed_in_its_answer_has_been_asked_once() {
    for far_protocol in ["http/1.1", "h2"] {
        let world = World::with(Options { far_protocol, ..own() }).await;
        let page = sample("eduv_get_students_school_response.json");
        // Half of it is a list of pupils already, and of these two bodies both halves are whole documents.
        let padded = format!(r#"{{"remark":"ontvangen"}}{}"#, " ".repeat(400));
        let half = page.len() / 2;
        assert!(world.canaries().find(&page.as_bytes()[..half]).is_some());
        let publisher = world.outside("rekenwonder");
        let school = world.inside("rekenwonder");
        let length = page.len().to_string();
        let mut refused = 0;
        for after in [0, half, page.len()] {
            for headers in [vec![JSON], vec![JSON, ("content-length", length.as_str())]] {
                if after == page.len() && headers.len() == 2 {
                    continue; // All that was announced has come: that is a whole answer.
                }
                world.forget();
                world.school.say(200, &headers, page.clone());
                world.school.break_off(Some(after));
                let reply = publisher.get(STUDENTS).await;
                assert_refused(&reply, 502, "SLS-901");
                assert_eq!(reply.json()["delivered"], true, "{far_protocol}, after {after}");
                assert_eq!(world.school.got().len(), 1, "nobody is asked twice");
                refused += 1;
            }
        }
        // What has come is a whole document. It is refused all the same: more was to follow.
        world.publisher.say(200, &[JSON], padded.clone());
        world.publisher.break_off(Some(24));
        let good = record(&edu_v()[0], "goed");
        let reply = school.post_json(RECORDS, good.clone()).await;
        assert_refused(&reply, 502, "SLS-901");
        assert_eq!(reply.json()["delivered"], true);
        assert_eq!(world.publisher.got().len(), 1, "nothing is repeated that may have had an effect");
        refused += 1;

        let told = world.leaves();
        let delivered = |event: Event| {
            let all = told.iter().filter(move |leaf| leaf.event == event);
            all.filter(|leaf| leaf.details.contains(&("delivered".to_owned(), Detail::Number(1)))).count()
        };
        assert_eq!(delivered(Event::REFUSED), refused, "the journal says that it was delivered");
        world.school.break_off(None);
        world.publisher.break_off(None);
        world.school.say_json(page);
        assert_eq!(publisher.get(STUDENTS).await.status, 200, "it serves on");
        let reply = school.post_json(RECORDS, good).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (200, padded.as_str()));
        world.clean();
    }
}

/// Sends these bytes behind a head, and goes away: after a goodbye of TLS, or without.
async fn go_away(world: &World, framing: &str, body: &[u8], politely: bool) {
    let caller = world.inside("rekenwonder");
    let socket = TcpStream::connect(caller.address).await.unwrap();
    let name = ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into());
    let mut stream = caller.connector.connect(name, socket).await.unwrap();
    let token = caller.token.unwrap();
    let head = format!(
        "POST {RECORDS} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\n{framing}\r\n\r\n",
        world.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream.flush().await.unwrap();
    if politely {
        stream.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_gone_in_its_body_has_asked_nothing() {
    let world = World::with(own()).await;
    world.publisher.say_json("{}");
    let body = record(&edu_v()[0], "goed");
    let (length, chunk) = (body.len(), format!("{:x}\r\n{body}\r\n", body.len()));
    let promised = format!("Content-Length: {}", length + 1);
    let chunked = "Transfer-Encoding: chunked";
    for politely in [true, false] {
        // The document is whole in the last three: only the framing says that it is not the message.
        go_away(&world, &format!("Content-Length: {length}"), &body.as_bytes()[..length / 2], politely).await;
        go_away(&world, &promised, body.as_bytes(), politely).await;
        go_away(&world, chunked, chunk.as_bytes(), politely).await;
        go_away(&world, chunked, format!("{chunk}0\r\n").as_bytes(), politely).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(world.publisher.raw().is_empty(), "half a message asks nothing");
    assert_eq!(world.leaves().iter().filter(|leaf| leaf.event == Event::LEFT).count(), 0);
    // The same bytes, with the end that they lacked, are a message.
    go_away(&world, chunked, format!("{chunk}0\r\n\r\n").as_bytes(), true).await;
    let asked = || async {
        while world.publisher.got().is_empty() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), asked()).await.unwrap();
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_unfolds_too_far_goes_nowhere_in_any_coding() {
    let world = World::with(own()).await;
    world.publisher.say_json("{}");
    let (school, publisher) = (world.inside("rekenwonder"), world.outside("rekenwonder"));
    let good = record(&edu_v()[0], "goed");
    // Valid documents, behind which nothing but room follows: under the limit of bytes, and beyond it.
    let roomy = |room: usize| [good.as_bytes(), &vec![b' '; room]].concat();
    let documents = [roomy(3 << 20), roomy(9 << 20)];
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let headers = [JSON, ("content-encoding", coding)];
        for (document, refused) in documents.iter().zip(["ratio", "size"]) {
            let body = coded(coding, document);
            assert!(body.len() * 100 < document.len(), "{coding}: {} is no bomb", body.len());
            let reply = school.send("POST", RECORDS, &headers, body.clone()).await;
            assert_eq!(reply.code(), "SLS-107", "{coding}, {refused}: {}", reply.text());
            assert_refused(&reply, 415, "SLS-107");
            world.school.say(200, &headers, body);
            assert_refused(&publisher.get(STUDENTS).await, 502, "SLS-107");
        }
        let twice = coded(coding, &coded(coding, good.as_bytes()));
        let stacked = format!("{coding}, {coding}");
        for headers in [vec![JSON, ("content-encoding", &stacked)], vec![headers[0], headers[1], headers[1]]]
        {
            assert_refused(&school.send("POST", RECORDS, &headers, twice.clone()).await, 415, "SLS-107");
        }
        // Coded twice and said once: what is left is no document.
        assert_refused(&school.send("POST", RECORDS, &headers, twice).await, 422, "SLS-110");
    }
    assert!(world.publisher.raw().is_empty(), "not a byte outside");
    let reply =
        school.send("POST", RECORDS, &[JSON, ("content-encoding", "br")], coded("br", good.as_bytes()));
    assert_eq!(reply.await.status, 200, "it serves on");
    assert_eq!(school.post_json(RECORDS, json!({ "score": 1 }).to_string()).await.status, 200);
    world.clean();
}
