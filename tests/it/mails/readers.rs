//! Each mail in the words of its reader.

use std::{collections::BTreeMap, time::Duration};

use relevo_tests::{Engine, Letter, TestServer, on_every_engine, v1::Contacts};

on_every_engine!(
    a_confirm_mail_holds_all_that_its_reader_needs_in_text_and_in_html,
    each_reader_of_a_change_is_written_to_in_his_own_language,
    a_language_without_mails_falls_back_to_its_nearest_and_then_to_english,
    each_kind_of_mail_goes_to_its_readers_in_english_and_in_spanish,
);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A body on one line, so that a sentence is found wherever its lines break.
fn flat(body: &str) -> String {
    body.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn a_confirm_mail_holds_all_that_its_reader_needs_in_text_and_in_html(on: Engine) {
    let server = TestServer::start_with(on, "[page]\npublic_url = \"https://contacts.example.com\"\n").await;
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();

    for (reader, is_named) in [(&ann, false), (&nora, true)] {
        let letter = reader.reads_one("confirm").await;
        let token = letter.token();
        let link = format!("https://contacts.example.com/changes/{}#{token}", change.change_id);
        for body in [flat(&letter.text), flat(&letter.html)] {
            let refusing = if is_named { "you can refuse" } else { "please refuse" };
            for piece in [
                &*change.change_id,
                "example.com (domain)",
                "technical contact",
                &format!("Ann ({})", ann.account_id),
                &format!("Tom ({})", tom.account_id),
                &format!("Nora ({})", nora.account_id),
                &token,
                &link,
                "Monday, 12 January 2026 at 09:00 UTC",
                &format!("{refusing}: on the same page, with the same code."),
                "If you ignore this message, nothing changes.",
            ] {
                assert!(body.contains(piece), "{piece:?} is not in the mail to {}: {body}", letter.to);
            }
            let terms = "By accepting, you also accept the terms of this service.";
            assert_eq!(body.contains(terms), is_named, "{body}");
            for other in [&ann, &tom, &nora].into_iter().filter(|person| person.email != reader.email) {
                assert!(!body.contains(&other.email), "no address of another: {body}");
            }
        }
    }
}

async fn each_reader_of_a_change_is_written_to_in_his_own_language(on: Engine) {
    let server = TestServer::start(on).await;
    let ann = server.person_speaking("Ann", "es-MX").await;
    let nora = server.person_speaking("Nora", "en").await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_one("confirm").await, nora.reads_one("confirm").await);
    assert_eq!(anns.subject, "Confirme el cambio de contacto técnico de example.com");
    assert!(anns.text.starts_with("Confirme su solicitud"), "{}", anns.text);
    assert!(flat(&anns.text).contains("lunes 12 de enero de 2026 (09:00 UTC)"), "{}", anns.text);
    assert_eq!(noras.subject, "You are asked to become the technical contact of example.com");
    assert_ne!(anns.token(), noras.token());
}

async fn a_language_without_mails_falls_back_to_its_nearest_and_then_to_english(on: Engine) {
    let server = TestServer::start(on).await;
    for (name, language, greeting) in [
        ("Eva", "es", "Hola, Eva:"),
        ("Mex", "es-MX", "Hola, Mex:"),
        ("Jun", "ja", "Hello Jun,"),
        ("Usa", "en-US", "Hello Usa,"),
    ] {
        let person = server.person_speaking(name, language).await;
        let service_id = format!("{}.example.com", name.to_lowercase());
        person.orders_with(&service_id, Contacts::default()).await;
        let nominee = server.person(&format!("{name}s")).await;
        person.names(&nominee).technical(&service_id).await.unwrap();
        let letter = person.reads_one("confirm").await;
        assert!(letter.text.contains(greeting), "{language}: {}", letter.text);
        server.take_mails().await;
    }
}

