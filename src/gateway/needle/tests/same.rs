//! What reads fast gives the set of entries that reading word by word gives.

use http::HeaderValue;
use proptest::prelude::*;

use super::{encode, key, message, reference};
use crate::gateway::message::Message;
use crate::gateway::needle::filter::Encoder;
use crate::gateway::needle::text::Heads;
use crate::gateway::needle::words::Gathering;

fn same(gathering: &mut Gathering, message: &Message) {
    let key = key();
    let mut expected: Vec<u64> = reference::gather(&key, message).into_iter().collect();
    expected.sort_unstable();
    let heads = Heads::of(&message.head);
    let mut found = gathering.gather(&key, &heads, &message.body).to_vec();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, expected, "{message:?}");
    let filter = gathering.filter(&key, &heads, &message.body);
    assert_eq!(filter, encode(expected));
}

/// Pieces of which texts are put together: words of every length, marks, particles, escapes, codings, halves of them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(vec![
        " ",
        "  ",
        "-",
        "--",
        "'",
        "’",
        "\u{2010}",
        "_",
        "/",
        "+",
        "=",
        ".",
        ",",
        "\"",
        "{",
        "\n",
        "\0",
        "\u{7f}",
        "van",
        "VAN",
        "den",
        "Der",
        "'t",
        "d'",
        "onder",
        "a",
        "s",
        "Zoë",
        "ZOË",
        "zoe\u{308}",
        "O'Brien-Öztürk",
        "Bеrg",
        "\u{ad}",
        "\u{200b}",
        "ﬁ",
        "ß",
        "İ",
        "ǅ",
        "１２",
        "東京",
        "٣",
        "\u{a0}",
        "—",
        "\u{301}",
        "studentId",
        "2026-08-12",
        "0123456789abcdef",
        "0123456789abcdefg",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "\\u00eb",
        "\\u00EB",
        "\\n",
        "\\\"",
        "\\\\u00eb",
        "%C3%AB",
        "%25C3%25AB",
        "%e9",
        "%",
        "&euml;",
        "&#235;",
        "&#xEB;",
        "&amp;euml;",
        "&amp;amp;euml;",
        "&",
        "\\",
        "Wm/DqyB2YW4gZGVuIEJlcmc=",
        "Wm_DqyB2YW4gZGVuIEJlcmc",
        "eyJuIjoiWm9cdTAwZWIgdmFuIGRlbiBCZXJnIn0",
        "SmFuIHZhbg",
        "Wm9cXHUwMGVi",
        "QUJDREVGR0g",
        "SmFuLUphbg==",
        "biologie",
        "enrolled",
        "AAAAAAAAAAA",
        "____________",
    ])
    .prop_map(|text| text.as_bytes().to_vec());
    prop_oneof![
        8 => known,
        2 => "[a-zA-Z0-9]{1,40}".prop_map(String::into_bytes),
        1 => "\\PC{0,6}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
        1 => "[ -~]{1,9}".prop_map(|text| base64(text.as_bytes())),
        1 => (any::<u8>(), 1..200_usize).prop_map(|(byte, count)| vec![byte; count]),
        1 => (0..3_usize, 1..150_usize).prop_map(|(kind, count)| ["a-", "ab'", "van "][kind].repeat(count).into_bytes()),
    ]
}

fn base64(text: &[u8]) -> Vec<u8> {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(text).into_bytes()
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat()),
        // Escapes far from one another, in plain text.
        proptest::collection::vec((plain(), piece(), piece()), 0..12)
            .prop_map(|pieces| pieces.into_iter().flat_map(|(a, b, c)| [a, b, c].concat()).collect()),
    ]
}

fn plain() -> impl Strategy<Value = Vec<u8>> {
    let word = proptest::sample::select(vec![
        "geschiedenis",
        "hours",
        "\": \"",
        "\", \"",
        "aardrijkskunde",
        " ",
        "'",
        "van",
        "{\"",
        "\"}, {\"",
        "engels-nederlands",
    ]);
    proptest::collection::vec(word, 0..40).prop_map(|words| words.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_text_gives_the_same_entries(bodies in proptest::collection::vec(text(), 1..3), target in text(), value in text()) {
        // One after another, in the same room.
        let mut gathering = Gathering::default();
        for body in bodies {
            let mut message = message(&String::from_utf8_lossy(&target), &[("x-note", "x")], "");
            message.body = body.into();
            if let (Ok(value), crate::gateway::message::Head::Request { headers, .. }) =
                (HeaderValue::from_bytes(&value), &mut message.head)
            {
                headers.insert("x-note", value);
            }
            same(&mut gathering, &message);
        }
    }

    #[test]
    fn hashes_are_sorted_however_they_lie(hashes in proptest::collection::vec(prop_oneof![any::<u64>(), 0..3_u64, Just(u64::MAX)], 0..300)) {
        let mut encoder = Encoder::default();
        let mut sorted = hashes.clone();
        sorted.sort_unstable();
        prop_assert_eq!(encoder.encode(&hashes), encoder.encode(&sorted));
        let found = crate::gateway::needle::filter::contains(&encode(hashes.clone()), &hashes).unwrap();
        prop_assert!(found.into_iter().all(|found| found));
    }
}

#[test]
fn large_and_small_messages_in_one_room_give_the_same_entries() {
    let mut gathering = Gathering::default();
    let large: String =
        (0..4000).map(|n| format!("{{\"id\":\"{:08x}-{n}\",\"n\":\"Zoë {n}\"}},", n * 7919)).collect();
    for body in ["", "Zoë", &large, "Jan van den Berg", &large] {
        same(&mut gathering, &message("/x", &[], body));
    }
}
