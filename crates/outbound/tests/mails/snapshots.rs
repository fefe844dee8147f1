//! Every mail against the files that show it: its headers and text in each language, and its HTML in English. That the
//! HTML says what the text does is a test of `wording`. And what the page says of a change, in each language.

use std::{collections::BTreeSet, env, fs, path::Path};

use mail_parser::MessageParser;

use crate::{
    sheets,
    story::{CHANGE_ID, TOKEN, every_mail, languages},
};

fn redacted(text: &str) -> String {
    text.replace("\r\n", "\n").replace(TOKEN, "[token]").replace(CHANGE_ID, "[change id]")
}

/// A mail as a person can review it: its headers decoded, and the text; what is different each time redacted.
fn text(raw: &[u8]) -> String {
    let mail = MessageParser::new().parse(raw).unwrap();
    let mailbox = |address: Option<&mail_parser::Address<'_>>| {
        let first = address.unwrap().first().unwrap();
        format!("{} <{}>", first.name().unwrap_or_default(), first.address().unwrap())
    };
    let mut text = format!("From: {}\nTo: {}\n", mailbox(mail.from()), mailbox(mail.to()));
    text += &format!("Subject: {}\nDate: {}\n", mail.subject().unwrap(), mail.date().unwrap().to_rfc3339());
    for name in ["Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Content-Language"] {
        if let Some(value) = mail.header_raw(name) {
            let value = match value.trim().split_once("<test.") {
                Some((_, id)) => format!("<test.[random]{}", &id[32..]),
                None => value.trim().to_owned(),
            };
            text += &format!("{name}: {value}\n");
        }
    }
    redacted(&format!("{text}\n{}", mail.body_text(0).unwrap()))
}

/// The body of the HTML of a mail.
fn html(raw: &[u8]) -> String {
    let mail = MessageParser::new().parse(raw).unwrap();
    let html = mail.body_html(0).unwrap();
    redacted(&format!("<body{}", html.split_once("<body").unwrap().1))
}

#[test]
fn every_mail_reads_as_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails/snapshots");
    let update = env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut expected_files = BTreeSet::new();
    let mut differences = Vec::new();
    for language in languages() {
        if update {
            fs::create_dir_all(folder.join(language)).unwrap();
        }
        let mut shown = vec![(format!("{language}/page.txt"), sheets::text(language))];
        for (name, message) in every_mail(language) {
            shown.push((format!("{language}/{name}.txt"), text(&message.raw)));
            if language == "en" {
                shown.push((format!("{language}/{name}.html"), html(&message.raw)));
            }
        }
        for (file, now) in shown {
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
            expected_files.insert(file);
        }
    }
    assert!(
        differences.is_empty(),
        "{} mails are not as reviewed; if they should be, UPDATE_SNAPSHOTS=1 and read the diff:\n{}",
        differences.len(),
        differences.join("\n")
    );
    for language in fs::read_dir(&folder).unwrap() {
        for file in fs::read_dir(language.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            assert!(expected_files.contains(name), "{name} shows no mail that there is");
        }
    }
}
