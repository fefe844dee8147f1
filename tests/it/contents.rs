//! That `tests/README.md` names tests that there are, and leaves none of these out.

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

/// The names in backticks in the tables of the README that have the form of a path.
fn named_in(readme: &str) -> BTreeSet<String> {
    let is_path = |text: &&str| {
        text.contains("::") && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:".contains(&b))
    };
    let rows = readme.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(is_path).map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_readme_names_is_there_and_every_test_here_is_named() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut service_tests = BTreeSet::new();
    tests_below(&here.join("it"), "", &mut service_tests);
    assert!(service_tests.contains("guide::who_orders_a_service_becomes_its_contact_in_all_three_roles"));
    let mut crate_tests = BTreeSet::new();
    for entry in fs::read_dir(here.join("../crates")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        tests_below(&path.join("tests"), &format!("{name}::"), &mut crate_tests);
    }

    let named = named_in(&fs::read_to_string(here.join("README.md")).unwrap());
    let missing: Vec<_> =
        named.iter().filter(|name| !service_tests.contains(*name) && !crate_tests.contains(*name)).collect();
    assert!(missing.is_empty(), "tests/README.md names tests that are not there: {missing:#?}");
    let mapped = ["guide::", "cases::", "seeing::", "mails::", "history::"];
    let unnamed: Vec<_> = service_tests
        .iter()
        .filter(|name| mapped.iter().any(|module| name.starts_with(module)) && !named.contains(*name))
        .collect();
    assert!(unnamed.is_empty(), "tests/README.md does not say what these hold: {unnamed:#?}");
}
