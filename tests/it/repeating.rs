//! A call that is repeated under its `request_id` answers as the first time and does nothing.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on stops")]

use std::time::Duration;

use relevo_tests::{
    Call, MUTATIONS, TestServer,
    v1::{BillingStanding, Contacts, CreateContactChangesRequest},
};
use tonic::Code;
use uuid::Uuid;

use crate::scene::Scene;

const ID: Uuid = Uuid::from_u128(0x5f3c_0e6e_8d0b_4a5e_9d2c_0f5b_1a7c_9e42);

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_repeated_answers_alike_and_happens_once() {
    for name in MUTATIONS {
        let scene = Scene::set().await;
        let call = scene.mutation(name).under(ID);
        let before = scene.server.everything_stored().await;
        let answer = call.clone().send(&scene.server).await.unwrap();
        assert_eq!(scene.mails().await, Scene::mails_of(name), "{name}");
        let once = scene.server.everything_stored().await;
        assert_ne!(once, before, "{name}");

        scene.server.advance(Duration::from_secs(3600));
        let again = call.clone().send(&scene.server).await.unwrap();
        assert_eq!(again, answer, "{name}");
        assert!(scene.mails().await.is_empty(), "{name}");
        assert_eq!(scene.server.everything_stored().await, once, "{name}");

        let refused = scene.other(name).under(ID).send(&scene.server).await.unwrap_err();
        assert_eq!((refused.code, refused.reason.as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"), "{name}");
        assert_eq!(scene.server.everything_stored().await, once, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_id_or_under_another_a_call_is_a_new_one() {
    for name in MUTATIONS {
        let scene = Scene::set().await;
        scene.mutation(name).under(ID).send(&scene.server).await.unwrap();
        scene.server.leaves_mails_unread();
        let stored = scene.server.everything_stored().await;
        let other_id = Uuid::from_u128(ID.as_u128() + 1);
        for call in [scene.mutation(name), scene.mutation(name).under(other_id)] {
            match (*name, call.send(&scene.server).await) {
                // The same again changes nothing.
                ("UpdateAccountRequest" | "UpdateServiceRequest", Ok(_)) => {}
                ("UpdateAccountRequest" | "UpdateServiceRequest", Err(refused)) => panic!("{name}: {refused:?}"),
                (_, answer) => assert_ne!(answer.unwrap_err().reason, "REQUEST_ID_REUSED", "{name}"),
            }
        }
        let mut after = scene.server.everything_stored().await;
        after.insert("request".to_owned(), stored["request"].clone());
        assert_eq!(after, stored, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_is_another_one_for_each_method_and_account() {
    let scene = Scene::set().await;
    let mut answers = Vec::new();
    for name in [
        "CreateAccountRequest",
        "CreateServiceRequest",
        "UpdateServiceRequest",
        "CreateContactChangesRequest",
        "ResendTokenRequest",
        "CancelContactChangeRequest",
        "UpdateAccountRequest",
        "DeleteServiceRequest",
    ] {
        answers.push((name, scene.mutation(name), scene.mutation(name).under(ID).send(&scene.server).await.unwrap()));
    }
    for (name, call, answer) in answers {
        assert_eq!(call.under(ID).send(&scene.server).await.unwrap(), answer, "{name}");
    }
    scene.server.leaves_mails_unread();

    let server = TestServer::start().await;
    server.leaves_mails_unread();
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    for person in [&ann, &nora] {
        let accept = relevo_tests::v1::AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: person.account_id.clone(),
            token: person.reads_one("confirm").await.token(),
            ..Default::default()
        };
        Call::from(accept).under(ID).send(&server).await.unwrap();
    }
    assert_eq!(ann.sees_service("example.com").await.unwrap().contacts.unwrap().technical, nora.account_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_not_remembered() {
    let server = TestServer::start().await;
    server.leaves_mails_unread();
    let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
    ann.orders("example.com").await;
    let ask = CreateContactChangesRequest {
        service_id: "example.com".to_owned(),
        requester: ann.account_id.clone(),
        contacts: Some(Contacts { billing: nora.account_id.clone(), ..Default::default() }),
        ..Default::default()
    };
    let ask = Call::from(ask).under(ID);
    nora.has_bills(BillingStanding::Overdue).await;
    assert_eq!(ask.clone().send(&server).await.unwrap_err().reason, "BILLING_OVERDUE");
    nora.has_bills(BillingStanding::Good).await;
    let made = ask.clone().send(&server).await.unwrap();
    nora.has_bills(BillingStanding::Overdue).await;
    assert_eq!(ask.send(&server).await.unwrap(), made, "what was done is not looked at again");

    let scene = Scene::set().await;
    scene.server.leaves_mails_unread();
    let wrong = scene.other("AcceptContactChangeRequest").under(ID);
    assert_eq!(wrong.send(&scene.server).await.unwrap_err().reason, "TOKEN_INVALID");
    scene.mutation("AcceptContactChangeRequest").under(ID).send(&scene.server).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_remembered_for_a_day_and_then_forgotten() {
    for name in MUTATIONS {
        let scene = Scene::set().await;
        let call = scene.mutation(name).under(ID);
        let answer = call.clone().send(&scene.server).await.unwrap();
        scene.server.advance(Duration::from_secs(24 * 3600));
        scene.server.sweep().await;
        assert_eq!(call.clone().send(&scene.server).await.unwrap(), answer, "{name}");
        scene.server.advance(Duration::from_micros(1));
        scene.server.sweep().await;
        assert!(scene.server.everything_stored().await["request"].is_empty(), "{name}");
        // The id is free for another call.
        let other = scene.other(name).under(ID).send(&scene.server).await;
        assert!(other.as_ref().err().is_none_or(|refused| !refused.is("REQUEST_ID_REUSED")), "{name}: {other:?}");
        assert_ne!(other.ok(), Some(answer), "{name}");
        scene.server.leaves_mails_unread();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_calls_at_once_under_one_id_are_one() {
    for name in MUTATIONS {
        let scene = Scene::set().await;
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let (call, server) = (scene.mutation(name).under(ID), scene.server.clone());
                tokio::spawn(async move { call.send(&server).await })
            })
            .collect();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap().unwrap());
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{name}: {answers:?}");
        assert_eq!(scene.mails().await, Scene::mails_of(name), "{name}");
        assert_eq!(scene.server.everything_stored().await["request"].len(), 1, "{name}");
    }
}

/// Whether some bytes lie in a file of a server.
fn is_stored(server: &TestServer, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(server.folder()).unwrap();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .any(|file| file.windows(bytes.len()).any(|window| window.eq_ignore_ascii_case(bytes)))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_code_is_stored_with_what_is_remembered() {
    for name in ["AcceptContactChangeRequest", "RefuseContactChangeRequest"] {
        let scene = Scene::set().await;
        scene.server.leaves_mails_unread();
        scene.mutation(name).under(ID).send(&scene.server).await.unwrap();
        assert_eq!(scene.server.everything_stored().await["request"].len(), 1);
        assert!(is_stored(&scene.server, b"nora@example.com"), "what is stored is found");
        assert!(is_stored(&scene.server, ID.as_bytes()));
        for token in [&scene.noras, &scene.anns] {
            for written in [token.clone(), token.replace('-', ""), token.replace('-', " ")] {
                assert!(!is_stored(&scene.server, written.as_bytes()), "{name}");
            }
        }
    }
}
