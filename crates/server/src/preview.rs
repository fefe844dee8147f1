//! `relevo preview-mails`: every mail in every language, as files to click through.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use askama::Template;
use mail_parser::MessageParser;
use relevo_domain::Language;
use relevo_outbound::{languages, preview::every_mail};

use crate::{Error, console::say};

const INDEX: &str = "index.html";
/// What the index of a preview holds, and no other page.
const MARK: &str = "<meta name=\"generator\" content=\"relevo preview-mails\">";

/// A mail in one language.
struct Shown {
    name: &'static str,
    subject: String,
    text: String,
    html: String,
    raw: Vec<u8>,
}

/// The mails of one language.
struct InLanguage {
    tag: &'static str,
    mails: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct Index<'a> {
    languages: &'a [InLanguage],
}

/// A mail in every language.
struct Row<'a> {
    name: &'static str,
    cells: Vec<Cell<'a>>,
}

struct Cell<'a> {
    language: &'static str,
    subject: &'a str,
}

impl Index<'_> {
    fn rows(&self) -> Vec<Row<'_>> {
        let names = self.languages.first().into_iter().flat_map(|language| &language.mails).map(|mail| mail.name);
        let cells = |name| {
            self.languages.iter().flat_map(move |InLanguage { tag, mails }| {
                let of_name = mails.iter().filter(move |mail| mail.name == name);
                of_name.map(|mail| Cell { language: tag, subject: &mail.subject })
            })
        };
        names.map(|name| Row { name, cells: cells(name).collect() }).collect()
    }
}

/// Writes the preview into a folder that holds nothing else, and says where it is.
pub(crate) fn run(out: &Path) -> Result<(), Error> {
    // All are made before any is written: half a preview is none.
    let languages = languages().map(shown).collect::<Result<Vec<_>, _>>()?;
    let index = Index { languages: &languages }.render().map_err(unreadable)?;
    let mut files = BTreeMap::from([(out.join(INDEX), index.as_bytes())]);
    for InLanguage { tag, mails } in &languages {
        for Shown { name, text, html, raw, .. } in mails {
            let path = |ending| out.join(tag).join(format!("{name}.{ending}"));
            files.insert(path("txt"), text.as_bytes());
            files.insert(path("html"), html.as_bytes());
            files.insert(path("eml"), raw.as_slice());
        }
    }

    let folders: Vec<PathBuf> = languages.iter().map(|language| out.join(language.tag)).collect();
    holds_no_other(out, |path| folders.iter().any(|it| it == path) || path == out.join(INDEX) && is_index(path))?;
    for folder in &folders {
        holds_no_other(folder, |path| files.contains_key(path))?;
    }
    for folder in &folders {
        fs::create_dir_all(folder).map_err(|error| at(folder, error))?;
    }
    for (path, content) in &files {
        fs::write(path, content).map_err(|error| at(path, error))?;
    }
    let mails: usize = languages.iter().map(|language| language.mails.len()).sum();
    say(format_args!(
        "Wrote {mails} mails in {} languages. To read them, open {}",
        languages.len(),
        out.join(INDEX).display()
    ))
}

/// The mails of a language, as a mail reader takes them apart.
fn shown(tag: &'static str) -> Result<InLanguage, Error> {
    let language = Language::parse(tag).map_err(|error| unreadable(format!("the language {tag} {error}")))?;
    let mut mails = Vec::new();
    for (name, message) in every_mail(&language).map_err(|error| unreadable(format!("{tag}: {error}")))? {
        let parsed = MessageParser::new().parse(&message.raw);
        let parts = parsed.as_ref().and_then(|mail| Some((mail.subject()?, mail.body_text(0)?, mail.body_html(0)?)));
        let (subject, text, html) = parts.ok_or_else(|| unreadable(format!("{tag}: the mail {name} has no parts")))?;
        let (subject, text, html) = (subject.to_owned(), text.into_owned(), html.into_owned());
        mails.push(Shown { name, subject, text, html, raw: message.raw });
    }
    Ok(InLanguage { tag, mails })
}

/// That whatever is in a folder is known; a folder that is not there holds nothing.
fn holds_no_other(folder: &Path, is_known: impl Fn(&Path) -> bool) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| at(folder, error))?,
    };
    for entry in entries {
        let path = entry.map_err(|error| at(folder, error))?.path();
        if !is_known(&path) {
            return Err(Error::Preview(format!(
                "{} is not of this preview: name a folder that is new or empty, or remove it",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Whether a file is the index of a preview.
fn is_index(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|page| page.contains(MARK))
}

fn at(path: &Path, error: io::Error) -> Error {
    Error::Io(path.display().to_string(), error)
}

fn unreadable(what: impl std::fmt::Display) -> Error {
    Error::Preview(what.to_string())
}
