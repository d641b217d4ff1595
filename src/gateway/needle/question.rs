//! A name as it is looked for: folded like the text, its words, their neighbours, and its joined spellings.
//!
//! It shows and keeps nothing: its `Debug` is empty.

use std::collections::BTreeMap;

use super::filter::RATE_BITS;
use super::month::MonthKey;
use super::words::{PARTICLES, Word, split};

/// The longest name, in bytes.
const LONGEST: usize = 400;
/// The most words of a name.
const MOST_WORDS: usize = 12;

/// Why a name cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// There is no letter or digit in it.
    Empty,
    /// It is longer than 400 bytes, or has more than 12 words.
    Long,
}

/// What one filter says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Says {
    /// Not all of its words are there: certain.
    No,
    /// All of its words are there, not beside one another.
    Apart,
    /// All are there, as neighbours or as one word.
    Together,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Word(String),
    Pair(String, String),
}

/// A part of a name: spellings of which one must be there, each a list of words that must all be there.
struct Term(Vec<Vec<String>>);

/// A name, ready to be asked of any month's filters.
pub struct Question {
    terms: Vec<Term>,
    /// The whole name as one word.
    wholes: Vec<String>,
    items: BTreeMap<Item, usize>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Question(…)")
    }
}

impl Question {
    /// Reads a name. Particles (`van den`) need not be there, and may be joined to what follows them.
    ///
    /// # Errors
    /// Nothing to look for, or too much.
    pub fn new(name: &str) -> Result<Self, Unasked> {
        if name.len() > LONGEST {
            return Err(Unasked::Long);
        }
        let mut words = Vec::new();
        split(name.as_bytes(), &mut |word| words.push(word));
        if words.len() > MOST_WORDS {
            return Err(Unasked::Long);
        }
        let terms = terms(&words);
        if terms.is_empty() {
            return Err(Unasked::Empty);
        }
        let mut question = Self { wholes: wholes(&words), terms, items: BTreeMap::new() };
        question.number();
        Ok(question)
    }

    /// How many lookups can each make this question's answer a false one: times 2^-[`RATE_BITS`] it is the rate.
    pub fn lookups(&self) -> u64 {
        let spellings = self.terms.iter().map(|term| term.0.len()).max().unwrap_or_default();
        u64::try_from(spellings + self.wholes.len()).unwrap_or(u64::MAX)
    }

    /// An upper bound on how many of so many exchanges are pointed at although the name is in none of them.
    #[expect(clippy::cast_precision_loss, reason = "a bound for people")]
    pub fn expected_false(&self, exchanges: u64) -> f64 {
        exchanges as f64 * self.lookups() as f64 / f64::from(1_u32 << RATE_BITS)
    }

    /// What to ask a month's filter, in the order of the answers.
    pub(super) fn hashes(&self, key: &MonthKey) -> Vec<u64> {
        self.items
            .keys()
            .map(|item| match item {
                Item::Word(word) => key.word(word.as_bytes()),
                Item::Pair(first, second) => key.pair(first.as_bytes(), second.as_bytes()),
            })
            .collect()
    }

    /// What the answers mean.
    pub(super) fn judge(&self, answers: &[bool]) -> Says {
        let yes = |item: &Item| self.items.get(item).and_then(|at| answers.get(*at)).copied() == Some(true);
        let word = |word: &String| yes(&Item::Word(word.clone()));
        if self.wholes.iter().any(word) {
            return Says::Together;
        }
        if !self.terms.iter().all(|term| term.0.iter().any(|words| words.iter().all(word))) {
            return Says::No;
        }
        let beside = self.neighbours().filter(|pairs| pairs.iter().any(yes)).count();
        // `Berg, Jan van den` begins elsewhere: one of the neighbours in the round may be missing.
        if beside + 1 >= self.terms.len() { Says::Together } else { Says::Apart }
    }

    /// For each two terms beside one another in the round: the pairs of which one suffices.
    fn neighbours(&self) -> impl Iterator<Item = Vec<Item>> {
        let count = self.terms.len();
        let rounds = if count == 2 { 1 } else { count };
        (0..rounds).filter(move |_| count > 1).map(move |at| {
            let (first, second) = (self.terms.get(at), self.terms.get((at + 1) % count));
            let (Some(Term(first)), Some(Term(second))) = (first, second) else { return Vec::new() };
            let mut pairs = Vec::new();
            for (a, b) in first.iter().flat_map(|a| second.iter().map(move |b| (a, b))) {
                let mut add = |x: Option<&String>, y: Option<&String>| {
                    if let (Some(x), Some(y)) = (x, y) {
                        pairs.push(Item::Pair(x.clone(), y.clone()));
                    }
                };
                add(a.last(), b.first());
                add(b.last(), a.first());
            }
            pairs
        })
    }

    fn number(&mut self) {
        let words = self.terms.iter().flat_map(|term| term.0.iter().flatten()).chain(&self.wholes);
        let words = words.map(|word| Item::Word(word.clone()));
        let mut items: Vec<Item> = words.chain(self.neighbours().flatten()).collect();
        items.sort_unstable();
        items.dedup();
        self.items = items.into_iter().enumerate().map(|(at, item)| (item, at)).collect();
    }
}

/// The parts of a name: `Jan van den Berg-O'Hara` is `jan`, `berg` or `vandenberg`, and so on.
fn terms(words: &[Word]) -> Vec<Term> {
    let particle = |word: &Word| PARTICLES.contains(&word.text.as_str());
    let only_particles = words.iter().all(particle);
    let (mut terms, mut before) = (Vec::new(), String::new());
    let mut rest = words;
    while let Some((first, more)) = rest.split_first() {
        let length = 1 + more.iter().take_while(|word| word.joined).count();
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after;
        if length == 1 && particle(first) && !only_particles {
            before.push_str(&first.text);
            continue;
        }
        let kept = run.iter().filter(|word| !particle(word) || only_particles);
        let mut apart: Vec<String> = kept.map(|word| word.text.clone()).collect();
        if apart.is_empty() {
            apart = run.iter().map(|word| word.text.clone()).collect();
        }
        let one: String = run.iter().map(|word| word.text.as_str()).collect();
        let mut spellings = vec![apart, vec![one.clone()]];
        if !before.is_empty() {
            spellings.push(vec![format!("{before}{one}")]);
            before.clear();
        }
        spellings.dedup();
        terms.push(Term(spellings));
    }
    terms
}

/// A name of several words as one: `janvandenberg`, `janberg`, `bergjan`.
fn wholes(words: &[Word]) -> Vec<String> {
    let all: String = words.iter().map(|word| word.text.as_str()).collect();
    let plain = || words.iter().map(|word| word.text.as_str()).filter(|word| !PARTICLES.contains(word));
    if plain().count() < 2 {
        return Vec::new();
    }
    let mut wholes = vec![all, plain().collect(), plain().rev().collect()];
    wholes.sort_unstable();
    wholes.dedup();
    wholes
}
