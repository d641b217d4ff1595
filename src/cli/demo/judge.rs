//! Whether the demo showed what it should: its own check, on what was recorded.
//!
//! It must not trust Sluis: bytes decide.

use super::pupils::COUNT;
use super::search::{Secret, search};
use super::story::{Exchange, Topic};
use crate::journal::Report;

/// The code of a refusal by the guard.
const LEAK: &str = "SLS-601";

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What names a pupil and reached the publisher: its kind, once for each value.
    pub(super) reached: Vec<&'static str>,
    /// Differences that no rule explains.
    pub(super) unexplained: usize,
    /// Exchanges that did not end as they should.
    pub(super) astray: Vec<Topic>,
    /// Planted names that were stopped.
    pub(super) stopped: usize,
    /// Bytes that were searched.
    pub(super) bytes: usize,
    /// Values that they were searched for.
    pub(super) values: usize,
    /// The journal, verified; nothing before that was done.
    pub(super) journal: Option<Report>,
}

impl Verdict {
    /// Judges all exchanges, and everything that the publisher was sent.
    pub(super) fn of(exchanges: &[Exchange], outside: &[u8], secrets: &[Secret]) -> Self {
        let reached = search(outside, secrets).into_iter().map(|secret| secret.what).collect();
        let stopped = |exchange: &&Exchange| planted(exchange.topic) && is_stopped(exchange);
        Self {
            reached,
            unexplained: exchanges.iter().map(Exchange::unexplained).sum(),
            astray: exchanges.iter().filter(|exchange| !as_it_should(exchange)).map(|e| e.topic).collect(),
            stopped: exchanges.iter().filter(stopped).count(),
            bytes: outside.len(),
            values: secrets.len(),
            journal: None,
        }
    }

    /// Whether everything went as it should.
    pub(super) fn is_good(&self) -> bool {
        self.journal.as_ref().is_none_or(Report::is_good)
            && self.reached.is_empty()
            && self.unexplained == 0
            && self.astray.is_empty()
    }
}

fn planted(topic: Topic) -> bool {
    matches!(topic, Topic::PlantedRequest | Topic::PlantedReply)
}

fn as_it_should(exchange: &Exchange) -> bool {
    if planted(exchange.topic) {
        return is_stopped(exchange);
    }
    let about = match exchange.topic {
        Topic::Students | Topic::Results | Topic::ResultsPage => COUNT,
        Topic::SimpleResult | Topic::OnePupil => 1,
        _ => 0,
    };
    let whole = |(inside, outside): &(String, String)| !inside.is_empty() && !outside.is_empty();
    let carried = exchange.refusal().is_none() && (200..300).contains(&exchange.got.status());
    carried && exchange.people.len() == about && exchange.people.iter().all(whole)
}

/// The guard refused it, the journal knows, and nothing of the message is with the publisher.
fn is_stopped(exchange: &Exchange) -> bool {
    let refused = exchange.refusal().as_deref() == Some(LEAK);
    let known = exchange.leaves.iter().any(|leaf| leaf.event == crate::journal::Event::REFUSED);
    let nothing = match exchange.topic {
        Topic::PlantedRequest => exchange.received.is_none() && exchange.outside.is_empty(),
        _ => {
            let text = String::from_utf8_lossy(&exchange.outside);
            !["klas-7a", "7A-REK", "Groep 7A"].iter().any(|part| text.contains(part))
        }
    };
    refused && known && nothing
}

#[cfg(test)]
mod tests {
    use super::Verdict;
    use crate::cli::demo::difference::Compared;
    use crate::cli::demo::party::Wire;
    use crate::cli::demo::story::{Exchange, Topic};
    use crate::cli::demo::{pupils, search};
    use crate::journal::{Event, Leaf};

    fn wire(line: &str, body: &'static str) -> Wire {
        let media = if body.contains("SLS-") { "application/problem+json" } else { "application/json" };
        let headers = vec![("content-type".to_owned(), media.to_owned())];
        Wire { line: line.to_owned(), headers, body: body.into() }
    }

    /// A planted request that was refused with this code, as it should be.
    fn refused(got: &'static str) -> Exchange {
        Exchange {
            topic: Topic::PlantedRequest,
            publisher_asks: false,
            profile: String::new(),
            title: String::new(),
            sent: wire("POST /", "{}"),
            received: None,
            answered: None,
            got: wire("422", got),
            request: Compared::default(),
            reply: Compared::default(),
            leaves: vec![Leaf::new(Event::REFUSED, 0)],
            outside: Vec::new(),
            people: Vec::new(),
        }
    }

    fn is_good(exchange: Exchange) -> bool {
        Verdict::of(&[exchange], b"", &[]).is_good()
    }

    #[test]
    fn a_planted_name_counts_as_stopped_only_when_the_guard_stopped_it_before_the_publisher() {
        let stopped = || refused("{\"code\":\"SLS-601\"}");
        assert!(is_good(stopped()));
        assert!(!is_good(refused("{\"code\":\"SLS-701\"}")), "refused for another reason");
        assert!(!is_good(refused("{}")), "nobody noticed");
        assert!(!is_good(Exchange { outside: b"POST".to_vec(), ..stopped() }), "something left");
        assert!(!is_good(Exchange { received: Some(wire("POST /", "{}")), ..stopped() }), "it arrived");
        assert!(!is_good(Exchange { leaves: Vec::new(), ..stopped() }), "the journal does not know");
        let reply = |outside: &[u8]| Exchange {
            topic: Topic::PlantedReply,
            publisher_asks: true,
            outside: outside.to_vec(),
            ..stopped()
        };
        assert!(is_good(reply(b"HTTP/1.1 502 Bad Gateway")));
        assert!(!is_good(reply(b"{\"sourcedId\":\"klas-7a\"}")), "a part of the answer left");
    }

    #[test]
    fn a_name_outside_is_no_good_verdict() {
        let secrets = search::secrets(&pupils::all());
        let clean = Verdict::of(&[], b"HTTP/1.1 200 OK\r\n\r\n{}", &secrets);
        assert!(clean.is_good());
        let leaky = Verdict::of(&[], "HTTP/1.1 200 OK\r\n\r\n\"Bo A\"".as_bytes(), &secrets);
        assert!(!leaky.is_good());
        assert!(leaky.reached.contains(&"name"));
    }
}
