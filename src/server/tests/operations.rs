//! The listener for operations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Drain, Operations, bind, serve_operations};

#[derive(Default)]
struct State {
    sealed: AtomicBool,
}

impl Operations for State {
    fn ready(&self) -> (bool, Value) {
        let sealed = self.sealed.load(Ordering::SeqCst);
        (!sealed, json!({ "vault": if sealed { "sealed" } else { "open" }, "roster": "none" }))
    }

    fn metrics(&self) -> String {
        "sluis_up 1\n# EOF\n".into()
    }
}

#[tokio::test]
async fn it_says_what_it_is_told_and_nothing_else() {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (state, drain) = (Arc::new(State::default()), Drain::default());
    let serving = tokio::spawn(serve_operations(listener, Arc::clone(&state) as _, drain.watch()));
    let ask = async |line: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    };
    assert!(ask("GET /livez").await.ends_with("\r\n\r\nok\n"));
    let said = ask("GET /readyz").await;
    assert!(said.starts_with("HTTP/1.1 200 ") && said.contains("\"roster\": \"none\""), "{said}");
    state.sealed.store(true, Ordering::SeqCst);
    let said = ask("GET /readyz").await;
    assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("\"vault\": \"sealed\""), "{said}");
    assert!(ask("GET /livez").await.starts_with("HTTP/1.1 200 "));
    let said = ask("GET /metrics").await;
    assert!(said.contains("openmetrics-text") && said.ends_with("sluis_up 1\n# EOF\n"), "{said}");
    assert!(ask("POST /livez").await.starts_with("HTTP/1.1 405 "));
    assert!(ask("GET /../etc/passwd").await.starts_with("HTTP/1.1 404 "));
    drain.begin();
    serving.await.unwrap();
}
