//! How to verify the bundle without Sluis, without the school and without a network: the exact commands.
//!
//! `tests/it/audit.rs` types them.

use super::evidence::{Evidence, proof_name};
use super::page::{Block, Cell, Page};
use crate::config::Language;

/// The page.
pub(super) fn page(evidence: &Evidence<'_>, to: Language) -> Page {
    let mut page = Page::new(to, to.pick("Evidence: how to verify it", "Bewijs: hoe u het controleert"));
    page.text(to.pick(
        "You need Python 3 and its package cryptography, or the program sluis; not both, and no network. Neither needs a \
         secret. The two verifiers share no code.",
        "U heeft Python 3 nodig met het pakket cryptography, of het programma sluis; niet allebei, en geen netwerk. Geen van \
         beide heeft een geheim nodig. De twee delen geen code.",
    ));
    page.heading(2, to.pick("1. The key", "1. De sleutel"));
    page.text(to.pick(
        "Write the public key that stands on the signed summary into a file key.txt, one line. Do not take it from this bundle: \
         whoever can replace the files can replace that too. Of a witness: its public key, from the witness, into witness.txt.",
        "Schrijf de publieke sleutel van de ondertekende samenvatting in een bestand key.txt, één regel. Neem hem niet uit deze \
         bundel: wie de bestanden kan vervangen, kan ook die vervangen. Van een getuige: diens publieke sleutel, van de getuige, in \
         witness.txt.",
    ));
    page.heading(2, to.pick("2. The journal", "2. Het journaal"));
    commands(
        &mut page,
        &["python3 verify.py journal @key.txt", "sluis journal verify journal --key key.txt"],
    );
    page.text(to.pick(
        "Either prints the number of entries and the root: compare them with the signed summary. With a witness:",
        "Beide tonen het aantal regels en de wortel: vergelijk ze met de ondertekende samenvatting. Met een getuige:",
    ));
    commands(
        &mut page,
        &[
            "python3 verify.py journal @key.txt --witness @witness.txt",
            "sluis journal verify journal --key key.txt --witness witness.txt",
        ],
    );
    page.heading(2, to.pick("3. Ten exchanges", "3. Tien uitwisselingen"));
    match evidence.sample.first() {
        Some(sampled) => {
            let proof = proof_name(sampled);
            page.text(to.pick(
                "sample.csv lists them, with the SHA-256 of the body that left. Verify a proof, and ask the publisher for the SHA-256 \
                 of what it received in that exchange:",
                "sample.csv noemt ze, met de SHA-256 van de inhoud die vertrok. Controleer een bewijs, en vraag de uitgever naar de \
                 SHA-256 van wat hij in die uitwisseling ontving:",
            ));
            commands(
                &mut page,
                &[
                    &format!("python3 verify.py --proof {proof} @key.txt"),
                    &format!("sluis journal verify --proof {proof} --key key.txt"),
                ],
            );
        }
        None => {
            page.text(to.pick("No message left in this period.", "In deze periode vertrok geen bericht."))
        }
    }
    contents(&mut page);
    page
}

fn commands(page: &mut Page, lines: &[&str]) {
    page.blocks.push(Block::Commands(lines.iter().map(|line| (*line).to_owned()).collect()));
}

fn contents(page: &mut Page) {
    let to = page.language;
    page.heading(2, to.pick("What is in it", "Wat erin zit"));
    let files = [
        ("summary.*", "one page to sign", "één bladzijde om te tekenen"),
        (
            "proved-and-attested.*",
            "what files prove, what people attest",
            "wat bestanden bewijzen, wat mensen verklaren",
        ),
        ("register.*", "what is shared with whom", "wat met wie wordt gedeeld"),
        (
            "journal/",
            "checkpoint, tiles, entries and commitments: the whole journal",
            "checkpoint, tegels, regels en verbintenissen: het hele journaal",
        ),
        ("proofs/, sample.csv", "ten exchanges that left", "tien uitwisselingen die vertrokken"),
        (
            "counts.json",
            "everything that was counted, for each route and rule",
            "alles wat is geteld, per route en regel",
        ),
        ("configuration.toml", "the configuration, without secrets", "de configuratie, zonder geheimen"),
        (
            "profiles/",
            "the rules in force, named by their SHA-256 as entries name it",
            "de geldende regels, genoemd naar hun SHA-256 zoals in het journaal",
        ),
        (
            "verify.py",
            "the verifier that shares no code with Sluis",
            "de controle die geen code met Sluis deelt",
        ),
    ];
    let rows = files
        .into_iter()
        .map(|(file, english, dutch)| vec![Cell::code(file), Cell::from(to.pick(english, dutch))]);
    page.table(
        to.pick("Files", "Bestanden"),
        &[to.pick("file", "bestand"), to.pick("what", "wat")],
        rows.collect(),
    );
    page.text(to.pick(
        "With --from and --to only the counting and the sample are of that period: the journal is always whole, since a part of it \
         could not be verified.",
        "Met --from en --to gaan alleen telling en steekproef over die periode: het journaal is altijd heel, want een deel ervan zou \
         niet te controleren zijn.",
    ));
}
