//! Test mails: sent now and once, past the outbox, over the transport that all mails go over.

use std::time::Duration;

use jiff::Timestamp;
use relevo_domain::{AccountId, Effects, EmailAddress, Event, EventKind, Language};
use relevo_outbound::{
    Sender, Transport, Verdict,
    message::{TestRecipient, compose_test},
};
use relevo_persistence::{Author, Reply};

use crate::{Config, Error, console::say, installation::Installation, server};

/// How long a caller waits for the relay: less than a call may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// What became of a test mail.
#[derive(Debug)]
pub(crate) struct TestMail {
    pub(crate) message_id: String,
    pub(crate) verdict: Verdict,
}

impl Installation {
    /// Sends an account a test mail, in the name of a caller.
    pub(crate) async fn send_test_mail(&self, account_id: &AccountId, caller: &str) -> Result<TestMail, Error> {
        let account = self.account(account_id).await?;
        // Before it is sent: what the history says may have come to nothing, and nothing is done that it does not say.
        let sent = Event {
            kind: EventKind::TestMailSent,
            account_id: Some(account_id.clone()),
            service_key: None,
            change_id: None,
            details: Vec::new(),
        };
        let tx = self.store.write().await?;
        let author = Author { name: caller, keyring: &self.keyring };
        tx.push(&Effects { events: vec![sent], ..Effects::default() }, author, self.clock.now()).await?;
        tx.commit().await?;
        let recipient = TestRecipient::Account(&account);
        // One at a time: they are not counted among the conversations that the relay may have, and must not crowd out mails.
        let sending = async {
            let _turn = self.test_mails.lock().await;
            send(&self.transport, &self.sender, recipient, self.clock.now()).await
        };
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(sent) => sent,
            Err(_) => {
                let seconds = PATIENCE.as_secs();
                let text = format!("the relay has not answered within {seconds} s; the mail may arrive all the same");
                let verdict = Verdict::OutOfOrder(Reply { codes: String::new(), text });
                Ok(TestMail { message_id: String::new(), verdict })
            }
        }
    }
}

async fn send(
    transport: &Transport,
    sender: &Sender,
    recipient: TestRecipient<'_>,
    now: Timestamp,
) -> Result<TestMail, Error> {
    let message = compose_test(recipient, sender, now)?;
    let verdict = transport.send_once(&message).await;
    Ok(TestMail { message_id: message.message_id, verdict })
}

/// `relevo send-test-mail`: sends a test mail to an address as the configuration says, and prints what the relay said.
pub(crate) async fn run(config: &Config, to: &str, language: &str) -> Result<(), Error> {
    let wrong = |argument: &str, what: &dyn std::fmt::Display| Error::TestMail(format!("{argument} {what}"));
    let to = EmailAddress::parse(to).map_err(|invalid| wrong("--to", &invalid))?;
    let language = Language::parse(language).map_err(|invalid| wrong("--language", &invalid))?;
    let (transport, sender) = (server::transport(config)?, server::sender(config));
    let recipient = TestRecipient::Address(&to, &language);
    let sent = send(&transport, &sender, recipient, Timestamp::now()).await?;
    let said = |reply: &Reply| format!("{} {}", reply.codes, reply.text).trim().to_owned();
    match &sent.verdict {
        Verdict::Taken(reply) => say(format_args!("Taken for {to}: {}\nMessage-ID: {}", said(reply), sent.message_id)),
        Verdict::PutOff(reply) => {
            Err(Error::TestMail(format!("put off for now, as it would be tried again: {}", said(reply))))
        }
        Verdict::Refused(reply) => Err(Error::TestMail(format!("refused for good: {}", said(reply)))),
        Verdict::OutOfOrder(reply) => {
            Err(Error::TestMail(format!("the relay is out of reach or takes no mail: {}", said(reply))))
        }
    }
}
