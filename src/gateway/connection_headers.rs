//! Headers that belong to one connection and not to the message (RFC 9110, 7.6.1).
//!
//! Both edges remove them, each on its side. It must not know what else is in a message.

use http::HeaderMap;
use http::header::{CONNECTION, EXPECT, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};

/// The headers of a connection, whether `Connection` names them or not.
pub const CONNECTION_HEADERS: [HeaderName; 8] = [
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    TE,
    EXPECT,
    TRAILER,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Removes the headers of a connection, and those that `Connection` names.
pub fn remove_connection_headers(headers: &mut HeaderMap) {
    // One look at the names that are there costs less than a search for each of those that may not be; most messages have none.
    if !headers.keys().any(|name| is_of_connection(name.as_str())) {
        return;
    }
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii().as_bytes()).ok())
        .collect();
    for name in CONNECTION_HEADERS.iter().chain(&named) {
        headers.remove(name);
    }
}

/// One of [`CONNECTION_HEADERS`].
fn is_of_connection(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "transfer-encoding"
            | "upgrade"
            | "te"
            | "expect"
            | "trailer"
            | "keep-alive"
            | "proxy-connection"
    )
}

#[cfg(test)]
mod tests {
    use super::{CONNECTION_HEADERS, is_of_connection, remove_connection_headers};
    use http::{HeaderMap, HeaderValue};

    #[test]
    fn named_and_unnamed_ones_go() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Private"),
            ("connection", "other"),
            ("x-private", "1"),
            ("other", "2"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("accept", "*/*"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        remove_connection_headers(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn each_one_goes_by_itself() {
        for name in CONNECTION_HEADERS {
            assert!(is_of_connection(name.as_str()), "{name}");
            let mut headers = HeaderMap::new();
            headers.insert(&name, HeaderValue::from_static("x"));
            headers.insert("accept", HeaderValue::from_static("*/*"));
            remove_connection_headers(&mut headers);
            assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept"], "{name}");
        }
    }
}
