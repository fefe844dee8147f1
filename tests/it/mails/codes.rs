//! What a code is good for, right or wrong.

use std::time::Duration;

use relevo_tests::{
    Engine, Person, TestServer, on_every_engine,
    v1::{
        AcceptContactChangeRequest, ChangeState, ContactChange, Decision, RefuseContactChangeRequest,
        ResendTokenRequest,
    },
};
use tonic::Code;

on_every_engine!(
    a_code_is_taken_in_any_case_with_or_without_hyphens_and_with_spaces,
    a_wrong_code_is_counted_though_the_call_fails_and_the_right_one_still_passes,
    a_superseded_code_is_told_apart_and_not_counted_as_wrong,
    to_only_check_a_code_spends_and_counts_nothing,
    a_code_may_be_inspected_in_every_state_of_its_change_and_stays_good,
    inspecting_a_wrong_code_counts_nothing_and_a_superseded_one_is_said_to_be,
);

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many wrong codes were counted for requester and nominee.
async fn counted(server: &TestServer, change: &ContactChange) -> Vec<i64> {
    server.shows_operator(change).await.confirmations.iter().map(|party| party.wrong_tokens).collect()
}

/// Ann asks for Nora to replace Tom: the change, the two, and the codes of the two.
async fn ann_names_nora(server: &TestServer) -> (ContactChange, Person, Person, String, String) {
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    ann.orders_beside("example.com", &tom, &ann).await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
    (change, ann, nora, anns, noras)
}

async fn a_code_is_taken_in_any_case_with_or_without_hyphens_and_with_spaces(on: Engine) {
    let ways: [fn(&str) -> String; 6] = [
        str::to_owned,
        str::to_lowercase,
        |code| code.replace('-', ""),
        |code| code.replace('-', " "),
        |code| format!("  {}\t", code.replace('-', "").to_lowercase()),
        |code| code.replace('-', " - "),
    ];
    for way in ways {
        let server = TestServer::start(on).await;
        let (change, ann, _, anns, _) = ann_names_nora(&server).await;
        let typed = way(&anns);
        assert_eq!(server.inspects(&change, &typed).await.unwrap().account_id, ann.account_id, "{typed:?}");
        let accepted = ann.accepts(&change, &typed).await.unwrap();
        assert_eq!(accepted.confirmations[0].decision(), Decision::Accepted, "{typed:?}");
    }
}

async fn a_wrong_code_is_counted_though_the_call_fails_and_the_right_one_still_passes(on: Engine) {
    let server = TestServer::start(on).await;
    let (change, ann, nora, anns, noras) = ann_names_nora(&server).await;
    let other = ann.names(&nora).billing("example.com").await.unwrap();
    let (anns_other, _) = (ann.reads_code().await, nora.reads_code().await);

    let typo = format!("{}{}", &anns[..38], if anns.ends_with('0') { '1' } else { '0' });
    let mut answers = Vec::new();
    for wrong in [&noras, &anns_other, &typo, "short", &"long ".repeat(200)] {
        answers.push(ann.accepts(&change, wrong).await.unwrap_err());
        answers.push(ann.refuses(&change, wrong, "").await.unwrap_err());
    }
    assert_eq!(answers[0].code, Code::PermissionDenied);
    assert!(answers.iter().all(|refused| refused.is("TOKEN_INVALID") && *refused == answers[0]), "{answers:?}");
    assert_eq!(counted(&server, &change).await, [10, 0]);
    assert_eq!(counted(&server, &other).await, [0, 0]);
    for party in [&ann, &nora] {
        assert!(party.sees(&change).await.unwrap().confirmations.iter().all(|it| it.wrong_tokens == 0));
    }
    assert_eq!(ann.accepts(&change, &anns).await.unwrap().confirmations[0].decision(), Decision::Accepted);
    server.has_no_mails().await;
}

async fn a_superseded_code_is_told_apart_and_not_counted_as_wrong(on: Engine) {
    let server = TestServer::start(on).await;
    let (change, _, nora, _, noras) = ann_names_nora(&server).await;
    nora.asks_to_resend(&change).await.unwrap();
    nora.reads_code().await;
    assert!(nora.accepts(&change, &noras).await.unwrap_err().is("TOKEN_SUPERSEDED"));
    assert_eq!(counted(&server, &change).await, [0, 0]);
}

