//! Invented Dutch pupils in any number: names from lists of our own, and everything that a roster tells of them.
//!
//! The same seed gives the same pupils. Used by the leak suite and, by its path, by `benches/guard.rs`; it knows
//! neither guard nor gateway.

/// Numbers that look random and repeat (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed | 1);
        // The first few numbers of a small seed are small too.
        for _ in 0..8 {
            dice.roll();
        }
        dice
    }

    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// What a roster tells of one pupil.
pub struct Pupil {
    pub given: String,
    pub prefix: String,
    pub family: String,
    pub number: String,
    pub user: String,
    pub eck: String,
    pub email: String,
    pub phone: String,
    pub born: (u16, u8, u8),
}

impl Pupil {
    /// Given name, prefix and family name, as they are said.
    pub fn name(&self) -> String {
        let between = if self.prefix.is_empty() { "" } else { " " };
        format!("{} {}{between}{}", self.given, self.prefix, self.family)
    }

    pub fn birth_date(&self) -> String {
        let (year, month, day) = self.born;
        format!("{year:04}-{month:02}-{day:02}")
    }
}

pub const GIVEN: [&str; 158] = [
    "Aagje",
    "Adam",
    "Aicha",
    "Amber",
    "Amina",
    "Anass",
    "Anne",
    "Anouk",
    "Ayoub",
    "Ayşe",
    "Bas",
    "Beau",
    "Benthe",
    "Bo",
    "Björn",
    "Boaz",
    "Bram",
    "Britt",
    "Casper",
    "Cato",
    "Çağla",
    "Chloé",
    "Daan",
    "Daniël",
    "Dewi",
    "Dirk",
    "Djuna",
    "Eefje",
    "Elif",
    "Elin",
    "Emma",
    "Esra",
    "Eva",
    "Fatima",
    "Feline",
    "Femke",
    "Fenna",
    "Finn",
    "Fleur",
    "Floris",
    "Frédérique",
    "Freek",
    "Gijs",
    "Guus",
    "Hamza",
    "Hanna",
    "Hidde",
    "Hugo",
    "Ilias",
    "Ilse",
    "Imke",
    "Indy",
    "Iris",
    "Ismaël",
    "Isa",
    "Jack",
    "Jade",
    "Jasper",
    "Jet",
    "Jip",
    "Job",
    "Joep",
    "Jordy",
    "José",
    "Joris",
    "Jurre",
    "Karel",
    "Kees",
    "Khadija",
    "Kim",
    "Koen",
    "Lars",
    "Leila",
    "Levi",
    "Lieke",
    "Linde",
    "Lisa",
    "Loïs",
    "Lotte",
    "Lucas",
    "Luuk",
    "Maarten",
    "Maud",
    "Mees",
    "Mei",
    "Merel",
    "Michiel",
    "Mila",
    "Milan",
    "Mirthe",
    "Mohammed",
    "Moos",
    "Myrthe",
    "Naomi",
    "Nina",
    "Noah",
    "Noor",
    "Noud",
    "Olaf",
    "Olivier",
    "Özlem",
    "Pelle",
    "Pien",
    "Pieter",
    "Pim",
    "Puck",
    "Quinten",
    "Rachid",
    "Rayan",
    "Renée",
    "Rik",
    "Robin",
    "Roos",
    "Ruben",
    "Saar",
    "Safae",
    "Sam",
    "Samira",
    "Sanne",
    "Sem",
    "Senna",
    "Siem",
    "Silke",
    "Sjoerd",
    "Sky",
    "Sofie",
    "Søren",
    "Stijn",
    "Storm",
    "Suze",
    "Tess",
    "Teun",
    "Thijs",
    "Thomas",
    "Tibor",
    "Tijn",
    "Tycho",
    "Umut",
    "Vera",
    "Veerle",
    "Vince",
    "Vigo",
    "Wessel",
    "Wies",
    "Willem",
    "Wolf",
    "Wout",
    "Xander",
    "Yara",
    "Yasmin",
    "Youssef",
    "Yvonne",
    "Zeynep",
    "Zoë",
    "Anne-Fleur",
    "Jan Willem",
    "Lisa-Marie",
    "Piet Johannes",
];
const PREFIX: [&str; 20] = [
    "", "", "", "", "", "", "", "", "", "de", "de", "van", "van", "van den", "van der", "van de", "ten",
    "ter", "el", "in 't",
];
const WHOLE: [&str; 60] = [
    "Jansen",
    "Jong",
    "Vries",
    "Berg",
    "Dijk",
    "Bakker",
    "Visser",
    "Smit",
    "Meijer",
    "Boer",
    "Mulder",
    "Groot",
    "Bos",
    "Vos",
    "Peters",
    "Hendriks",
    "Dekker",
    "Brouwer",
    "Kok",
    "Jacobs",
    "Prins",
    "Öztürk",
    "Nguyễn",
    "Yılmaz",
    "Kaya",
    "Amrani",
    "Bouzid",
    "O'Brien",
    "D'Angelo",
    "'t Hart",
    "Hart",
    "Çelik",
    "Şahin",
    "Müller",
    "Schröder",
    "Håkansson",
    "Wit",
    "Groen",
    "Winter",
    "Steen",
    "Ek",
    "A",
    "Li",
    "Ng",
    "Meulen",
    "Heuvel",
    "Linden",
    "Broek",
    "Veen",
    "Horst",
    "Beek",
    "Veld",
    "Haan",
    "Aken",
    "Leeuwen",
    "Mol",
    "Pater",
    "Ramer",
    "Willemse",
    "Koster",
];
const FRONT: [&str; 40] = [
    "Acker", "Amster", "Bar", "Berken", "Bloem", "Bole", "Broek", "Buiten", "Dal", "Dorre", "Eike", "Else",
    "Gaste", "Groene", "Haver", "Heer", "Hooge", "Ijssel", "Kamper", "Kerk", "Klaver", "Krane", "Lange",
    "Lauwer", "Maas", "Meule", "Noorder", "Ooster", "Polder", "Rave", "Roze", "Schave", "Slinge", "Terwe",
    "Uiter", "Vlasse", "Wester", "Wijde", "Zilver", "Zuider",
];
const BACK: [&str; 40] = [
    "akker", "baan", "beek", "berg", "boom", "bosch", "brink", "brugge", "burg", "dam", "dijk", "donk",
    "gaard", "geest", "haar", "hof", "horst", "huis", "hout", "kamp", "laan", "lo", "maat", "man", "meijer",
    "mond", "oord", "rode", "schoot", "sluis", "stede", "straat", "sma", "stra", "veen", "veld", "waard",
    "weide", "wijk", "zoon",
];

