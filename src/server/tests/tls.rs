//! Certificates: the server's own, reloaded; and those that callers show.

use tokio::io::AsyncWriteExt;

use super::support::{Settings, TestAuthority, Tls, put, read_all, start, start_with};
use crate::server::client_certificates::Authority;

const ASK: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn versions_and_key_exchange_are_as_promised() {
    let server = start(Settings::default()).await;
    let stream = server.connect().await;
    let connection = stream.get_ref().1;
    assert_eq!(connection.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    let group = connection.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), rustls::NamedGroup::X25519MLKEM768);
    assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
    let stream = server.connect_with(Tls { only_1_2: true, http2: true, ..Tls::default() }).await.unwrap();
    assert_eq!(stream.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_2));
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn a_new_certificate_is_used_and_a_bad_one_is_not() {
    let server = start(Settings::default()).await;
    let path = |name: &str| server.folder.path().join(name);
    let shown = async || {
        let stream = server.connect().await;
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let first = shown().await;
    assert!(!server.tls.refresh().unwrap());

    let (certificate, key) = server.authority.issue("sluis.example", &[]);
    put(&path("cert.pem"), &certificate);
    assert!(server.tls.refresh().is_err(), "the old key does not belong to it");
    assert!(!server.tls.refresh().unwrap(), "told once");
    assert_eq!(shown().await, first);
    put(&path("key.pem"), &key);
    assert!(server.tls.refresh().unwrap());
    let second = shown().await;
    assert_ne!(second, first);

    put(&path("cert.pem"), "-----BEGIN CERTIFICATE-----\nAAAA");
    let error = server.tls.refresh().unwrap_err().to_string();
    assert!(error.ends_with("cert.pem holds no certificate in PEM"), "{error}");
    assert_eq!(shown().await, second);
    std::fs::remove_file(path("key.pem")).unwrap();
    assert!(server.tls.refresh().is_err());
    assert_eq!(shown().await, second);
}

#[tokio::test]
async fn the_watch_notices_by_itself() {
    let server = start(Settings::default()).await;
    let watched = std::sync::Arc::clone(&server.tls);
    tokio::spawn(watched.watch(std::time::Duration::from_millis(20), server.drain.watch()));
    let first = server.connect().await.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    let (certificate, key) = server.authority.issue("sluis.example", &[]);
    put(&server.folder.path().join("cert.pem"), &certificate);
    put(&server.folder.path().join("key.pem"), &key);
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        if server.connect().await.get_ref().1.peer_certificates().unwrap()[0].to_vec() != first {
            return;
        }
    }
    panic!("the old certificate is still in use");
}

#[tokio::test]
async fn callers_may_show_a_certificate_and_say_which_ca() {
    let (ours, theirs, strangers) =
        (TestAuthority::new("ours"), TestAuthority::new("theirs"), TestAuthority::new("strangers"));
    let server = start_with(Settings::default(), &[&ours, &theirs]).await;
    let ask = async |certificate: Option<(&str, &str)>| {
        let mut stream = server.connect_with(Tls { certificate, ..Tls::default() }).await?;
        stream.write_all(ASK).await?;
        let mut received = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut received).await?;
        std::io::Result::Ok(String::from_utf8(received).unwrap())
    };
    let said = ask(None).await.unwrap();
    assert!(said.contains(" None "), "{said}");
    let (certificate, key) = theirs.issue("LAS.school.example", &["00000003123456780000"]);
    let said = ask(Some((&certificate, &key))).await.unwrap();
    assert!(said.contains("(Some(\"00000003123456780000\"), [\"las.school.example\"], 1)"), "{said}");
    let (certificate, key) = ours.issue("a.example", &[]);
    let said = ask(Some((&certificate, &key))).await.unwrap();
    assert!(said.contains("(None, [\"a.example\"], 1)"), "{said}");
    let (certificate, key) = strangers.issue("a.example", &["1"]);
    assert!(ask(Some((&certificate, &key))).await.is_err());
    let ids: Vec<_> = ["ca0.pem", "ca1.pem"]
        .map(|name| Authority::read(&server.folder.path().join(name)).unwrap().id)
        .into();
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_reload_changes_the_cas_or_nothing() {
    let (old, new) = (TestAuthority::new("old"), TestAuthority::new("new"));
    let server = start_with(Settings::default(), &[&old]).await;
    let ask = async |(certificate, key): (String, String)| {
        let shown = Tls { certificate: Some((&certificate, &key)), ..Tls::default() };
        let mut stream = server.connect_with(shown).await?;
        stream.write_all(ASK).await?;
        let mut received = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut received).await
    };
    let path = |name: &str| server.folder.path().join(name);
    put(&path("new.pem"), &new.pem());
    let mut files = crate::server::TlsSettings {
        certificate: path("cert.pem"),
        private_key: path("key.pem"),
        client_authorities: vec![path("absent.pem").into()],
    };
    assert!(server.tls.replace(&files).is_err());
    ask(old.issue("a.example", &[])).await.unwrap();
    assert!(ask(new.issue("a.example", &[])).await.is_err());
    files.client_authorities = vec![path("new.pem").into()];
    server.tls.replace(&files).unwrap();
    ask(new.issue("a.example", &[])).await.unwrap();
    assert!(ask(old.issue("a.example", &[])).await.is_err());
}

