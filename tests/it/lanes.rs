//! Several mails at a time, each over a conversation of its own that is kept for the next.

use std::{collections::BTreeSet, time::Duration};

use relevo_tests::{
    Engine, Person, TestServer, eventually, on_every_engine,
    smtp::{Answer, Step, TestRelay},
    v1::DeliveryState,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

on_every_engine!(
    a_recipient_whose_mail_hangs_holds_up_no_other,
    no_more_conversations_are_held_than_told,
    a_conversation_is_kept_for_the_next_mail_and_ended_when_there_is_none,
    a_wake_reaches_a_lane_while_others_are_busy,
    a_relay_that_is_down_is_paused_for_once_whatever_the_lanes,
    when_told_to_stop_every_lane_finishes_its_mail_in_hand,
);

const LONG: Duration = Duration::from_secs(30);

struct Scene {
    relay: TestRelay,
    server: TestServer,
    ann: Person,
    stop: CancellationToken,
    courier: JoinHandle<()>,
}

/// A server that sends its mails by itself, with settings of its own for the section of the relay.
async fn serving(on: Engine, smtp: &str) -> Scene {
    let relay = TestRelay::start().await;
    let server = TestServer::start_with(on, &(relay.settings() + smtp)).await;
    let ann = server.person("Ann").await;
    let stop = CancellationToken::new();
    let courier = tokio::spawn({
        let (server, stop) = (server.clone(), stop.clone());
        async move { server.keeps_delivering(stop).await }
    });
    Scene { relay, server, ann, stop, courier }
}

impl Scene {
    /// Ann asks somebody to take over; both get a mail.
    async fn asks(&self, nominee: &Person, service: &str) {
        self.ann.orders(service).await;
        self.ann.names(nominee).technical(service).await.unwrap();
    }

    async fn gets(&self, mails: usize) -> Vec<String> {
        let mut to = Vec::new();
        eventually("the mails arrive", LONG, async || {
            to.extend(self.relay.take().into_iter().map(|letter| letter.to));
            (to.len() >= mails).then_some(())
        })
        .await;
        to.sort();
        to
    }

    async fn stops(self) -> TestRelay {
        self.stop.cancel();
        self.courier.await.unwrap();
        self.server.leaves_mails_unread();
        self.relay
    }
}

async fn a_recipient_whose_mail_hangs_holds_up_no_other(on: Engine) {
    let scene = serving(on, "connections = 2\n").await;
    let [hugo, nora] = scene.server.people(["Hugo", "Nora"]).await;
    scene.relay.does_with_recipient(&hugo.email, Answer::Hold(Some("250 2.1.5 Ok")));
    for n in 0..3 {
        scene.asks(&hugo, &format!("hugo{n}.example.com")).await;
    }
    scene.relay.holds().await;
    // One of Hugo's mails is in hand now, and stays there; he has more of them than there are lanes.
    for n in 0..5 {
        scene.asks(&nora, &format!("n{n}.example.com")).await;
    }
    let others = scene.gets(13).await;
    assert!(!others.contains(&hugo.email), "{others:?}");
    assert_eq!(others.iter().filter(|to| **to == nora.email).count(), 5);
    for _ in 0..3 {
        scene.relay.lets_go();
        assert_eq!(scene.gets(1).await, [&*hugo.email]);
    }
    scene.stops().await;
}

async fn no_more_conversations_are_held_than_told(on: Engine) {
    let scene = serving(on, "connections = 3\n").await;
    scene.relay.always_answers(Step::Rcpt, Answer::Hold(Some("250 2.1.5 Ok")));
    for n in 0..4 {
        let nora = scene.server.person(&format!("Nora{n}")).await;
        scene.asks(&nora, &format!("n{n}.example.com")).await;
    }
    for _ in 0..3 {
        scene.relay.holds().await;
    }
    assert_eq!((scene.relay.connections(), scene.relay.open()), (3, 3), "each lane has one mail in hand");
    scene.relay.goes_along();
    for _ in 0..3 {
        scene.relay.lets_go();
        scene.gets(1).await;
    }
    let relay = scene.stops().await;
    assert_eq!(relay.connections(), 3, "and its conversation goes on");
}

async fn a_conversation_is_kept_for_the_next_mail_and_ended_when_there_is_none(on: Engine) {
    for (idle_timeout, conversations) in [("1m", 1), ("0s", 2)] {
        let scene = serving(on, &format!("connections = 1\nidle_timeout = {idle_timeout:?}\n")).await;
        let nora = scene.server.person("Nora").await;
        scene.asks(&nora, "one.example.com").await;
        assert_eq!(scene.gets(2).await.len(), 2);
        if idle_timeout == "0s" {
            // Without another mail.
            eventually("the conversation is over", LONG, async || (scene.relay.open() == 0).then_some(())).await;
            assert_eq!(scene.relay.heard().last().unwrap().line, "QUIT");
        }
        scene.asks(&nora, "two.example.com").await;
        assert_eq!(scene.gets(2).await.len(), 2);
        // Two mails of a moment may be seen in two bursts, each with a conversation of its own.
        let begun = scene.relay.connections();
        assert!(begun == conversations || (idle_timeout == "0s" && begun > conversations), "{idle_timeout}: {begun}");
        let relay = scene.stops().await;
        eventually("every conversation is over", LONG, async || (relay.open() == 0).then_some(())).await;
        let heard = relay.heard();
        let connections: BTreeSet<_> = heard.iter().map(|heard| heard.connection).collect();
        for connection in connections {
            let last = heard.iter().rfind(|heard| heard.connection == connection).unwrap();
            assert_eq!(last.line, "QUIT", "{idle_timeout}: on {connection}");
        }
    }
}

async fn a_wake_reaches_a_lane_while_others_are_busy(on: Engine) {
    let scene = serving(on, "connections = 2\n").await;
    let [hugo, nora] = scene.server.people(["Hugo", "Nora"]).await;
    scene.relay.does_with_recipient(&hugo.email, Answer::Hold(Some("250 2.1.5 Ok")));
    scene.asks(&hugo, "hugo.example.com").await;
    scene.relay.holds().await;
    scene.gets(1).await;
    // What is queued is sent by the other lane, time and again: that it polls would not do in this time.
    let begun = std::time::Instant::now();
    for n in 0..20 {
        scene.asks(&nora, &format!("n{n}.example.com")).await;
        scene.gets(2).await;
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20 * 640 / 1000), "{took:?} for 20 mails, and a poll is 640 ms at the least");
    scene.relay.lets_go();
    scene.stops().await;
}