/// So many pupils, the same for the same seed.
pub fn pupils(seed: u64, count: usize) -> Vec<Pupil> {
    let mut dice = Dice::new(seed);
    (0..count).map(|place| pupil(&mut dice, place)).collect()
}

fn pupil(dice: &mut Dice, place: usize) -> Pupil {
    let given = dice.pick(&GIVEN).to_owned();
    let (prefix, mut family) = match dice.below(8) {
        0..=2 => (dice.pick(&PREFIX), dice.pick(&WHOLE).to_owned()),
        3 => ("", dice.pick(&WHOLE).to_owned()),
        _ => (dice.pick(&PREFIX), compound(dice)),
    };
    match dice.below(24) {
        0 => family = format!("{family}-{}", compound(dice)),
        1 => family = format!("{family}-de {}", compound(dice)),
        2 => family = format!("{family} {}", compound(dice)),
        _ => {}
    }
    let simple: String = format!("{prefix}{family}").chars().filter(char::is_ascii_alphanumeric).collect();
    let simple = simple.to_lowercase();
    let first = given.chars().next().filter(char::is_ascii).unwrap_or('x').to_ascii_lowercase();
    let eck = format!(
        "https://ketenid.nl/202401/{:016x}{:016x}{:016x}{:016x}",
        dice.roll(),
        dice.roll(),
        dice.roll(),
        dice.roll()
    );
    Pupil {
        number: format!("{}", 2_000_000 + place),
        user: format!("{first}{simple}{}", place % 10_000),
        eck,
        email: format!("{first}.{simple}.{place}@leerling.obs-devlinder.example"),
        phone: format!("06{:08}", dice.below(100_000_000)),
        born: (2008 + dice.below(11) as u16, 1 + dice.below(12) as u8, 1 + dice.below(28) as u8),
        given,
        prefix: prefix.to_owned(),
        family,
    }
}

/// A family name of two or three parts; some thousands of them.
fn compound(dice: &mut Dice) -> String {
    let front = dice.pick(&FRONT);
    match dice.below(3) {
        0 => format!("{front}{}", dice.pick(&BACK)),
        1 => format!("{front}{}{}", dice.pick(&["n", "s", "r", "l"]), dice.pick(&BACK)),
        _ => format!(
            "{front}{}{}",
            dice.pick(&["wal", "hem", "mer", "vel", "kop", "rug", "zij", "pan"]),
            dice.pick(&BACK)
        ),
    }
}