/// Who is revoked is refused from the moment that the list says so, also who was in before; a list that is too old, cannot
/// be read or says nothing lets nobody in.
#[tokio::test]
async fn who_is_revoked_comes_in_no_more() {
    let (ca, other) = (TestAuthority::new("ours"), TestAuthority::new("other"));
    let server = start_with(Settings::default(), &[&ca]).await;
    let path = |name: &str| server.folder.path().join(name);
    let ask = async |(certificate, key): &(String, String)| {
        let shown = Tls { certificate: Some((certificate, key)), ..Tls::default() };
        let mut stream = server.connect_with(shown).await?;
        stream.write_all(ASK).await?;
        let mut received = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut received).await
    };
    let good = ca.issue_with("good.example", &[], Some(7));
    let bad = ca.issue_with("bad.example", &[], Some(8));
    let mut files = crate::server::TlsSettings {
        certificate: path("cert.pem"),
        private_key: path("key.pem"),
        client_authorities: vec![crate::server::AuthorityFiles {
            ca: path("ca0.pem"),
            revoked: vec![path("crl.pem")],
        }],
    };
    assert!(server.tls.replace(&files).is_err(), "a list that is not there");
    put(&path("crl.pem"), &ca.pem());
    assert!(
        server.tls.replace(&files).unwrap_err().to_string().ends_with("crl.pem holds no X509 CRL in PEM")
    );
    ask(&bad).await.unwrap();
    put(&path("crl.pem"), &ca.revoke(&[], 3));
    server.tls.replace(&files).unwrap();
    ask(&good).await.unwrap();
    ask(&bad).await.unwrap();
    // The list changes, nobody reloads anything.
    put(&path("crl.pem"), &ca.revoke(&[8], 3));
    assert!(server.tls.refresh().unwrap() && !server.tls.refresh().unwrap());
    ask(&good).await.unwrap();
    assert!(ask(&bad).await.is_err());
    // What cannot be read changes nothing.
    put(&path("crl.pem"), "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
    assert!(server.tls.refresh().is_err());
    std::fs::remove_file(path("crl.pem")).unwrap();
    assert!(server.tls.refresh().is_err());
    ask(&good).await.unwrap();
    assert!(ask(&bad).await.is_err());
    // A list that is too old, or another CA's, says nothing any more.
    for list in [ca.revoke(&[8], -1), other.revoke(&[8], 3)] {
        put(&path("crl.pem"), &list);
        server.tls.refresh().unwrap();
        assert!(ask(&good).await.is_err() && ask(&bad).await.is_err());
    }
    files.client_authorities = vec![path("ca0.pem").into()];
    server.tls.replace(&files).unwrap();
    ask(&bad).await.unwrap();
}

#[tokio::test]
async fn files_that_cannot_serve_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut files = crate::server::TlsSettings {
        certificate: path("cert.pem"),
        private_key: path("key.pem"),
        client_authorities: vec![],
    };
    let message =
        |files: &crate::server::TlsSettings| crate::server::ServerTls::load(files).unwrap_err().to_string();
    assert!(message(&files).contains("cert.pem: is it there"));
    let ca = TestAuthority::new("x");
    let (certificate, key) = ca.issue("a.example", &[]);
    put(&files.certificate, &certificate);
    put(&files.private_key, &certificate);
    assert!(message(&files).ends_with("key.pem holds no private key in PEM"));
    put(&files.private_key, &key);
    put(&path("ca.pem"), &key);
    files.client_authorities = vec![path("ca.pem").into()];
    assert!(message(&files).ends_with("ca.pem holds no certificate in PEM"));
    put(&path("ca.pem"), &ca.pem());
    crate::server::ServerTls::load(&files).unwrap();
}

#[tokio::test]
async fn plain_text_on_the_tls_port_does_no_harm() {
    let server = start(super::support::hurried()).await;
    let mut plain = tokio::net::TcpStream::connect(server.address).await.unwrap();
    plain.write_all(ASK).await.unwrap();
    let mut received = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut received).await;
    assert!(!received.starts_with(b"HTTP"));
    let mut stream = server.connect().await;
    stream.write_all(ASK).await.unwrap();
    assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 200 "));
}
