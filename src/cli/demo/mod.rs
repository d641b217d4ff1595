//! `sluis demo`: a school, Sluis and a publisher in one process, over real TLS sockets, with invented pupils.
//!
//! What runs is what `sluis serve` runs, from a configuration as `sluis init` writes it, in a temporary directory that
//! is removed again. The two sides are servers and callers of the demo's own; they keep every byte that they are sent,
//! and the demo searches what the publisher has for every pupil before it ends. Exit 0 when nothing is there and every
//! difference has a rule; with `--leak` 5 when the planted names were stopped; otherwise 1.

mod difference;
mod judge;
mod layout;
mod messages;
mod party;
mod pupils;
mod report;
mod scene;
mod search;
mod show;
mod story;
mod words;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;

use self::judge::Verdict;
use self::messages::Memory;
use self::scene::{Running, Scene, failed};
use self::show::Show;
use self::story::{Exchange, Story, Topic};
use super::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::config::Language;
use crate::journal::{Report, verify};
use crate::server::Signals;

/// Show a school, Sluis and a publisher on this machine, with invented pupils, over TLS.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Run the fixed set of exchanges and end; otherwise everybody stays until Ctrl-C, for `curl`.
    #[arg(long)]
    once: bool,
    /// Plant a pupil's name in a field that is let through: exit 5 when it was stopped, 1 when it was not.
    #[arg(long)]
    leak: bool,
}

/// The usual exchanges.
const USUAL: &[Topic] =
    &[Topic::Students, Topic::Results, Topic::SimpleResult, Topic::OnePupil, Topic::ResultsPage];
/// With `--leak`: each message once clean, so that it is seen to pass, and once with a name in it.
const LEAK: &[Topic] = &[Topic::CleanRequest, Topic::PlantedRequest, Topic::CleanReply, Topic::PlantedReply];

/// A demo that ran.
struct Played {
    exchanges: Vec<Exchange>,
    verdict: Verdict,
}

