//! The configuration that `init` writes: short, with a comment where a choice was made.
//!
//! Values are written by the TOML library, so that no answer can end its own quotes.

use super::answers::{Answers, NewPublisher};

/// The text of `sluis.toml`.
pub(super) fn render(answers: &Answers) -> String {
    let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let unlock = match &answers.passphrase_file {
        Some(file) => format!("{{ passphrase_file = {} }}", quote(file)),
        None => "{ key_file = \"secrets/unseal.key\" }".to_owned(),
    };
    let url = match &answers.url {
        Some(url) => format!("url         = {}\n", quote(url)),
        None => String::new(),
    };
    let mut text = format!(
        "# Sluis: `sluis check` says whether this holds, and what it lets through.\n\
         # Relative paths are relative to this file.\n\
         roster = \"state/roster\"                # filled with `sluis roster import FILE`\n\
         \n\
         [school]\n\
         id   = {}\n\
         name = {}\n\
         \n\
         [listen]\n\
         address     = {}\n\
         certificate = \"tls/cert.pem\"           # self-signed; put your own in its place\n\
         private_key = \"tls/key.pem\"\n\
         {url}\
         \n\
         [vault]\n\
         path   = \"state/vault\"\n\
         unlock = {unlock}\n\
         \n\
         [journal]\n\
         path = \"state/journal\"\n",
        quote(&answers.school_id),
        quote(&answers.school_name),
        quote(&answers.address),
    );
    if let Some(publisher) = &answers.publisher {
        text.push_str(&publisher_text(publisher));
    }
    text
}

fn publisher_text(publisher: &NewPublisher) -> String {
    let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        "\n\
         [[publisher]]\n\
         id    = {id}\n\
         name  = {name}\n\
         epoch = {epoch}\n\
         shape = \"uuid\"\n\
         # On what terms, as the processor agreement says; until they are here `check` warns:\n\
         # location  = \"NL\"\n\
         # kind      = \"bought\"                 # or \"free-app\"\n\
         # agreement = {{ document = \"…\", parties = [\"…\"], date = \"2026-06-01\", ends = \"2027-07-31\", categories = [\"pupil-id\", \"group\", \"result\"] }}\n\
         \n\
         \x20 [[publisher.route]]                 # the school asks the publisher\n\
         \x20 mount    = {mount}\n\
         \x20 upstream = {upstream}\n\
         \x20 asks     = \"school\"\n\
         \x20 profile  = {profile}\n\
         \x20 caller   = {{ bearer_token_file = {token} }}\n",
        id = quote(&publisher.id),
        name = quote(&publisher.name),
        epoch = quote(&publisher.epoch),
        mount = quote(&format!("/{}/", publisher.id)),
        upstream = quote(&publisher.upstream),
        profile = quote(&publisher.profile),
        token = quote(&format!("secrets/{}.token", publisher.id)),
    )
}
