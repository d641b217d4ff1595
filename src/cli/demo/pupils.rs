//! The demo's pupils: invented, and named as names are that break things. Their addresses lie under `.example`
//! (RFC 2606), their numbers belong to nobody.
//!
//! It must not know messages or the gateway. These names may be printed: nobody bears them here.

use sha2::{Digest as _, Sha512};

/// How many there are.
pub(super) const COUNT: usize = 24;

/// An invented pupil.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pupil {
    /// All given names.
    pub(super) given: &'static str,
    /// The name the pupil is called by.
    pub(super) called: &'static str,
    /// `van den`; empty when there is none.
    pub(super) prefix: &'static str,
    pub(super) family: &'static str,
    /// The name to log in with.
    pub(super) login: &'static str,
    /// RFC 3339 `full-date`.
    pub(super) born: &'static str,
    pub(super) gender: &'static str,
    number: u32,
}

/// given names · called · prefix · family name · login · birth date · gender
type Line =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const LINES: [Line; COUNT] = [
    ("Zoë Ayşe", "Zoë", "", "Çelik", "z.celik", "2013-11-30", "female"),
    ("Maarten", "Maarten", "'t", "Hart", "m.thart", "2014-05-17", "male"),
    ("Anne-Fleur Sophie", "Anne-Fleur", "van den", "Berg-de Vries", "af.vdberg", "2013-12-24", "female"),
    ("Bo", "Bo", "", "A", "bo.a", "2014-01-09", "unspecified"),
    ("Sanne", "Sanne", "de", "Boer", "s.deboer", "2013-10-02", "female"),
    ("Sanne", "Sanne", "de", "Boer", "s.deboer2", "2014-03-28", "female"),
    ("IJsbrand", "IJsbrand", "", "IJzerman", "ij.ijzerman", "2014-02-11", "male"),
    ("Maja Agnieszka", "Maja", "", "Świątek-Nguyễn", "m.swiatek", "2013-12-06", "female"),
    ("Daniël", "Daan", "den", "Hertog", "d.dhertog", "2014-02-28", "male"),
    ("Björn Johannes", "Björn", "van 't", "Woud", "b.vtwoud", "2013-09-04", "male"),
    ("Xiaolong", "Xiaolong", "", "Lǐ", "x.li", "2014-06-21", "male"),
    ("Storm", "Storm", "", "Visser", "s.visser", "2013-10-19", "male"),
    ("Roos Maria", "Roos", "van der", "Meer", "r.vdmeer", "2014-04-05", "female"),
    ("Fatima-Zahra", "Fatima", "el", "Amrani", "f.elamrani", "2013-11-12", "female"),
    ("D'Angelo", "D'Angelo", "", "O'Brien", "d.obrien", "2014-01-26", "male"),
    ("Þóra", "Þóra", "", "Jónsdóttir", "th.jonsdottir", "2014-03-03", "female"),
    ("Øyvind", "Øyvind", "", "Åberg", "o.aberg", "2013-12-15", "male"),
    ("Jean-Luc", "Jean-Luc", "de la", "Croix-Rousse", "jl.delacroix", "2014-05-30", "male"),
    ("Noor", "Noor", "aït", "M'Barek", "n.mbarek", "2013-10-27", "female"),
    ("Łukasz", "Łukasz", "", "Żółtowski", "l.zoltowski", "2014-02-02", "male"),
    ("Chloé Renée", "Chloé", "", "Müller-Lüdenscheidt", "c.muller", "2014-06-08", "female"),
    ("Ada", "Ada", "van", "Oost-Indië", "a.voost", "2013-11-01", "female"),
    ("Gulnoza", "Gulnoza", "", "Oʻrinova", "g.orinova", "2014-04-18", "female"),
    ("Sjoerd Sytze", "Sjoerd", "fan der", "Wâl", "s.fdwal", "2013-09-29", "male"),
];

/// All of them, in the school's order.
pub(super) fn all() -> Vec<Pupil> {
    let numbered = LINES.iter().zip(310_023..);
    numbered
        .map(|(&(given, called, prefix, family, login, born, gender), number)| Pupil {
            given,
            called,
            prefix,
            family,
            login,
            born,
            gender,
            number,
        })
        .collect()
}

impl Pupil {
    /// As people call the pupil: `Anne-Fleur van den Berg-de Vries`.
    pub(super) fn name(&self) -> String {
        whole(self.called, self.prefix, self.family)
    }

    /// With all given names.
    pub(super) fn full_name(&self) -> String {
        whole(self.given, self.prefix, self.family)
    }

    /// The ECK iD: what real ones look like, under a domain that cannot exist.
    pub(super) fn eck_id(&self) -> String {
        let digest = Sha512::digest(format!("sluis demo {}", self.number).as_bytes());
        format!("https://ketenid.example/201703/{}", crate::cli::hex(&digest))
    }

    /// The number on the pupil's card.
    pub(super) fn number(&self) -> String {
        format!("00{}", self.number)
    }

    /// The key in the school's administration.
    pub(super) fn las_key(&self) -> String {
        format!("LL-{}", self.number)
    }

    pub(super) fn profile_id(&self) -> String {
        format!("{}@1.petteflat.example", self.number)
    }

    /// OneRoster's `sourcedId`.
    pub(super) fn sis_user(&self) -> String {
        format!("u-{}", self.number)
    }

    pub(super) fn email(&self) -> String {
        format!("{}@leerling.petteflat.example", self.login)
    }
}

fn whole(given: &str, prefix: &str, family: &str) -> String {
    let parts = [given, prefix, family];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The roster, as a school's administration exports it: plain CSV.
pub(super) fn csv(pupils: &[Pupil]) -> String {
    let mut csv = String::from(
        "leerlingnummer;ketenid;las_key;profile_id;sourcedid;gebruikersnaam;voornaam;tussenvoegsel;achternaam;\
         naam;naam;e-mailadres;geboortedatum\n",
    );
    for pupil in pupils {
        let (number, eck_id, las_key) = (pupil.number(), pupil.eck_id(), pupil.las_key());
        let (profile_id, sis_user, email) = (pupil.profile_id(), pupil.sis_user(), pupil.email());
        let (name, full_name) = (pupil.name(), pupil.full_name());
        let Pupil { given, prefix, family, login, born, .. } = pupil;
        csv.push_str(&format!(
            "{number};{eck_id};{las_key};{profile_id};{sis_user};{login};{given};{prefix};{family};{name};\
             {full_name};{email};{born}\n"
        ));
    }
    csv
}