async fn to_only_check_a_code_spends_and_counts_nothing(on: Engine) {
    let server = TestServer::start(on).await;
    let (change, ann, nora, anns, noras) = ann_names_nora(&server).await;
    let accept = async |person: &Person, token: &str| {
        let request = AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: person.account_id.clone(),
            token: token.to_owned(),
            validate_only: true,
            ..Default::default()
        };
        server.requests().accept_contact_change(request).await
    };
    let refuse = async |person: &Person, token: &str| {
        let request = RefuseContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: person.account_id.clone(),
            token: token.to_owned(),
            validate_only: true,
            ..Default::default()
        };
        server.requests().refuse_contact_change(request).await
    };
    let before = server.shows_operator(&change).await;
    assert_eq!(accept(&ann, &noras).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(refuse(&ann, &noras).await.unwrap_err().code(), Code::PermissionDenied);
    // The answer is what it would be.
    let accepted = accept(&ann, &anns).await.unwrap().into_inner().change.unwrap();
    assert_eq!(accepted.confirmations[0].decision(), Decision::Accepted);
    assert_eq!(refuse(&ann, &anns).await.unwrap().into_inner().change.unwrap().state(), ChangeState::Refused);
    let resend = ResendTokenRequest {
        change_id: change.change_id.clone(),
        account_id: nora.account_id.clone(),
        validate_only: true,
        ..Default::default()
    };
    server.requests().resend_token(resend).await.unwrap();
    assert_eq!(server.shows_operator(&change).await, before);
    server.has_no_mails().await;

    ann.accepts(&change, &anns).await.unwrap();
    let would_be = accept(&nora, &noras).await.unwrap().into_inner().change.unwrap();
    assert_eq!(would_be.state(), ChangeState::Done);
    assert_ne!(ann.sees_contacts("example.com").await[1], nora.account_id);
    server.has_no_mails().await;
}

async fn a_code_may_be_inspected_in_every_state_of_its_change_and_stays_good(on: Engine) {
    for end in [
        ChangeState::Pending,
        ChangeState::Done,
        ChangeState::Refused,
        ChangeState::Cancelled,
        ChangeState::Expired,
        ChangeState::Failed,
    ] {
        let server = TestServer::start(on).await;
        let (change, ann, nora, anns, noras) = ann_names_nora(&server).await;
        server.inspects(&change, &anns).await.unwrap();
        match end {
            ChangeState::Done => {
                ann.accepts(&change, &anns).await.unwrap();
                nora.accepts(&change, &noras).await.unwrap();
            }
            ChangeState::Refused => {
                nora.refuses(&change, &noras, "No time.").await.unwrap();
            }
            ChangeState::Cancelled => {
                ann.cancels(&change).await.unwrap();
            }
            ChangeState::Expired => server.advance(WEEK),
            ChangeState::Failed => {
                // Who is the administrator no longer may not ask for another's role to pass.
                let handover = ann.names(&nora).administrator("example.com").await.unwrap();
                let (anns, noras) = (ann.reads_code().await, nora.reads_code().await);
                ann.accepts(&handover, &anns).await.unwrap();
                nora.accepts(&handover, &noras).await.unwrap();
            }
            ChangeState::Pending | ChangeState::Unspecified => {}
        }
        for (person, code) in [(&ann, &anns), (&nora, &noras)] {
            let inspected = server.inspects(&change, code).await.unwrap();
            assert_eq!(inspected.account_id, person.account_id);
            assert_eq!(inspected.change.unwrap(), person.sees(&change).await.unwrap());
            assert_eq!(person.sees(&change).await.unwrap().state(), end);
        }
        assert_eq!(counted(&server, &change).await, [0, 0]);
        server.leaves_mails_unread();
    }
}

async fn inspecting_a_wrong_code_counts_nothing_and_a_superseded_one_is_said_to_be(on: Engine) {
    let server = TestServer::start(on).await;
    let (change, ann, nora, anns, noras) = ann_names_nora(&server).await;
    let other = ann.names(&nora).billing("example.com").await.unwrap();
    server.take_mails().await;
    for (of, wrong) in [(&change, "WRONG"), (&other, anns.as_str())] {
        let refused = server.inspects(of, wrong).await.unwrap_err();
        assert_eq!(refused.code, Code::PermissionDenied);
        assert!(refused.is("TOKEN_INVALID"));
    }
    nora.asks_to_resend(&change).await.unwrap();
    let refused = server.inspects(&change, &noras).await.unwrap_err();
    assert_eq!(refused.code, Code::FailedPrecondition);
    assert!(refused.is("TOKEN_SUPERSEDED"));
    let newest = nora.reads_code().await;
    assert_eq!(server.inspects(&change, &newest).await.unwrap().account_id, nora.account_id);
    assert_eq!(counted(&server, &change).await, [0, 0]);
    assert_eq!(counted(&server, &other).await, [0, 0]);
}
