//! What else a hostile review found at the doors: what is asked before anything is shown.

use super::support::world::{Options, World, assert_refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_shown_nothing_sends_little() {
    let world = World::with(Options { issues_tokens: true, ..Options::default() }).await;
    let publisher = world.outside("rekenwonder");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let token = "/from/rekenwonder/oneroster/token";
    let small = publisher.send("POST", token, &form, "grant_type=client_credentials").await;
    assert_ne!(small.code(), "SLS-104", "{}", small.text());
    assert!(small.json()["error"].is_string(), "the token endpoint answered: {}", small.text());
    let large = publisher.send("POST", token, &form, format!("a={}", "x".repeat(32 << 10))).await;
    assert_refused(&large, 413, "SLS-104");
    // Only there: a caller that is known may send more.
    let json = [("content-type", "application/json")];
    let target = "/from/rekenwonder/oneroster/gradebook/v1p2/results/rw-1";
    let long = format!(r#"{{"result":{{"status":"{}"}}}}"#, "x".repeat(64 << 10));
    assert_ne!(publisher.send("PUT", target, &json, long).await.code(), "SLS-104");
    world.clean();
}
