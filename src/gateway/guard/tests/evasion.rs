//! Names and numbers disguised: each is found, and each plain neighbour passes.

use unicode_normalization::UnicodeNormalization;

use super::{PUPIL, found, watch};
use crate::gateway::guard::WatchKind;

#[test]
fn disguised_names() {
    let watch = watch(&PUPIL);
    for text in [
        "BJÖRN JOHANNES VAN DEN BERGHUIS",
        "bjorn johannes van den berghuis",
        "bJöRn JoHaNnEs VaN dEn BeRgHuIs",
        "Bjo\u{308}rn Johannes van den Berghuis",
        "Bj\u{200B}ör\u{200D}n Joh\u{2060}annes van den Berg\u{FEFF}huis",
        "Björn Johan\u{AD}nes van den Berg\u{AD}huis",
        "Ｂｊöｒｎ　Ｊｏｈａｎｎｅｓ　ｖａｎ　ｄｅｎ　Ｂｅｒｇｈｕｉｓ",
        "Вjörn Јоhаnnеs vаn dеn Веrghuіs",
        "Βjörn Jοhannes van den Βerghuis",
        "𝐁𝐣ö𝐫𝐧 𝐉𝐨𝐡𝐚𝐧𝐧𝐞𝐬 𝐯𝐚𝐧 𝐝𝐞𝐧 𝐁𝐞𝐫𝐠𝐡𝐮𝐢𝐬",
        "Björn\u{A0}Johannes\u{2009}van\u{3000}den\u{202F}Berghuis",
        "Björn   Johannes \t van\r\n   den Berghuis",
        "Björn-Johannes van-den-Berghuis",
        "Björn.Johannes.van.den.Berghuis",
        "Björn_Johannes_van_den_Berghuis",
        "Björn|Johannes|van|den|Berghuis",
        "Berghuis, Björn Johannes van den",
        "Berghuis;van den;Björn Johannes",
        "Bjӧrn Johannes van den Bеrghuis",
        "ʙᴊöʀɴ ᴊᴏʜᴀɴɴᴇs ᴠᴀɴ ᴅᴇɴ ʙᴇʀɢʜᴜɪs",
    ] {
        for around in [format!("xx {text} yy"), text.to_owned(), format!(r#"["{text}"]"#)] {
            assert!(found(&watch, around.clone()).is_some(), "{around}");
        }
    }
}

#[test]
fn far_apart_but_white_space_only() {
    let watch = watch(&[(WatchKind::FullName, "Piet Jansenius")]);
    for gap in [1, 60, 100, 1000, 3000] {
        let text = format!("Piet{}Jansenius", " ".repeat(gap));
        assert_eq!(found(&watch, text), Some("full-name"), "{gap}");
        let text = format!("Piet {}Jansenius", "\u{200B}".repeat(gap / 3));
        assert_eq!(found(&watch, text), Some("full-name"), "{gap}");
    }
    assert_eq!(found(&watch, "Piet ging. Daarna kwam Jansenius"), None);
    assert_eq!(found(&watch, "Piet **********************  Jansenius"), None);
}

#[test]
fn names_in_every_normal_form() {
    let names = [
        "Zoë Ayşe Çelik",
        "Chloë Đỗ Quyên Świątek-Nguyễn",
        "José-María O’Brien - el Mansouri",
        "IJsbrand van IJsselstein",
        "İpek Işık",
        "Łukasz Gåsør",
        "Νίκος Παππάς",
        "Анна Иванова",
        "Maarten ’t Hart",
        "王小明 李",
    ];
    for name in names {
        let watch = watch(&[(WatchKind::FullName, name)]);
        let stripped: String =
            name.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect();
        for form in [
            name.to_owned(),
            name.nfd().collect(),
            name.nfkd().collect(),
            name.nfkc().collect(),
            name.to_uppercase(),
            name.to_lowercase(),
            stripped,
            name.replace('’', "'"),
            name.replace('’', ""),
            name.replace('-', " "),
            name.replace("IJ", "\u{132}"),
        ] {
            // An apostrophe left out joins `'t Hart` to `tHart`, which is another word.
            if form.contains("t Hart") || !name.contains("t Hart") {
                assert_eq!(found(&watch, format!("a {form} b")), Some("full-name"), "{form}");
            }
        }
    }
}

#[test]
fn digits_of_other_scripts() {
    let watch = watch(&[(WatchKind::Identifier, "20137745")]);
    for text in ["２０１３７７４５", "٢٠١٣٧٧٤٥", "𝟐𝟎𝟏𝟑𝟕𝟕𝟒𝟓", "२०१३७७४५", "2013\u{200B}7745"]
    {
        assert_eq!(found(&watch, format!("nr {text}.")), Some("identifier"), "{text}");
    }
    for text in ["201377450", "120137745", "a20137745", "20137746"] {
        assert_eq!(found(&watch, format!("nr {text}.")), None, "{text}");
    }
}

#[test]
fn at_every_offset() {
    let watch = watch(&PUPIL);
    for offset in 0..200 {
        for text in ["LL-10023", "Björn Berghuis"] {
            let body = format!("{}{text}", "- ".repeat(offset / 2) + &".".repeat(offset % 2));
            assert!(found(&watch, body.clone()).is_some(), "{text} at {offset}");
            assert!(found(&watch, body + " en meer").is_some(), "{text} at {offset}, more after");
            let body = format!("{} {text}", "x".repeat(offset));
            assert!(found(&watch, body).is_some(), "{text} after a word of {offset}");
        }
    }
}
