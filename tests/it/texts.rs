//! What people write reaches other people as it was written, and never a mail's headers.

use mail_parser::MessageParser;
use relevo_tests::{
    Engine, Letter, Person, Refused, TestServer, on_every_engine,
    v1::{
        Account, CreateServiceRequest, GetAccountRequest, Service, UpdateAccountRequest, UpdateAccountResponse,
        UpdateServiceRequest,
    },
};

on_every_engine!(
    no_text_gets_into_the_headers_of_a_mail,
    internationalised_addresses_are_kept_as_written_and_mailed_to,
    names_are_trimmed_ids_lowered_and_scripts_kept,
);

/// Texts that would be a header of their own, an address or another text, if a mail were put together carelessly.
const SNEAKY: &[&str] = &[
    "Eve\r\nBcc: eve@example.net",
    "Eve\nBcc: eve@example.net",
    "Eve\rBcc: eve@example.net",
    "Eve\r\n Bcc: eve@example.net",
    "Eve\r\n\r\nBcc: eve@example.net",
    "Eve\u{b}Bcc: eve@example.net",
    "Eve\u{85}Bcc: eve@example.net",
    "Eve\u{2028}Bcc: eve@example.net",
    "Eve\0Bcc: eve@example.net",
    "Eve%0d%0aBcc: eve@example net",
    "Eve\\r\\nBcc: eve@example net",
    "Eve\u{560d}\u{560a}Bcc: eve@example net",
    "=?utf-8?q?Eve=0D=0ABcc:_eve=40example.net?=",
    "=?utf-8?b?RXZlDQpCY2M6IGV2ZUBleGFtcGxlLm5ldA==?=",
    "Eve\" <eve@example.net>, \"Ann",
    "Eve <eve@example net>",
    "Eve, eve@example net",
    "Eve; Team: eve@example net;",
    "Eve\\",
    "(Eve)",
    "ann@example.com,eve@example.net",
    "Bcc: eve@example net",
];