impl Demo {
    /// Runs it.
    pub(super) fn run(self, screen: &Screen) -> Result<Exit, Failure> {
        let since = Instant::now();
        let pupils = pupils::all();
        let mut show = (!screen.json).then(|| Show::new(screen));
        // Before anything that takes time.
        if let Some(show) = &show {
            show.opening(pupils.len());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        // From here on a signal ends the demo in good order: the directory goes.
        let mut signals = {
            let _inside = runtime.enter();
            Signals::listen().map_err(|error| failed(&error))?
        };
        let mut scene = Scene::set(&pupils)?;
        let told = runtime.block_on(async {
            let (memory, planted) = (Memory::default(), Arc::new(AtomicBool::new(false)));
            let school = messages::school(pupils.clone(), Arc::clone(&planted));
            let running =
                scene.begin(school, messages::publisher(memory.clone()), screen.pick("en", "nl"))?;
            let mut story = Story::new(&scene, &running, &pupils, memory, planted);
            let playing = self.play(&mut story, show.as_mut());
            let played = tokio::select! {
                played = playing => played?,
                () = stopped(&mut signals) => return Ok(Exit::Error),
            };
            let exit = self.tell(&played, since, screen, show.as_ref());
            if !self.once && !self.leak && exit == Exit::Done {
                invite(&scene, screen, show.as_ref());
                stopped(&mut signals).await;
            }
            running.live.stop().await;
            Ok::<Exit, Failure>(exit)
        });
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        let ended = scene.stores.stop();
        let exit = told?;
        ended.map(|()| exit)
    }

    async fn play(&self, story: &mut Story<'_>, mut show: Option<&mut Show<'_>>) -> Result<Played, Failure> {
        let mut exchanges = Vec::new();
        for topic in if self.leak { LEAK } else { USUAL } {
            let exchange = story.play(*topic).await?;
            if let Some(show) = show.as_mut() {
                show.exchange(&exchange);
            }
            exchanges.push(exchange);
        }
        let outside = everything(story.running);
        let mut verdict = Verdict::of(&exchanges, &outside, &search::secrets(story.pupils));
        verdict.journal = Some(verified(story.scene)?);
        Ok(Played { exchanges, verdict })
    }

    /// Tells how it ended.
    fn tell(&self, played: &Played, since: Instant, screen: &Screen, show: Option<&Show<'_>>) -> Exit {
        let exit = match (played.verdict.is_good(), self.leak) {
            (false, _) => Exit::Error,
            (true, true) => Exit::LeakStopped,
            (true, false) => Exit::Done,
        };
        let took = since.elapsed().as_millis();
        match show {
            Some(show) => {
                show.verdict(&verdict(&played.verdict, self.leak, took, screen.language));
                if exit == Exit::Done {
                    show.closing(&[screen
                        .pick(
                            "See a name being stopped: sluis demo --leak · Begin a school of your own: sluis init",
                            "Zie een naam gestopt worden: sluis demo --leak · Begin een eigen school: sluis init",
                        )
                        .to_owned()]);
                }
            }
            None => screen.report(&report::report(
                &played.exchanges,
                &played.verdict,
                pupils::COUNT,
                took,
                exit as u8,
                screen.language,
            )),
        }
        exit
    }
}

/// Everything that the publisher was sent.
fn everything(running: &Running) -> Vec<u8> {
    running.outside.since(0)
}

/// Signs the journal, and has it verified as a stranger would: with its files and the public key.
fn verified(scene: &Scene) -> Result<Report, Failure> {
    tokio::task::block_in_place(|| {
        scene.stores.checkpoint()?;
        let key = scene.stores.journal.vkey();
        Ok(verify(&scene.settings.journal, std::slice::from_ref(key), None))
    })
}

/// Waits for a signal, `SIGHUP` too: when the terminal is closed, nobody is left to look.
async fn stopped(signals: &mut Signals) {
    signals.next().await;
}

/// The last line.
fn verdict(verdict: &Verdict, leak: bool, took: u128, language: Language) -> String {
    let Verdict { bytes, values, unexplained, stopped, .. } = verdict;
    let reached = verdict.reached.len();
    if !verdict.is_good() {
        let astray: Vec<&str> = verdict.astray.iter().map(|topic| report::name(*topic)).collect();
        let astray = astray.join(", ");
        return match language {
            Language::English => format!(
                "NOT GOOD: {reached} values that name a pupil reached the publisher; {unexplained} differences have \
                 no rule; not as it should be: [{astray}]."
            ),
            Language::Dutch => format!(
                "NIET GOED: {reached} gegevens die een leerling noemen bereikten de uitgever; {unexplained} \
                 verschillen hebben geen regel; niet zoals het moet: [{astray}]."
            ),
        };
    }
    let entries = verdict.journal.as_ref().map_or(0, |journal| journal.size);
    let searched = match language {
        Language::English => format!(
            "Everything that the publisher received ({bytes} bytes) was searched for {values} names, numbers, \
             e-mail addresses and birth dates of the {} pupils: none is there. The journal's {entries} entries were verified. {took} ms.",
            pupils::COUNT
        ),
        Language::Dutch => format!(
            "Alles wat de uitgever ontving ({bytes} bytes) is doorzocht op {values} namen, nummers, e-mailadressen \
             en geboortedata van de {} leerlingen: er staat er geen in. De {entries} regels van het journaal zijn \
             nagerekend en kloppen. {took} ms.",
            pupils::COUNT
        ),
    };
    match (leak, language) {
        (false, _) => searched,
        (true, Language::English) => format!("LEAK STOPPED, {stopped} of {stopped} times. {searched}"),
        (true, Language::Dutch) => format!("LEK GESTOPT, {stopped} van {stopped} keer. {searched}"),
    }
}

/// What to type in another terminal.
fn invite(scene: &Scene, screen: &Screen, show: Option<&Show<'_>>) {
    let curl = |caller: &str, target: &str| {
        format!(
            "curl --cacert {} -H @{} 'https://{}{target}'",
            scene.path().join("tls/ca.pem").display(),
            scene.header_file(caller).display(),
            scene.settings.listen.address,
        )
    };
    let lines = [
        screen
            .pick("as the publisher, asking for pupils:", "als de uitgever, die om leerlingen vraagt:")
            .to_owned(),
        curl("publisher", "/leerlingen/students/school"),
        screen
            .pick("as the school, asking for results:", "als de school, die om resultaten vraagt:")
            .to_owned(),
        curl("school", "/rekenwonder/gradebook/v1p2/results"),
    ];
    if let Some(show) = show {
        let more = screen.pick(
            "Everybody stays. Try it from another terminal; Ctrl-C ends it, and the directory goes.",
            "Iedereen blijft. Probeer het vanuit een ander venster; Ctrl-C stopt, en de map verdwijnt.",
        );
        show.closing(&[more.to_owned()]);
        screen.say("");
    }
    // Not wrapped: these lines are to be copied. Beside a JSON report they are no part of it.
    for line in lines {
        if show.is_some() { screen.say(&format!("   {line}")) } else { screen.tell(&line) }
    }
}
