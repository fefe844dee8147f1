//! `relevo preview-mails`: what it writes, and where it does not.

use std::{fs, path::Path, process::Output};

use relevo_tests::process::run;

/// Runs it where everything else would fail: the settings are not right.
async fn preview(folder: &Path, out: &str) -> Output {
    run(folder, &["preview-mails", "--out", out], &[("RELEVO__GRPC__LISTEN", "nowhere")]).await
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn every_mail_in_every_language_can_be_clicked_through() {
    let folder = tempfile::tempdir().unwrap();
    let output = preview(folder.path(), "new/preview").await;
    assert!(output.status.success(), "{}", said(&output.stderr));
    let line = said(&output.stdout);
    assert!(
        line.starts_with("Wrote ") && line.ends_with("in 8 languages. To read them, open new/preview/index.html\n")
    );
    assert_eq!(line.lines().count(), 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no data, no key");

    let out = folder.path().join("new/preview");
    let index = fs::read_to_string(out.join("index.html")).unwrap();
    let links: Vec<_> = index.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(links.len() > 8 * 30 * 3, "{}", links.len());
    for link in &links {
        assert!(!fs::read(out.join(link)).unwrap().is_empty(), "{link}");
    }
    let mut files = 0;
    for language in ["en", "es", "fr", "de", "it", "pt", "pl", "nl"] {
        assert!(index.contains(&format!("<td lang=\"{language}\">")), "{language}");
        files += fs::read_dir(out.join(language)).unwrap().count();
        for ending in ["txt", "html", "eml"] {
            assert!(links.contains(&&*format!("{language}/confirm-nominee.{ending}")), "{language} {ending}");
        }
        let html = fs::read_to_string(out.join(language).join("test.html")).unwrap();
        assert!(html.starts_with("<!doctype html>") && html.contains(&format!("<html lang=\"{language}\">")));
    }
    assert_eq!(files, links.len(), "each file is in the index once");
}

#[tokio::test]
async fn an_earlier_preview_is_overwritten_and_nothing_else_ever_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| folder.path().join(file);
    assert!(preview(folder.path(), "out").await.status.success());
    fs::write(path("out/de/test.txt"), "old").unwrap();
    assert!(preview(folder.path(), "out").await.status.success());
    assert_ne!(fs::read_to_string(path("out/de/test.txt")).unwrap(), "old");

    for (foreign, why) in [
        ("out/notes.md", "out/notes.md is not of this preview"),
        ("out/de/notes.md", "out/de/notes.md is not of this preview"),
    ] {
        fs::write(path(foreign), "mine").unwrap();
        fs::write(path("out/de/test.txt"), "old").unwrap();
        let output = preview(folder.path(), "out").await;
        let error = said(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(error.starts_with("relevo: ") && error.contains(why), "{error}");
        assert_eq!(fs::read_to_string(path("out/de/test.txt")).unwrap(), "old", "nothing is written");
        fs::remove_file(path(foreign)).unwrap();
    }

    fs::create_dir(path("site")).unwrap();
    fs::write(path("site/index.html"), "<p>mine").unwrap();
    let output = preview(folder.path(), "site").await;
    assert!(said(&output.stderr).contains("site/index.html is not of this preview"), "{}", said(&output.stderr));
    let output = preview(folder.path(), "site/index.html").await;
    assert!(said(&output.stderr).contains("site/index.html: Not a directory"), "{}", said(&output.stderr));
    assert_eq!(fs::read_to_string(path("site/index.html")).unwrap(), "<p>mine");
}
