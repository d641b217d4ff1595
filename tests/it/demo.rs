//! `sluis demo`, run as a newcomer runs it: the built binary, its exit codes, its report and its output.

use std::io::Read as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Generous: a debug build on a busy machine. A release build takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary in an empty environment, with a temporary directory of its own.
struct Stage {
    directory: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
        command.arg("demo").args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        command.env_clear().env("TMPDIR", self.directory.path()).env("LANG", "en_GB.UTF-8");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let since = Instant::now();
        let output = self.command(arguments).output().unwrap();
        assert!(since.elapsed() < PATIENCE, "{:?}", since.elapsed());
        assert_eq!(self.left_over(), Vec::<String>::new());
        output
    }

    fn report(&self, arguments: &[&str], exit: i32) -> Value {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{errors}{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(errors, "");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What the demo forgot to remove.
    fn left_over(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

fn exchange<'r>(report: &'r Value, name: &str) -> &'r Value {
    let exchanges = report["exchanges"].as_array().unwrap();
    exchanges.iter().find(|exchange| exchange["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

/// The texts of a message, wherever they stand.
fn text(message: &Value) -> String {
    message.to_string()
}

#[test]
fn the_fixed_set_reports_every_exchange_and_exits_0() {
    let report = Stage::new().report(&["--once", "--json"], 0);
    let summary = &report["summary"];
    assert_eq!(summary["exit"], 0);
    assert_eq!(summary["pupils"], 24);
    assert_eq!(summary["exchanges"], 5);
    assert_eq!(summary["unexplained"], 0);
    assert_eq!(summary["reached"], Value::Array(Vec::new()));
    assert_eq!(summary["astray"], Value::Array(Vec::new()));
    assert_eq!(summary["leak"], Value::Null);
    assert_eq!(summary["journal"]["verified"], true);
    assert!(summary["journal"]["entries"].as_u64().unwrap() >= 12);
    assert!(summary["searched_bytes"].as_u64().unwrap() > 5_000);
    assert!(summary["searched_values"].as_u64().unwrap() > 24 * 8);
    let mut journal = Vec::new();
    for exchange in report["exchanges"].as_array().unwrap() {
        for key in ["sent", "received", "answered", "got"] {
            assert!(exchange[key]["line"].is_string(), "{} {key}", exchange["name"]);
            assert!(exchange[key]["headers"].get("authorization").is_none());
        }
        assert_eq!(exchange["exchange"].as_str().unwrap().len(), 32);
        assert_eq!(exchange["refusal"], Value::Null);
        assert!(!exchange["differences"].as_array().unwrap().is_empty(), "{}", exchange["name"]);
        for difference in exchange["differences"].as_array().unwrap() {
            let rule = difference["rule"].as_str().unwrap();
            assert!(rule.starts_with(exchange["profile"].as_str().unwrap()), "{rule}");
            assert!(!difference["because"].as_str().unwrap().is_empty());
            assert_ne!(difference["inside"], difference["outside"]);
        }
        journal.extend(exchange["journal"].as_array().unwrap().iter().map(|index| index.as_u64().unwrap()));
    }
    assert_eq!(journal.len(), 10, "each exchange has an entry for each of its messages");
    assert!(journal.is_sorted());
}

#[test]
fn names_stay_inside_and_come_home() {
    let report = Stage::new().report(&["--once", "--json"], 0);
    let students = exchange(&report, "students");
    let (answered, got) = (text(&students["answered"]), text(&students["got"]));
    for name in ["Çelik", "'t", "Berg-de Vries", "IJsbrand", "Świątek-Nguyễn", "2014-01-09", "bo.a@"] {
        assert!(answered.contains(name), "{name}");
        assert!(!got.contains(name), "{name}");
    }
    // Two pupils called Sanne de Boer stay two.
    let pupils = students["pupils"].as_array().unwrap();
    let twins: Vec<&Value> = pupils.iter().filter(|pupil| pupil["inside"] == "Sanne de Boer").collect();
    assert_eq!(twins.len(), 2);
    assert_ne!(twins[0]["outside"], twins[1]["outside"]);
    // The order of the list changed, and that is told.
    assert_eq!(students["reordered"], serde_json::json!(["/body"]));
    for name in ["results", "sem-result", "one-pupil", "results-page"] {
        for pupil in exchange(&report, name)["pupils"].as_array().unwrap() {
            let (inside, outside) = (pupil["inside"].as_str().unwrap(), pupil["outside"].as_str().unwrap());
            let mark = |line: &str| line.rsplit(' ').next().unwrap().to_owned();
            assert_eq!(mark(inside), mark(outside), "{name}");
        }
    }
    let one = exchange(&report, "one-pupil");
    assert!(one["pupils"][0]["inside"].as_str().unwrap().starts_with("Bo A  "));
    assert!(text(&one["sent"]).contains("u-310026"));
    assert!(!text(&one["received"]).contains("u-310026"));
    assert!(!text(&one["answered"]).contains("u-310026"));
    assert!(text(&one["got"]).contains("u-310026"));
}

#[test]
fn a_planted_name_is_stopped_and_exits_5() {
    let report = Stage::new().report(&["--once", "--json", "--leak"], 5);
    let summary = &report["summary"];
    assert_eq!((&summary["leak"], &summary["exit"]), (&Value::from("stopped"), &Value::from(5)));
    assert_eq!((&summary["planted"], &summary["stopped"]), (&Value::from(2), &Value::from(2)));
    // The same messages pass without the name: it is the name that is stopped.
    for name in ["clean-request", "clean-reply"] {
        assert_eq!(exchange(&report, name)["refusal"], Value::Null, "{name}");
    }
    let request = exchange(&report, "planted-request");
    assert!(text(&request["sent"]).contains("z.celik"));
    assert_eq!(request["refusal"], "SLS-601");
    assert_eq!((&request["received"], &request["answered"]), (&Value::Null, &Value::Null));
    let reply = exchange(&report, "planted-reply");
    assert!(text(&reply["answered"]).contains("Zoë Çelik"));
    assert_eq!((&reply["refusal"], &reply["got"]["line"]), (&Value::from("SLS-601"), &Value::from("502")));
    for part in ["Çelik", "klas-7a", "7A-REK"] {
        assert!(!text(&reply["got"]).contains(part), "{part}");
    }
}

#[test]
fn the_text_has_both_sides_in_both_languages_and_fits_the_terminal() {
    let stage = Stage::new();
    for (language, sides) in
        [("nl", ["binnen de school", "bij de uitgever"]), ("en", ["inside the school", "at the publisher"])]
    {
        for width in [50_usize, 80, 140] {
            let mut command = stage.command(&["--once", "--lang", language]);
            let output = command.env("COLUMNS", width.to_string()).output().unwrap();
            assert_eq!(output.status.code(), Some(0));
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(!text.contains('\u{1b}'), "no colour outside a terminal");
            for side in sides {
                assert!(text.contains(side), "{language} {width}: {side}");
            }
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
    assert_eq!(stage.left_over(), Vec::<String>::new());
}

#[test]
fn without_once_everybody_stays_until_a_signal_and_the_directory_goes() {
    let stage = Stage::new();
    let mut child = Ended(stage.command(&["--lang", "en"]).stdout(Stdio::piped()).spawn().unwrap());
    let mut stdout = child.0.stdout.take().unwrap();
    let mut seen = String::new();
    let mut piece = [0; 4096];
    while seen.matches("curl --cacert").count() < 2 || !seen.ends_with('\n') {
        let read = stdout.read(&mut piece).unwrap();
        assert_ne!(read, 0, "it ended: {seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    assert!(child.0.try_wait().unwrap().is_none());
    assert_eq!(stage.left_over().len(), 1);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child.0), rustix::process::Signal::INT)
        .unwrap();
    assert_eq!(child.wait().code(), Some(0));
    assert_eq!(stage.left_over(), Vec::<String>::new());
}

/// A child that does not outlive its test.
struct Ended(Child);

impl Ended {
    fn wait(&mut self) -> std::process::ExitStatus {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not end");
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
