//! A pupil's data as one page that a parent can read: no script, nothing fetched, every value escaped.
//!
//! It must not know where they come from.

use crate::config::Language;
use serde_json::Value;

use super::show::{facts, list, text};
use super::terms;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#111;\
background:#fff}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-top:1px solid #999;padding-top:1rem}\
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}th,td{text-align:left;vertical-align:top;padding:.25rem \
.75rem .25rem 0;border-bottom:1px solid #ddd;overflow-wrap:anywhere}caption{text-align:left;font-weight:600;padding:.5rem 0}";

/// A page that is built up.
struct Page {
    html: String,
    language: Language,
}

/// The page for a report of `pupil show`.
pub(super) fn render(report: &Value, language: Language) -> String {
    let mut page = Page { html: String::with_capacity(16 * 1024), language };
    let title = language.pick("What is shared about you", "Wat er over u wordt gedeeld");
    let code = language.pick("en", "nl");
    page.raw("<!doctype html>\n<html lang=\"").raw(code).raw("\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
        .text(title)
        .raw("</title>\n<style>");
    page.raw(STYLE).raw("</style>\n</head>\n<body>\n<h1>").text(title).raw("</h1>\n<p>");
    page.text(text(report, "school_name")).raw(" (").text(text(report, "school")).raw(") · ");
    page.text(text(report, "made")).raw("</p>\n<p>");
    page.text(language.pick(
        "The school uses Sluis: publishers get a pseudonym instead of a name or number, and only the school can tell \
         whose it is. Below stands what the school's roster holds, and for each publisher what it can get.",
        "De school gebruikt Sluis: uitgevers krijgen een pseudoniem in plaats van een naam of nummer, en alleen de \
         school weet van wie het is. Hieronder staat wat de leerlingenlijst van de school bevat, en per uitgever wat \
         die kan krijgen.",
    ));
    page.raw("</p>\n");
    if let Some(roster) = report.get("roster").filter(|roster| !roster.is_null()) {
        let rows = facts(roster, language).into_iter().map(|(name, value)| vec![name, value]).collect();
        page.heading(language.pick("In the roster", "In de leerlingenlijst"));
        page.table("", &[], rows);
    }
    let said = list(report, "said").map(|of| {
        let stance = terms::stance(text(of, "stance"), language).to_owned();
        vec![stance, text(of, "publisher").to_owned(), text(of, "date").to_owned()]
    });
    page.table(language.pick("Said to the school", "Gezegd tegen de school"), &[], said.collect());
    for publisher in list(report, "publishers") {
        page.publisher(publisher);
    }
    page.raw("</body>\n</html>\n");
    page.html
}

impl Page {
    /// Markup of ours.
    fn raw(&mut self, markup: &str) -> &mut Self {
        self.html.push_str(markup);
        self
    }

    /// A value: five characters mean something in HTML, and control characters nothing.
    fn text(&mut self, value: &str) -> &mut Self {
        for letter in value.chars() {
            match letter {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#39;"),
                control if control.is_control() => self.html.push('\u{fffd}'),
                other => self.html.push(other),
            }
        }
        self
    }

    fn heading(&mut self, value: &str) {
        self.raw("<h2>").text(value).raw("</h2>\n");
    }

    fn table(&mut self, caption: &str, heads: &[&str], rows: Vec<Vec<String>>) {
        if rows.is_empty() {
            return;
        }
        self.raw("<table>");
        if !caption.is_empty() {
            self.raw("<caption>").text(caption).raw("</caption>");
        }
        if !heads.is_empty() {
            self.raw("<thead><tr>");
            for head in heads {
                self.raw("<th scope=\"col\">").text(head).raw("</th>");
            }
            self.raw("</tr></thead>");
        }
        self.raw("<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for cell in row {
                self.raw("<td>").text(&cell).raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table>\n");
    }

    fn publisher(&mut self, publisher: &Value) {
        let language = self.language;
        let names: Vec<&str> = list(publisher, "configured").map(|of| text(of, "name")).collect();
        let id = text(publisher, "publisher");
        self.heading(&if names.is_empty() { id.to_owned() } else { names.join(", ") });
        let crossed = publisher.get("crossed").unwrap_or(&Value::Null);
        let count = crossed.get("count").and_then(Value::as_u64).unwrap_or_default();
        self.raw("<p>");
        match count {
            0 => self.text(language.pick(
                "No message with this pupil has crossed.",
                "Er is geen bericht met deze leerling gepasseerd.",
            )),
            _ => {
                let line = language.pick("Messages with this pupil:", "Berichten met deze leerling:");
                let last = language.pick("last on", "laatst op");
                self.text(&format!("{line} {count}, {last} {}.", text(crossed, "last")))
            }
        };
        self.raw("</p>\n");
        self.crossed(crossed);
        self.identities(publisher);
        for configured in list(publisher, "configured") {
            if let Some(told) = terms::standing(text(configured, "standing"), language) {
                self.raw("<p>").text(told).raw("</p>\n");
            }
            if configured.get("eck_id_kept").and_then(Value::as_bool).unwrap_or_default() {
                self.raw("<p>").text(language.pick(
                    "The ECK iD leaves as it is: this publisher can link it with others who have it.",
                    "Het ECK iD vertrekt zoals het is: deze uitgever kan het koppelen aan anderen die het hebben.",
                ));
                self.raw("</p>\n");
            }
            for route in list(configured, "routes") {
                let rows = list(route, "shares").map(|share| {
                    let fields: Vec<&str> = list(share, "fields").filter_map(Value::as_str).collect();
                    vec![
                        terms::category(text(share, "category"), language).to_owned(),
                        terms::how(text(share, "how"), language).to_owned(),
                        fields.join(", "),
                    ]
                });
                let can = language.pick("What can leave by", "Wat kan vertrekken over");
                let caption = format!("{can} {} ({})", text(route, "route"), text(route, "profile"));
                let heads = [
                    language.pick("what", "wat"),
                    language.pick("in which form", "in welke vorm"),
                    language.pick("fields", "velden"),
                ];
                self.table(&caption, &heads, rows.collect());
            }
        }
    }

    /// What was in the messages that this pupil was in.
    fn crossed(&mut self, crossed: &Value) {
        let language = self.language;
        let rows = list(crossed, "fields").map(|of| {
            let number = |key: &str| of.get(key).and_then(Value::as_u64).unwrap_or_default().to_string();
            vec![
                terms::category(text(of, "category"), language).to_owned(),
                terms::how(text(of, "how"), language).to_owned(),
                text(of, "field").to_owned(),
                number("messages_about_this_pupil"),
                number("messages_about_others_too"),
            ]
        });
        let heads = [
            language.pick("what", "wat"),
            language.pick("in which form", "in welke vorm"),
            language.pick("field", "veld"),
            language.pick("in messages about this pupil alone", "in berichten over alleen deze leerling"),
            language.pick("in messages about others too", "in berichten ook over anderen"),
        ];
        self.table(language.pick("What left", "Wat vertrok"), &heads, rows.collect());
    }

    fn identities(&mut self, publisher: &Value) {
        let language = self.language;
        let own = |of: &Value, keys: &[&str]| keys.iter().map(|key| text(of, key).to_owned()).collect();
        let rows = list(publisher, "pseudonyms").map(|of| own(of, &["epoch", "kind", "pseudonym"])).collect();
        let heads = [language.pick("period", "periode"), language.pick("instead of", "in plaats van"), ""];
        self.table(language.pick("Pseudonyms", "Pseudoniemen"), &heads, rows);
        let rows = list(publisher, "stand_ins").map(|of| {
            vec![text(of, "epoch").to_owned(), format!("{} {}", text(of, "given"), text(of, "family"))]
        });
        let heads = [language.pick("period", "periode"), ""];
        self.table(language.pick("Stand-in names", "Plaatsvervangende namen"), &heads, rows.collect());
        let rows = list(publisher, "names_of_the_publisher").map(|of| own(of, &["epoch", "kind", "name"]));
        let heads = [language.pick("period", "periode"), "", ""];
        let caption =
            language.pick("Names that the publisher made itself", "Namen die de uitgever zelf maakte");
        self.table(caption, &heads, rows.collect());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::render;
    use crate::config::Language;

    #[test]
    fn no_value_becomes_markup() {
        let evil = "<script>alert('x')</script>&\"\u{1b}[2J\r\n";
        let report = json!({
            "school": "12AB", "school_name": evil, "made": "2026-11-25T08:00:00.000Z",
            "roster": { "identifiers": [{ "kind": "pupil-number", "value": evil }], "given_name": [evil] },
            "publishers": [{
                "publisher": evil, "configured": [{ "id": "x", "name": evil, "eck_id_kept": true, "routes": [{
                    "route": evil, "profile": evil, "shares": [{ "category": evil, "how": evil, "fields": [evil] }],
                }] }],
                "pseudonyms": [{ "epoch": evil, "kind": evil, "pseudonym": evil }],
                "stand_ins": [{ "epoch": evil, "given": evil, "family": evil }],
                "names_of_the_publisher": [{ "epoch": evil, "kind": evil, "name": evil }],
                "crossed": { "count": 3, "last": evil },
            }],
        });
        for language in [Language::Dutch, Language::English] {
            let html = render(&report, language);
            for never in ["<script", "alert('", "\u{1b}", "\r", "&\"", "src=", "href="] {
                assert!(!html.contains(never), "{never}");
            }
            assert!(html.matches("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;").count() >= 12);
            assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
        }
    }
}