/// Every kind of mail that a story of seven changes makes, by its kind and its reader.
async fn every_mail_of_the_story(on: Engine, language: &str) -> BTreeMap<(String, String), String> {
    let server = TestServer::start(on).await;
    let ann = server.person_speaking("Ann", language).await;
    let tom = server.person_speaking("Tom", language).await;
    let mut nora = server.person_speaking("Nora", language).await;
    for nth in ["done", "replaced", "refused", "cancelled", "expired"] {
        ann.orders_beside(&format!("{nth}.example.com"), &tom, &ann).await;
    }
    let mut letters = Vec::new();
    let codes = async |letters: &mut Vec<Letter>| {
        let new = server.take_mails().await;
        let code = |kind: &str, to: &str| new.iter().find(|it| it.kind == kind && it.to == to).map(Letter::token);
        let (toms, anns) = (code("confirm", &tom.email), code("confirm", &ann.email));
        let noras = code("confirm", "nora@example.com").unwrap();
        letters.extend(new);
        (anns.or(toms).unwrap(), noras)
    };

    let change = tom.names(&nora).technical("done.example.com").await.unwrap();
    let (toms, noras) = codes(&mut letters).await;
    tom.accepts(&change, &toms).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();

    let change = ann.names(&nora).technical("replaced.example.com").await.unwrap();
    let (anns, noras) = codes(&mut letters).await;
    ann.accepts(&change, &anns).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();

    let change = ann.names(&nora).technical("refused.example.com").await.unwrap();
    let (_, noras) = codes(&mut letters).await;
    nora.refuses(&change, &noras, "").await.unwrap();

    let change = ann.names(&nora).technical("cancelled.example.com").await.unwrap();
    codes(&mut letters).await;
    ann.cancels(&change).await.unwrap();

    // What she asks for fails as soon as she has handed the administration over.
    ann.names(&tom).technical("replaced.example.com").await.unwrap();
    letters.extend(server.take_mails().await);
    let change = ann.names(&nora).administrator("replaced.example.com").await.unwrap();
    let (anns, noras) = codes(&mut letters).await;
    ann.accepts(&change, &anns).await.unwrap();
    nora.accepts(&change, &noras).await.unwrap();

    ann.names(&nora).technical("expired.example.com").await.unwrap();
    server.deliver().await;
    server.advance(DAY * 6);
    server.sweep().await;
    server.deliver().await;
    nora.moves_to("nora@new.example").await;
    server.deliver().await;
    server.advance(DAY);
    server.sweep().await;
    letters.extend(server.take_mails().await);
    letters.into_iter().map(|letter| ((letter.kind, letter.to), letter.subject)).collect()
}

async fn each_kind_of_mail_goes_to_its_readers_in_english_and_in_spanish(on: Engine) {
    let expected = [
        ("confirm", "ann@example.com", "Please confirm: new", "Confirme el cambio de"),
        ("confirm", "nora@example.com", "You are asked to become", "Le proponen como"),
        ("confirm", "tom@example.com", "You are asked to become", "Le proponen como"),
        ("reminder", "ann@example.com", "Still waiting for your answer", "Seguimos esperando su respuesta"),
        ("reminder", "nora@example.com", "Still waiting for your answer", "Seguimos esperando su respuesta"),
        ("done", "ann@example.com", "Done: replaced.example.com has", "Cambio realizado: nuevo"),
        ("done", "nora@example.com", "Done: you are now", "Cambio realizado: ya es usted"),
        ("done", "tom@example.com", "Done: done.example.com has", "Cambio realizado: nuevo"),
        ("replaced", "tom@example.com", "You are no longer", "Usted ya no es"),
        ("passed", "ann@example.com", "done.example.com has a new", "Nuevo contacto técnico"),
        ("refused", "ann@example.com", "Refused: new", "Solicitud rechazada"),
        ("cancelled", "nora@example.com", "Cancelled: new", "Solicitud cancelada"),
        ("expired", "ann@example.com", "Expired: new", "Solicitud caducada"),
        ("expired", "nora@new.example", "Expired: new", "Solicitud caducada"),
        ("failed", "ann@example.com", "No longer possible: new", "El cambio ya no es posible"),
        ("failed", "tom@example.com", "No longer possible: new", "El cambio ya no es posible"),
        ("address-changed", "nora@example.com", "The e-mail address of your account", "Se ha cambiado la dirección"),
    ];
    let (english, spanish) = (every_mail_of_the_story(on, "en").await, every_mail_of_the_story(on, "es").await);
    for (kind, to, in_english, in_spanish) in expected {
        let key = (kind.to_owned(), to.to_owned());
        assert!(english.get(&key).is_some_and(|it| it.starts_with(in_english)), "{key:?}: {:?}", english.get(&key));
        assert!(spanish.get(&key).is_some_and(|it| it.starts_with(in_spanish)), "{key:?}: {:?}", spanish.get(&key));
    }
    assert_eq!((english.len(), spanish.len()), (expected.len(), expected.len()), "{english:#?}");
}