fn names_of_headers(letter: &Letter) -> Vec<String> {
    let begins = |line: &&str| !line.starts_with([' ', '\t']);
    letter.headers.split("\r\n").filter(begins).map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

/// That a mail has the headers of a plain one, and goes to one reader.
fn check(letter: &Letter, plain: &[Letter], to: &Person, written: &str) {
    let like = plain.iter().find(|like| like.kind == letter.kind).unwrap();
    assert_eq!(names_of_headers(letter), names_of_headers(like), "{written:?} in {}", letter.headers);
    assert!(!letter.headers.replace("\r\n", "").contains(['\r', '\n', '\0']), "{written:?} in {}", letter.headers);
    let whole = format!("{}\r\n\r\n", letter.headers);
    let parsed = MessageParser::default().parse(whole.as_bytes()).unwrap();
    let addresses: Vec<_> = parsed.to().unwrap().iter().map(|it| it.address().unwrap_or_default()).collect();
    assert_eq!(addresses, [to.email.as_str()], "{written:?} in {}", letter.headers);
    assert_eq!(letter.to, to.email);
}

struct Story {
    server: TestServer,
    ann: Person,
    nora: Person,
    services: u32,
}

impl Story {
    async fn begin(on: Engine) -> Self {
        let server = TestServer::start(on).await;
        let (ann, nora) = (server.person("Ann").await, server.person("Nora").await);
        Self { server, ann, nora, services: 0 }
    }

    async fn order(&mut self, kind: &str, display_name: &str) -> Result<String, Refused> {
        self.services += 1;
        let service_id = format!("s{}.example.com", self.services);
        let service = Service {
            service_id: service_id.clone(),
            kind: kind.to_owned(),
            display_name: display_name.to_owned(),
            ..Default::default()
        };
        let request = CreateServiceRequest {
            service: Some(service),
            account_id: self.ann.account_id.clone(),
            ..Default::default()
        };
        self.server.contacts().create_service(request).await?;
        Ok(service_id)
    }

    async fn rename(&self, who: &Person, name: &str) -> Result<UpdateAccountResponse, Refused> {
        let account =
            Account { account_id: who.account_id.clone(), display_name: name.to_owned(), ..Default::default() };
        let request = UpdateAccountRequest { account: Some(account), ..Default::default() };
        Ok(self.server.contacts().update_account(request).await?.into_inner())
    }

    async fn readdress(&self, email: &str) -> Result<UpdateAccountResponse, Refused> {
        let account =
            Account { account_id: self.ann.account_id.clone(), email: email.to_owned(), ..Default::default() };
        let request = UpdateAccountRequest { account: Some(account), ..Default::default() };
        Ok(self.server.contacts().update_account(request).await?.into_inner())
    }

    /// A change from asking to its refusal with a reason: every mail on the way, to Ann and to Nora.
    async fn tell(&self, service_id: &str, reason: &str) -> Result<(Vec<Letter>, Vec<Letter>), Refused> {
        let change = self.ann.names(&self.nora).technical(service_id).await?;
        let (mut anns, noras) = (self.ann.reads().await, self.nora.reads().await);
        let token = noras.first().unwrap().token();
        if let Err(refused) = self.nora.refuses(&change, &token, reason).await {
            // It was only the reason: the change is still to be ended.
            self.nora.refuses(&change, &token, "").await?;
            self.ann.reads_one("refused").await;
            return Err(refused);
        }
        anns.extend(self.ann.reads().await);
        Ok((anns, noras))
    }
}

async fn no_text_gets_into_the_headers_of_a_mail(on: Engine) {
    let mut story = Story::begin(on).await;
    let service = story.order("domain", "Shop").await.unwrap();
    let (plain, _) = story.tell(&service, "no time").await.unwrap();
    assert_eq!(plain.iter().map(|letter| letter.kind.as_str()).collect::<Vec<_>>(), ["confirm", "refused"]);

    let mut passed = 0;
    for sneaky in SNEAKY {
        let mut mails = Vec::new();
        if story.rename(&story.ann, sneaky).await.is_ok() && story.rename(&story.nora, sneaky).await.is_ok() {
            mails.push(story.tell(&service, "").await.unwrap());
            story.rename(&story.ann, "Ann").await.unwrap();
            story.rename(&story.nora, "Nora").await.unwrap();
        }
        if let Ok(service) = story.order("domain", sneaky).await {
            mails.push(story.tell(&service, "").await.unwrap());
        }
        mails.extend(story.tell(&service, sneaky).await);
        story.order(sneaky, "").await.unwrap_err();
        for (anns, noras) in &mails {
            passed += anns.len() + noras.len();
            anns.iter().for_each(|letter| check(letter, &plain, &story.ann, sneaky));
            noras.iter().for_each(|letter| check(letter, &plain, &story.nora, sneaky));
        }

        let refused = story.readdress(&format!("{sneaky}@example.com")).await.unwrap_err();
        assert_eq!(refused.violations.first().unwrap().0, "account.email");
    }
    // Not everything sneaky is refused: names with commas, brackets and quotes are names.
    assert!(passed > 30, "{passed}");
}

async fn internationalised_addresses_are_kept_as_written_and_mailed_to(on: Engine) {
    let story = Story::begin(on).await;
    for (written, kept, envelope) in [
        ("josé@example.com", "josé@example.com", "josé@example.com"),
        ("nora@müller.example", "nora@müller.example", "nora@xn--mller-kva.example"),
        ("Nora@MÜLLER.Example", "Nora@müller.example", "Nora@xn--mller-kva.example"),
        ("用户@例子.广告", "用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        ("nora@xn--mller-kva.example", "nora@xn--mller-kva.example", "nora@xn--mller-kva.example"),
        (
            "n+o_r-a!#$%&'*/=^?`{|}~@EXAMPLE.com",
            "n+o_r-a!#$%&'*/=^?`{|}~@example.com",
            "n+o_r-a!#$%&'*/=^?`{|}~@example.com",
        ),
    ] {
        let account =
            Account { account_id: story.nora.account_id.clone(), email: written.to_owned(), ..Default::default() };
        let request = UpdateAccountRequest { account: Some(account), ..Default::default() };
        let answered = story.server.contacts().update_account(request).await.unwrap().into_inner().account.unwrap();
        assert_eq!(answered.email, kept);
        let get = GetAccountRequest { account_id: story.nora.account_id.clone() };
        let read = story.server.contacts().get_account(get).await.unwrap().into_inner().account.unwrap();
        assert_eq!(read, answered);

        let service = format!("s{}.example.com", kept.len());
        story.ann.orders(&service).await;
        story.ann.names(&story.nora).technical(&service).await.unwrap();
        story.ann.reads_one("confirm").await;
        let mails = story.server.take_mails_to(envelope).await;
        assert_eq!(mails.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>(), ["confirm"], "{written}");
        // So that the next address leaves no notice at this one.
        let delete = relevo_tests::v1::DeleteServiceRequest { service_id: service, ..Default::default() };
        story.server.contacts().delete_service(delete).await.unwrap();
        assert_eq!(story.server.take_mails().await.len(), 2);
    }
}

async fn names_are_trimmed_ids_lowered_and_scripts_kept(on: Engine) {
    let mut story = Story::begin(on).await;
    let service =
        story.order("vps", " Zoë's Łódź server – 東京 \u{645}\u{62a}\u{62c}\u{631} 👩\u{200d}💻 ").await.unwrap();
    let shown = story.ann.sees_service(&service.to_uppercase()).await.unwrap();
    assert_eq!(shown.service_id, service);
    assert_eq!(shown.display_name, "Zoë's Łódź server – 東京 \u{645}\u{62a}\u{62c}\u{631} 👩\u{200d}💻");
    let long = Service { service_id: service.clone(), display_name: "é".repeat(200), ..Default::default() };
    let request = UpdateServiceRequest { service: Some(long), ..Default::default() };
    let answer = story.server.contacts().update_service(request).await.unwrap().into_inner();
    assert_eq!(answer.service.unwrap().display_name.chars().count(), 200);

    let reason = "\r\n It is not mine:\r\n\tno, really. \n";
    let refused = story.tell(&service, reason).await;
    // A tab is a control character.
    assert_eq!(refused.unwrap_err().violations.len(), 1);
    let (anns, _) = story.tell(&service, "\r\n It is not mine:\r\nno, really. \n").await.unwrap();
    assert!(anns.last().unwrap().text.contains("It is not mine:"), "{anns:?}");
    let upper = GetAccountRequest { account_id: story.ann.account_id.to_uppercase() };
    let account = story.server.contacts().get_account(upper).await.unwrap().into_inner().account.unwrap();
    assert_eq!(account.account_id, story.ann.account_id);
}
