//! A call that is repeated under its `request_id` answers as the first time and does nothing.

use std::time::Duration;

use relevo_tests::{
    Call, Engine, MUTATIONS, TestServer, on_every_engine,
    v1::{BillingStanding, Contacts, CreateContactChangesRequest},
};
use tonic::Code;
use uuid::Uuid;

use crate::scene::Scene;

on_every_engine!(
    every_mutation_repeated_answers_alike_and_happens_once,
    without_an_id_or_under_another_a_call_is_a_new_one,
    one_id_is_another_one_for_each_method_and_account,
    a_refused_call_is_not_remembered,
    an_answer_is_remembered_for_a_day_and_then_forgotten,
    twenty_calls_at_once_under_one_id_are_one,
    no_code_is_stored_with_what_is_remembered,
);

const ID: Uuid = Uuid::from_u128(0x5f3c_0e6e_8d0b_4a5e_9d2c_0f5b_1a7c_9e42);

async fn every_mutation_repeated_answers_alike_and_happens_once(on: Engine) {
    for name in MUTATIONS {
        let scene = Scene::set(on).await;
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

async fn without_an_id_or_under_another_a_call_is_a_new_one(on: Engine) {
    for name in MUTATIONS {
        let scene = Scene::set(on).await;
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

async fn one_id_is_another_one_for_each_method_and_account(on: Engine) {
    let scene = Scene::set(on).await;
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

    let server = TestServer::start(on).await;
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

async fn a_refused_call_is_not_remembered(on: Engine) {
    let server = TestServer::start(on).await;
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

    let scene = Scene::set(on).await;
    scene.server.leaves_mails_unread();
    let wrong = scene.other("AcceptContactChangeRequest").under(ID);
    assert_eq!(wrong.send(&scene.server).await.unwrap_err().reason, "TOKEN_INVALID");
    scene.mutation("AcceptContactChangeRequest").under(ID).send(&scene.server).await.unwrap();
}

async fn an_answer_is_remembered_for_a_day_and_then_forgotten(on: Engine) {
    for name in MUTATIONS {
        let scene = Scene::set(on).await;
        let call = scene.mutation(name).under(ID);
        let answer = call.clone().send(&scene.server).await.unwrap();
        scene.server.advance(Duration::from_secs(24 * 3600));
        scene.server.forget().await;
        assert_eq!(call.clone().send(&scene.server).await.unwrap(), answer, "{name}");
        scene.server.advance(Duration::from_micros(1));
        scene.server.forget().await;
        assert!(scene.server.everything_stored().await["request"].is_empty(), "{name}");
        // The id is free for another call.
        let other = scene.other(name).under(ID).send(&scene.server).await;
        assert!(other.as_ref().err().is_none_or(|refused| !refused.is("REQUEST_ID_REUSED")), "{name}: {other:?}");
        assert_ne!(other.ok(), Some(answer), "{name}");
        scene.server.leaves_mails_unread();
    }
}

async fn twenty_calls_at_once_under_one_id_are_one(on: Engine) {
    for name in MUTATIONS {
        let scene = Scene::set(on).await;
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

async fn no_code_is_stored_with_what_is_remembered(on: Engine) {
    for name in ["AcceptContactChangeRequest", "RefuseContactChangeRequest"] {
        let scene = Scene::set(on).await;
        scene.server.leaves_mails_unread();
        scene.mutation(name).under(ID).send(&scene.server).await.unwrap();
        assert_eq!(scene.server.everything_stored().await["request"].len(), 1);
        let home = scene.server.home();
        assert!(home.keeps("nora@example.com").await, "what is stored is found");
        assert!(home.keeps(&ID.to_string()).await || home.keeps(&ID.simple().to_string()).await);
        for token in [&scene.noras, &scene.anns] {
            for written in [token.clone(), token.replace('-', ""), token.replace('-', " ")] {
                assert!(!home.keeps(&written).await, "{name}");
            }
        }
    }
}