async fn a_relay_that_is_down_is_paused_for_once_whatever_the_lanes(on: Engine) {
    let scene = serving(on, "connections = 4\n").await;
    // Until all four have said EHLO, none hears that the relay is down.
    scene.relay.always_answers(Step::Ehlo, Answer::Hold(Some("421 4.3.2 going down")));
    // With Ann these are four.
    for nominee in scene.server.people(["Nora", "Omar", "Olga"]).await {
        scene.asks(&nominee, &format!("{}.example.com", nominee.account_id)).await;
    }
    for _ in 0..4 {
        scene.relay.holds().await;
    }
    scene.relay.goes_along();
    for _ in 0..4 {
        scene.relay.lets_go();
    }
    eventually("all have heard it", LONG, async || (scene.relay.open() == 0).then_some(())).await;
    assert!(scene.relay.take().is_empty());
    // A second failure in a row would have made it two minutes.
    scene.server.advance(Duration::from_secs(73));
    scene.server.wakes_courier();
    assert_eq!(scene.gets(6).await.len(), 6);
    scene.stops().await;
}

async fn when_told_to_stop_every_lane_finishes_its_mail_in_hand(on: Engine) {
    let scene = serving(on, "connections = 3\n").await;
    scene.relay.always_answers(Step::Dot, Answer::Hold(Some("250 2.0.0 Ok")));
    // With Ann these are three.
    for nominee in scene.server.people(["Nora", "Omar"]).await {
        scene.asks(&nominee, &format!("{}.example.com", nominee.account_id)).await;
    }
    for _ in 0..3 {
        scene.relay.holds().await;
    }
    scene.stop.cancel();
    let (server, ann) = (scene.server.clone(), scene.ann.clone());
    let Scene { relay, courier, .. } = scene;
    for _ in 0..3 {
        assert!(!courier.is_finished());
        relay.lets_go();
    }
    courier.await.unwrap();
    assert_eq!(relay.take().len(), 3, "and began no other");
    let mut states = Vec::new();
    for change in ann.lists_changes().await {
        let seen = server.shows_operator(&change).await;
        states.extend(seen.confirmations.into_iter().map(|it| it.delivery.unwrap().state()));
    }
    assert_eq!(states.iter().filter(|state| **state == DeliveryState::Sent).count(), 3, "{states:?}");
    server.leaves_mails_unread();
}
