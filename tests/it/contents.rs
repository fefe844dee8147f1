//! That `tests/README.md` and `SECURITY.md` name tests that there are, and that the first leaves none of these out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The tests below a folder, by their paths: `cases::asking::naming_another`, with a crate's name in front.
fn tests_below(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path: PathBuf = entry.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            tests_below(&path, &format!("{prefix}{stem}::"), found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if matches!(&*stem, "mod" | "main") { String::new() } else { format!("{stem}::") };
            let source = fs::read_to_string(&path).unwrap_or_default();
            // What they run is a function of an engine.
            for listed in source.split("\non_every_engine!(").skip(1) {
                let names = listed.split(')').next().unwrap_or_default().split(',').map(str::trim);
                found.extend(names.filter(|name| !name.is_empty()).map(|name| format!("{prefix}{module}{name}")));
            }
            let mut is_test = false;
            for line in source.lines().map(str::trim) {
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                    is_test = true;
                } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                    let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    found.insert(format!("{prefix}{module}{name}"));
                    is_test = false;
                }
            }
        }
    }
}

/// The names in backticks that have the form of a path.
fn named_in<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let is_path = |text: &&str| {
        text.contains("::") && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:".contains(&b))
    };
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).filter(is_path).map(str::to_owned).collect()
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn service_tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    tests_below(&here().join("it"), "", &mut tests);
    assert!(tests.contains("guide::who_orders_a_service_becomes_its_contact_in_all_three_roles"));
    tests
}

/// Those of the names that are no test's, here or in a crate.
fn missing(named: BTreeSet<String>) -> Vec<String> {
    let mut tests = service_tests();
    tests_below(&here().join("browser"), "browser::", &mut tests);
    for entry in fs::read_dir(here().join("../crates")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        tests_below(&path.join("tests"), &format!("{name}::"), &mut tests);
    }
    named.into_iter().filter(|name| !tests.contains(name)).collect()
}

#[test]
fn every_test_that_the_readme_names_is_there_and_every_test_here_is_named() {
    let readme = fs::read_to_string(here().join("README.md")).unwrap();
    let named = named_in(readme.lines().filter(|line| line.starts_with('|')));
    let missing = missing(named.clone());
    assert!(missing.is_empty(), "tests/README.md names tests that are not there: {missing:#?}");
    let mapped = ["guide::", "cases::", "seeing::", "mails::", "history::"];
    let unnamed: Vec<_> = service_tests()
        .into_iter()
        .filter(|name| mapped.iter().any(|module| name.starts_with(module)) && !named.contains(name))
        .collect();
    assert!(unnamed.is_empty(), "tests/README.md does not say what these hold: {unnamed:#?}");
}

#[test]
fn every_attack_is_answered_by_tests_that_are_there() {
    let security = fs::read_to_string(here().join("../SECURITY.md")).unwrap();
    let missing = missing(named_in(security.lines()));
    assert!(missing.is_empty(), "SECURITY.md names tests that are not there: {missing:#?}");
    for attack in security.split("\n### ").skip(1) {
        let (title, answer) = attack.split_once('\n').unwrap();
        assert!(!named_in(answer.lines()).is_empty(), "no test shows what is said of: {title}");
    }
}
