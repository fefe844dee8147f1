//! Every mail against the file that shows it.

use std::{env, fs, path::Path};

use mail_parser::MessageParser;

use crate::story::{CHANGE_ID, LANGUAGES, TOKEN, every_mail};

/// A mail as a person can review it: its headers decoded, the text, the body of the HTML; ids and token redacted.
fn shown(raw: &[u8]) -> String {
    let mail = MessageParser::new().parse(raw).unwrap();
    let mailbox = |address: Option<&mail_parser::Address<'_>>| {
        let first = address.unwrap().first().unwrap();
        format!("{} <{}>", first.name().unwrap_or_default(), first.address().unwrap())
    };
    let html = mail.body_html(0).unwrap();
    let (_, body) = html.split_once("<body").unwrap();
    let mut text = format!("From: {}\nTo: {}\n", mailbox(mail.from()), mailbox(mail.to()));
    text += &format!("Subject: {}\nDate: {}\n", mail.subject().unwrap(), mail.date().unwrap().to_rfc3339());
    for name in ["Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Content-Language"] {
        if let Some(value) = mail.header_raw(name) {
            text += &format!("{name}: {}\n", value.trim());
        }
    }
    text += &format!("\n{}\n<body{body}", mail.body_text(0).unwrap());
    text.replace("\r\n", "\n").replace(TOKEN, "[token]").replace(CHANGE_ID, "[change id]")
}

#[test]
fn every_mail_reads_as_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails/snapshots");
    let update = env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut expected_files = Vec::new();
    let mut differences = Vec::new();
    for language in LANGUAGES {
        for (name, story) in every_mail(language) {
            let file = format!("{name}.{language}.txt");
            let now = shown(&story.compose().raw);
            if update {
                fs::write(folder.join(&file), &now).unwrap();
            } else {
                let reviewed = fs::read_to_string(folder.join(&file)).unwrap_or_default();
                let line = now.lines().zip(reviewed.lines()).find(|(now, reviewed)| now != reviewed);
                if now != reviewed {
                    let (now, reviewed) = line.unwrap_or(("(ends elsewhere)", "(ends elsewhere)"));
                    differences.push(format!("{file}\n   was: {reviewed}\n   now: {now}"));
                }
            }
            expected_files.push(file);
        }
    }
    assert!(
        differences.is_empty(),
        "{} mails are not as reviewed; if they should be, UPDATE_SNAPSHOTS=1 and read the diff:\n{}",
        differences.len(),
        differences.join("\n")
    );
    for file in fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(expected_files.contains(&name), "{name} shows no mail that there is");
    }
}
