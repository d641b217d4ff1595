//! Targets that leave, encode or confuse: nobody is asked, whatever stands behind the dots.

use super::ground::Ground;
use super::tally::{PATHS, Tally};

/// One step up, as servers have been talked into it.
const UP: [&str; 24] = [
    "..",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "%2e.",
    "%252e%252e",
    "..%00",
    "%00..",
    "..%0d%0a",
    "...",
    "....//..",
    ". .",
    "..;",
    "..;x=1",
    ";/..",
    "%c0%ae%c0%ae",
    "%c0%2e",
    "%e0%80%ae%e0%80%ae",
    "%u002e%u002e",
    "..%ff",
    "%ef%bc%8e%ef%bc%8e",
    "..\u{2044}",
    "\\..",
    "..%5c",
];
/// What parts two segments.
const SLASH: [&str; 9] = ["/", "%2f", "%2F", "%252f", "\\", "%5c", "//", "/./", "%c0%af"];
/// Where it goes.
const GOAL: [&str; 3] = ["own/empty", "from/own/empty", "etc/passwd"];

fn own() -> Vec<String> {
    let mut all = Vec::new();
    for up in UP {
        for slash in SLASH {
            for goal in GOAL {
                for start in ["/own/", "/own/empty/", "/from/own/"] {
                    all.push(format!("{start}{up}{slash}{goal}"));
                }
            }
        }
    }
    let single = [
        "//own/empty",
        "/own//empty",
        "/own/./empty",
        "/./own/empty",
        "/own/empty/",
        "/own/empty//",
        "/own/%65mpty",
        "/own/empty%00",
        "/own/empty%2500",
        "/own/empty;x=1",
        "/own/empty;",
        "/own;x/empty",
        "/own/empty%20",
        "/own/empty%09",
        "/own/empty%0a",
        "/own/empty%0d%0aX:%20y",
        "/own/EMPTY",
        "/OWN/empty",
        "/own/empty.",
        "/own/empty..",
        "/own\\empty",
        "/own%2fempty",
        "/%6fwn/empty",
        "/own/empty%",
        "/own/empty%4",
        "/own/empty%zz",
        "/own/empty/..",
        "/own/empty/.",
        "/own/x/../empty",
        "/own/../own/empty",
        "/../own/empty",
        "/own/empty%3f",
        "/own/empty%23",
        "/own/empty?%00",
        "/own/empty?../../x",
        "/own/empty?x",
        "/own/empty?x=../..",
        "/own/empty#x",
        "/own/empty?#",
        "http://127.0.0.1/own/empty",
        "https://localhost/own/empty",
        "//localhost/own/empty",
        "http:/own/empty",
        "own/empty",
        "*",
        "/*",
        "/own/*",
        "",
        ".",
        "/own/empty\u{2028}",
        "/own/em\u{301}pty",
        "/own/e%CC%81mpty",
        "/own/empty%E2%80%8B",
        "/own/empty\t",
        "file:///etc/passwd",
        "/own/empty@evil.example",
        "/@evil.example/own/empty",
        "/own/empty:80",
        "/:80/own/empty",
        "/own/|empty",
        "/own/empty`id`",
        "/own/empty$(id)",
        "/own/${jndi:ldap://x}",
        "/own/<empty>",
        "/own/\"empty\"",
        "/own/empty'",
        "/.git/config",
        "/server-status",
        "/livez",
        "/readyz",
        "/metrics",
        "/own/livez",
        "/refused",
        "/own/refused",
    ];
    all.extend(single.map(str::to_owned));
    all
}

#[test]
fn nobody_is_asked_for_another_path() {
    let ground = Ground::usual();
    let mut tally = Tally::default();
    // Pipelining would mix them: a connection each, and all of them even in the short form.
    for (number, target) in super::corpora::some(own(), 400).into_iter().enumerate() {
        let door = format!("Authorization: Bearer {}\r\n", ground.token);
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{door}\r\n");
        let said = ground.told(request.as_bytes());
        let arrived = ground.arrived();
        let refused = said.as_ref().is_ok_and(|said| {
            !said.is_empty() && said.iter().all(|reply| matches!(reply.status, 400 | 404 | 405 | 422))
        });
        let nobody = arrived.as_ref().is_ok_and(Vec::is_empty);
        tally.judge(refused && nobody, || format!("{target:?}: {said:?} {arrived:?}"));
        if number % 200 == 0 {
            ground.serves_on();
        }
    }
    ground.settle(&[]);
    tally.done(&PATHS);
}
