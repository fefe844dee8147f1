//! Everything that can be done is done once, and then all that Relevo has left is searched for what it must keep to itself:
//! codes, keys, passwords.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
    fs,
    path::Path,
    sync::Mutex,
    time::Duration,
};

use prost::Message;
use relevo_domain::Keyring;
use relevo_server::Config;
use relevo_tests::{
    Browser, Engine, Home, Letter, Refused, eventually, on_every_engine,
    process::{Serving, run},
    request_id,
    smtp::{Answer, Step, TestRelay},
    tls::Authority,
    v1::{
        AcceptContactChangeRequest, AcceptContactChangeResponse, Account, CancelContactChangeRequest,
        CancelContactChangeResponse, ChangeState, ContactChange, Contacts, CreateAccountRequest, CreateAccountResponse,
        CreateContactChangesRequest, CreateContactChangesResponse, CreateServiceRequest, CreateServiceResponse,
        GetContactChangeRequest, GetContactChangeResponse, InspectTokenRequest, InspectTokenResponse,
        ListContactChangesRequest, ListContactChangesResponse, ListDeliveriesRequest, ListDeliveriesResponse,
        RefuseContactChangeRequest, RefuseContactChangeResponse, ResendTokenRequest, ResendTokenResponse,
        SendTestMailRequest, SendTestMailResponse, Service, UpdateAccountRequest, UpdateAccountResponse,
    },
    with_key,
};
use tonic::{Request, transport::Channel};
use tonic_prost::ProstCodec;

use crate::{
    callers::hash_of,
    process_rotate::{key, seals},
};

on_every_engine!(nothing_that_relevo_leaves_holds_a_code_a_key_or_a_password);

const SOON: Duration = Duration::from_secs(60);
const ANN: &str = "an000001-ovh";
const NORA: &str = "no000002-ovh";
/// The key of the one who calls, and of one whom nobody knows.
const CALLER_KEY: &str = "relevo_3f2a9c1be07d4856a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60719";
const UNKNOWN_KEY: &str = "relevo_b7d1e3f5a9c8074625143322110ffeeddccbbaa99887766554433221100ffeed";
/// What the relay of the tests is logged in to with.
const SMTP_PASSWORD: &str = "open sesame";
const DATABASE_PASSWORD: &str = "hidden-heron-71";

/// Base64 (RFC 4648) without padding.
fn base64(bytes: &[u8], last_two: [u8; 2]) -> Vec<u8> {
    let alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(last_two).collect();
    let mut text = Vec::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, n| bits << 8 | usize::from(chunk.get(n).copied().unwrap_or(0)));
        text.extend((0..=chunk.len()).map(|n| alphabet[bits >> (18 - 6 * n) & 63]));
    }
    text
}

/// What bytes look like: as they are, in hexadecimal, in base64 wherever they begin, in a URL, as a list of numbers.
fn written(bytes: &[u8]) -> Vec<Vec<u8>> {
    let each = |form: fn(u8) -> String, between: &str| {
        bytes.iter().map(|byte| form(*byte)).collect::<Vec<_>>().join(between).into_bytes()
    };
    let mut forms = vec![
        bytes.to_vec(),
        each(|byte| format!("{byte:02x}"), ""),
        each(|byte| format!("{byte:02x}"), " "),
        each(|byte| format!("{byte:02x}"), ":"),
        each(|byte| format!("%{byte:02x}"), ""),
        each(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02x}") }, ""),
        each(|byte| byte.escape_ascii().to_string(), ""),
        each(|byte| byte.to_string(), ", "),
        each(|byte| byte.to_string(), ","),
    ];
    for last_two in [*b"+/", *b"-_"] {
        for (before, skipped) in [(0, 0), (1, 2), (2, 3)] {
            let text = base64(&[&vec![0; before], bytes].concat(), last_two);
            // Its first and last character may hold bits of what stands beside it.
            forms.push(text[skipped..(before + bytes.len()) * 8 / 6].to_vec());
        }
    }
    forms
}

/// A secret in every form: its texts as people and programs write them, and its bytes.
fn forms_of(secret: &str) -> BTreeSet<Vec<u8>> {
    let plain = secret.replace('-', "");
    let mut texts = vec![secret.to_owned(), plain.clone(), secret.replace('-', " "), secret.replace('-', "_")];
    if secret.len() > 30 {
        let (one, other) = plain.split_at(plain.len() / 2);
        texts.extend([one.to_owned(), other.to_owned()]);
    }
    texts.extend(texts.clone().iter().flat_map(|text| [text.to_lowercase(), text.to_uppercase()]));
    let mut bytes: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    let digits = plain.strip_prefix("relevo_").unwrap_or(&plain);
    if digits.len() == 64 {
        bytes.push(digits.as_bytes().into());
        bytes.push(digits.as_bytes().chunks(2).map(hexadecimal).collect());
    }
    if plain.len() == 32 {
        // A code: 160 bits in the alphabet of Crockford.
        let values = plain.bytes().map(|c| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".iter().position(|it| *it == c).unwrap());
        let bits: Vec<_> = values.flat_map(|value| (0..5).rev().map(move |n| u8::from(value >> n & 1 == 1))).collect();
        bytes.push(bits.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect());
    }
    // In capitals or not is all the same to the search.
    bytes.iter().flat_map(|bytes| written(bytes)).map(|form| form.to_ascii_lowercase()).collect()
}

fn hexadecimal(pair: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
}

/// What is looked for.
struct Search {
    /// Each form with its secret, by its first bytes.
    forms: HashMap<[u8; BEGINNING], Vec<(Vec<u8>, String)>>,
}

/// So much is looked up at each place.
const BEGINNING: usize = 8;

impl Search {
    fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: HashMap<_, Vec<_>> = HashMap::new();
        for secret in secrets {
            for form in forms_of(secret) {
                forms.entry(form[..BEGINNING].try_into().unwrap()).or_default().push((form, secret.to_owned()));
            }
        }
        Self { forms }
    }

    /// The secrets that are in some bytes, with what stands around each.
    fn finds(&self, bytes: &[u8]) -> BTreeMap<String, String> {
        let bytes = bytes.to_ascii_lowercase();
        let mut found = BTreeMap::new();
        for (at, beginning) in bytes.windows(BEGINNING).enumerate() {
            let beginning: [u8; BEGINNING] = beginning.try_into().unwrap();
            let Some(forms) = self.forms.get(&beginning) else { continue };
            for (_, secret) in forms.iter().filter(|(form, _)| bytes[at..].starts_with(form)) {
                let around = &bytes[at.saturating_sub(160)..(at + 120).min(bytes.len())];
                found.entry(secret.clone()).or_insert_with(|| String::from_utf8_lossy(around).into_owned());
            }
        }
        found
    }
}

/// One who calls, and keeps all that it is told.
struct Witness {
    channel: Channel,
    browser: Browser,
    told: Mutex<Vec<u8>>,
}

impl Witness {
    fn of(serving: &Serving) -> Self {
        let page = serving.page.as_ref().unwrap().parse().unwrap();
        Self { channel: serving.channel(), browser: Browser::at(page), told: Mutex::default() }
    }

    /// Sends a form of the page, and to where there is none. What is shown holds the code in the form alone, to send it again.
    async fn posts(&self, change: &ContactChange, token: &str, step: &str) -> u16 {
        let path = format!("/changes/{}", change.change_id);
        let mut status = 0;
        for path in ["/", "/changes/x", &path] {
            let shown = self.browser.posts(path, &[("token", token), ("step", step), ("reason", "a.example")]).await;
            status = shown.status;
            let rest = shown.html.replace(&format!("value=\"{token}\""), "");
            self.told.lock().unwrap().extend(format!("{:?} {rest}\n", shown.headers).bytes());
        }
        status
    }

    async fn calls<M, R>(&self, method: &str, message: M) -> Result<R, Refused>
    where
        M: Message + Default + 'static,
        R: Message + Default + Debug + 'static,
    {
        self.calls_with(CALLER_KEY, method, message).await
    }

    async fn calls_with<M, R>(&self, key: &str, method: &str, message: M) -> Result<R, Refused>
    where
        M: Message + Default + 'static,
        R: Message + Default + Debug + 'static,
    {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let mut request = Request::new(message);
        *request.metadata_mut() = with_key(key);
        let path = format!("/relevo.v1.{method}").parse().unwrap();
        let answer = client.unary(request, path, ProstCodec::<_, R>::default()).await;
        let mut told = self.told.lock().unwrap();
        match answer {
            Ok(answer) => {
                told.extend(format!("{answer:?}\n").bytes());
                let answer = answer.into_inner();
                told.extend(answer.encode_to_vec());
                Ok(answer)
            }
            Err(status) => {
                told.extend(format!("{status:?}\n{}\n", status.message()).bytes());
                told.extend(status.details());
                Err(status.into())
            }
        }
    }

    async fn account(&self, account_id: &str) {
        let account = Account {
            account_id: account_id.to_owned(),
            display_name: account_id.to_owned(),
            email: format!("{account_id}@example.com"),
            ..Default::default()
        };
        let request = CreateAccountRequest { account: Some(account), request_id: request_id(), ..Default::default() };
        for _ in 0..2 {
            let _: CreateAccountResponse = self.calls("ContactService/CreateAccount", request.clone()).await.unwrap();
        }
    }

    async fn service(&self, service_id: &str, display_name: &str) {
        let service = Service {
            service_id: service_id.to_owned(),
            kind: "domain".to_owned(),
            display_name: display_name.to_owned(),
            ..Default::default()
        };
        let request = CreateServiceRequest { service: Some(service), account_id: ANN.to_owned(), ..Default::default() };
        let _: CreateServiceResponse = self.calls("ContactService/CreateService", request).await.unwrap();
    }

    /// Asks: first whether it may, then under a request id, and once more.
    async fn asks(&self, service_id: &str) -> ContactChange {
        self.service(service_id, "").await;
        let request = CreateContactChangesRequest {
            service_id: service_id.to_owned(),
            requester: ANN.to_owned(),
            contacts: Some(Contacts { technical: NORA.to_owned(), ..Default::default() }),
            ..Default::default()
        };
        let only = CreateContactChangesRequest { validate_only: true, ..request.clone() };
        let request = CreateContactChangesRequest { request_id: request_id(), ..request };
        let method = "RequestService/CreateContactChanges";
        let _: CreateContactChangesResponse = self.calls(method, only).await.unwrap();
        let first: CreateContactChangesResponse = self.calls(method, request.clone()).await.unwrap();
        let again: CreateContactChangesResponse = self.calls(method, request).await.unwrap();
        assert_eq!(first, again);
        first.changes.into_iter().next().unwrap()
    }

    async fn accepts(&self, change: &ContactChange, account: &str, token: &str) -> Result<ContactChange, Refused> {
        let request = AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: account.to_owned(),
            token: token.to_owned(),
            request_id: request_id(),
            ..Default::default()
        };
        let method = "RequestService/AcceptContactChange";
        let only = AcceptContactChangeRequest { validate_only: true, request_id: String::new(), ..request.clone() };
        let _: Result<AcceptContactChangeResponse, _> = self.calls(method, only).await;
        let first: AcceptContactChangeResponse = self.calls(method, request.clone()).await?;
        let again: AcceptContactChangeResponse = self.calls(method, request.clone()).await.unwrap();
        assert_eq!(first, again);
        let other = AcceptContactChangeRequest { token: "0".repeat(32), ..request };
        let reused: Result<AcceptContactChangeResponse, _> = self.calls(method, other).await;
        assert_eq!(reused.unwrap_err().reason, "REQUEST_ID_REUSED");
        Ok(first.change.unwrap())
    }

    async fn refuses(&self, change: &ContactChange, account: &str, token: &str) -> Result<(), Refused> {
        let request = RefuseContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: account.to_owned(),
            token: token.to_owned(),
            reason: "I do not know this service.".to_owned(),
            ..Default::default()
        };
        let answer: Result<RefuseContactChangeResponse, _> =
            self.calls("RequestService/RefuseContactChange", request).await;
        answer.map(drop)
    }

    async fn inspects(&self, change: &ContactChange, token: &str) -> Result<(), Refused> {
        let request = InspectTokenRequest { change_id: change.change_id.clone(), token: token.to_owned() };
        let answer: Result<InspectTokenResponse, _> = self.calls("RequestService/InspectToken", request).await;
        answer.map(drop)
    }

    async fn resends(&self, change: &ContactChange, account: &str) {
        let request = ResendTokenRequest {
            change_id: change.change_id.clone(),
            account_id: account.to_owned(),
            ..Default::default()
        };
        let _: ResendTokenResponse = self.calls("RequestService/ResendToken", request).await.unwrap();
    }

    /// Looks at a change as everybody who may.
    async fn sees(&self, change: &ContactChange) -> ContactChange {
        let change_id = change.change_id.clone();
        for account_id in [ANN, NORA, ""].map(str::to_owned) {
            let request = ListDeliveriesRequest {
                change_id: change_id.clone(),
                account_id: account_id.clone(),
                ..Default::default()
            };
            let _: ListDeliveriesResponse = self.calls("RequestService/ListDeliveries", request).await.unwrap();
            let request = ListContactChangesRequest { account_id, ..Default::default() };
            let _: ListContactChangesResponse = self.calls("RequestService/ListContactChanges", request).await.unwrap();
        }
        let request = GetContactChangeRequest { change_id, ..Default::default() };
        let seen: GetContactChangeResponse = self.calls("RequestService/GetContactChange", request).await.unwrap();
        seen.change.unwrap()
    }
}

/// What came to the relay so far.
struct Mailbox {
    relay: TestRelay,
    letters: Mutex<Vec<Letter>>,
    raw: Mutex<Vec<u8>>,
}

impl Mailbox {
    async fn letter(&self, beginning: &str) -> Letter {
        eventually(beginning, SOON, async || {
            for taken in self.relay.take_raw() {
                self.letters.lock().unwrap().push(Letter::parse(&taken.raw, &taken.to));
                self.raw.lock().unwrap().extend(taken.raw);
            }
            self.letters.lock().unwrap().iter().find(|letter| letter.message_id.starts_with(beginning)).cloned()
        })
        .await
    }

    async fn code(&self, change: &ContactChange, account: &str, generation: u32) -> String {
        self.letter(&format!("confirm.{}.{account}.{generation}@", change.change_id)).await.token()
    }
}

/// Asks, gives wrong codes, accepts, refuses, resends, cancels, moves; with a relay that quotes what it was sent.
async fn lives(it: &Witness, mailbox: &Mailbox) {
    for account in [ANN, NORA] {
        it.account(account).await;
    }
    // It is taken, put off, taken later; refused for good.
    for line in ["250 2.0.0 Ok:", "451 4.7.1 blocked:", "550 5.7.1 spam:"] {
        mailbox.relay.answers(Step::Dot, Answer::QuoteCode(line));
        mailbox.relay.answers(Step::Dot, Answer::QuoteLink(line));
    }
    let quoted = [it.asks("quoted.example").await, it.asks("quoted-too.example").await];
    eventually("each is sent or has failed", SOON, async || {
        let mut open = 0;
        for change in &quoted {
            let seen = it.sees(change).await;
            let states = seen.confirmations.iter().map(|party| party.delivery.as_ref().unwrap().state().as_str_name());
            open += states.filter(|state| !matches!(*state, "DELIVERY_STATE_SENT" | "DELIVERY_STATE_FAILED")).count();
        }
        (open == 0).then_some(())
    })
    .await;

    let done = it.asks("done.example").await;
    let (anns, noras) = (mailbox.code(&done, ANN, 1).await, mailbox.code(&done, NORA, 1).await);
    it.inspects(&done, &noras).await.unwrap();
    for wrong in [anns.as_str(), "", "not a code", &anns[..38], &anns.repeat(9), &"7".repeat(32)] {
        it.accepts(&done, NORA, wrong).await.unwrap_err();
        it.refuses(&done, NORA, wrong).await.unwrap_err();
        let _ = it.inspects(&quoted[0], wrong).await;
    }
    for (step, status) in [("look", 200), ("refuse", 422), ("accept", 200), ("accept", 409)] {
        assert_eq!(it.posts(&done, &anns, step).await, status, "{step}");
    }
    for wrong in ["", "not a code", &anns[..38]] {
        it.posts(&done, wrong, "look").await;
        it.posts(&done, wrong, "accept").await;
    }
    it.accepts(&done, NORA, &noras.replace('-', "")).await.unwrap();
    it.accepts(&done, NORA, &noras).await.unwrap_err();
    it.inspects(&done, &noras).await.unwrap();

    let refused = it.asks("refused.example").await;
    mailbox.code(&refused, ANN, 1).await;
    let first = mailbox.code(&refused, NORA, 1).await;
    it.resends(&refused, NORA).await;
    let second = mailbox.code(&refused, NORA, 2).await;
    assert_eq!(it.refuses(&refused, NORA, &first).await.unwrap_err().reason, "TOKEN_SUPERSEDED");
    assert_eq!(it.posts(&refused, &first, "look").await, 410);
    assert_eq!(it.posts(&refused, &first, "resend").await, 429);
    it.refuses(&refused, NORA, &second).await.unwrap();

    let cancelled = it.asks("cancelled.example").await;
    let account = Account { account_id: NORA.to_owned(), email: "nora@new.example".to_owned(), ..Default::default() };
    let update = UpdateAccountRequest { account: Some(account), ..Default::default() };
    let _: UpdateAccountResponse = it.calls("ContactService/UpdateAccount", update).await.unwrap();
    it.resends(&cancelled, NORA).await;
    mailbox.code(&cancelled, NORA, 2).await;
    let cancel = CancelContactChangeRequest {
        change_id: cancelled.change_id.clone(),
        account_id: ANN.to_owned(),
        ..Default::default()
    };
    let _: CancelContactChangeResponse = it.calls("RequestService/CancelContactChange", cancel).await.unwrap();

    let test_mail = || SendTestMailRequest { account_id: ANN.to_owned() };
    let method = "ContactService/SendTestMail";
    let _: SendTestMailResponse = it.calls(method, test_mail()).await.unwrap();
    for key in [UNKNOWN_KEY, &CALLER_KEY[..60], &format!("{CALLER_KEY}0"), &CALLER_KEY.to_uppercase()] {
        let unknown: Result<SendTestMailResponse, _> = it.calls_with(key, method, test_mail()).await;
        assert_eq!(unknown.unwrap_err().reason, "CALLER_UNKNOWN");
    }
    for change in [&quoted[0], &quoted[1], &done, &refused, &cancelled] {
        it.sees(change).await;
    }
}

/// What it leaves in files: its database, and all else.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    // The key has to be somewhere.
    let others = entries.filter(|path| !path.ends_with("token.key") && !path.ends_with("relevo.toml"));
    others.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

async fn rows(home: &Home) -> Vec<u8> {
    home.database().await.dump().await.into_values().flatten().collect::<Vec<_>>().join("\n").into_bytes()
}

async fn nothing_that_relevo_leaves_holds_a_code_a_key_or_a_password(on: Engine) {
    let home = Home::new(on).await;
    let authority = Authority::new();
    let relay = TestRelay::start_with_starttls(&authority).await;
    relay.wants_login("PLAIN LOGIN");
    let settings = format!(
        "{}{}[mail.retry]\nfirst = \"100ms\"\nlongest = \"200ms\"\n[log]\nfilter = \"trace\"
         [[callers]]\nname = \"panel\"\ngrants = [\"directory\", \"request\", \"read\", \"operate\"]
         key_hashes = [{:?}]\n",
        relay.settings_with_tls("starttls", &authority),
        TestRelay::login(),
        hash_of(CALLER_KEY),
    );
    fs::write(home.folder().join("relevo.toml"), &settings).unwrap();
    let mailbox = Mailbox { relay, letters: Mutex::default(), raw: Mutex::default() };
    let with_config = |action: &'static str| [action, "--config", "relevo.toml"];
    let mut keys = Vec::new();
    let environment = |keys: &[String], more: &[(&'static str, &str)]| {
        let mut environment = home.environment();
        if on == Engine::Postgres {
            let url = home.database_url().replacen("postgres@", &format!("postgres:{DATABASE_PASSWORD}@"), 1);
            assert!(url.contains(DATABASE_PASSWORD), "{url}");
            environment.push(("RELEVO__DATABASE__URL", url));
            let keys = if keys.is_empty() { vec![home.key()] } else { keys.to_vec() };
            environment.push(("RELEVO__TOKEN__KEYS", format!("{keys:?}")));
        }
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        environment
    };
    fn borrowed<'a>(environment: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
    let mut left: Vec<(String, Vec<u8>)> = Vec::new();
    let stops = async |serving: Serving, it: Witness, left: &mut Vec<(String, Vec<u8>)>| {
        left.extend(files(home.folder()));
        left.push(("the answers".to_owned(), it.told.into_inner().unwrap()));
        serving.signal("TERM").await;
        let log = eventually("the end", SOON, async || {
            let log = serving.log();
            log.contains("stopping").then_some(log)
        });
        left.push(("the log".to_owned(), log.await.into_bytes()));
        assert!(serving.ended().await);
        left.extend(files(home.folder()));
    };

    // A life.
    let now = environment(&keys, &[]);
    let serving = Serving::start_as(home.folder(), &with_config("serve"), &borrowed(&now)).await;
    let it = Witness::of(&serving);
    lives(&it, &mailbox).await;
    let leaked = it.asks("leaked.example").await;
    let leaked_code = mailbox.code(&leaked, NORA, 1).await;
    stops(serving, it, &mut left).await;

    // A leaked key.
    keys.push(home.key());
    let rotate = async |arguments: &[&str], keys: &[String]| {
        let now = environment(keys, &[]);
        run(home.folder(), &[&["rotate-key", "--config", "relevo.toml"], arguments].concat(), &borrowed(&now)).await
    };
    if on == Engine::Postgres {
        let made = rotate(&[], &keys).await;
        assert!(made.status.success(), "{made:?}");
        // That is what it is for; the old keys are not in it.
        let said = String::from_utf8(made.stdout).unwrap();
        let new = said.lines().next().unwrap().to_owned();
        left.push(("rotate-key".to_owned(), said.replace(&new, "").into_bytes()));
        keys.insert(0, new);
    }
    let rotated = rotate(&["--compromised"], &keys).await;
    assert!(rotated.status.success(), "{rotated:?}");
    left.push(("rotate-key --compromised".to_owned(), [rotated.stdout, rotated.stderr].concat()));
    if on == Engine::Sqlite {
        keys = fs::read_to_string(home.folder().join("token.key")).unwrap().lines().map(str::to_owned).collect();
    }
    assert_eq!(keys.len(), 2);

    // And changes that are over in a moment.
    let now = environment(&keys, &[("RELEVO__CHANGE__LIFETIME", "6s"), ("RELEVO__CHANGE__REMIND_BEFORE", "5s")]);
    let serving = Serving::start_as(home.folder(), &with_config("serve"), &borrowed(&now)).await;
    let it = Witness::of(&serving);
    assert_eq!(it.accepts(&leaked, NORA, &leaked_code).await.unwrap_err().reason, "TOKEN_SUPERSEDED");
    it.accepts(&leaked, NORA, &mailbox.code(&leaked, NORA, 2).await).await.unwrap();
    it.accepts(&leaked, ANN, &mailbox.code(&leaked, ANN, 2).await).await.unwrap();
    let short = it.asks("short.example").await;
    mailbox.letter(&format!("reminder.{}.{NORA}", short.change_id)).await;
    mailbox.letter(&format!("expired.{}.{NORA}", short.change_id)).await;
    assert_eq!(it.sees(&short).await.state(), ChangeState::Expired);
    left.push(("the rows".to_owned(), rows(&home).await));

    // What the commands say, and what is wrong with a configuration.
    let now_borrowed = borrowed(&now);
    let checked = run(home.folder(), &with_config("check-config"), &now_borrowed).await;
    assert!(checked.status.success());
    left.push(("check-config".to_owned(), [checked.stdout, checked.stderr].concat()));
    for wrong in
        ["RELEVO__MAIL__SMTP__PORT", "RELEVO__GRPC__LISTEN", "RELEVO__MAIL__SMTP__USERNAME", "RELEVO__TOKEN__KEYZ"]
    {
        let checked =
            run(home.folder(), &with_config("check-config"), &[&now_borrowed[..], &[(wrong, "")]].concat()).await;
        assert!(!checked.status.success(), "{wrong}");
        left.push((wrong.to_owned(), [checked.stdout, checked.stderr].concat()));
    }
    let send = ["send-test-mail", "--to", "ann@example.com", "--config", "relevo.toml"];
    let sent = run(home.folder(), &send, &now_borrowed).await;
    assert!(sent.status.success(), "{sent:?}");
    left.push(("send-test-mail".to_owned(), [sent.stdout, sent.stderr].concat()));
    let config = Config::parse(&format!("token.keys = {keys:?}\n{settings}")).unwrap();
    left.push(("Debug of Config".to_owned(), format!("{config:?}\n{config:#?}").into_bytes()));

    // Every code that there was, whether it came or not.
    let ring = Keyring::new(key(&keys[0]), vec![key(&keys[1])]);
    let codes: BTreeSet<_> = seals(&home).await.iter().map(|seal| ring.token(seal).unwrap().reveal()).collect();
    let mailed: BTreeSet<_> = mailbox.letters.lock().unwrap().iter().filter_map(|it| it.token.clone()).collect();
    assert!(mailed.len() > 10 && mailed.is_subset(&codes), "{} codes", mailed.len());
    let others = [CALLER_KEY, UNKNOWN_KEY, SMTP_PASSWORD, DATABASE_PASSWORD];
    let secrets: Vec<_> = codes.iter().chain(&keys).map(String::as_str).chain(others).collect();
    let search = Search::of(secrets.iter().copied());

    // The search finds what there is to find: the codes in the mails, and what is planted in a log and in a row.
    let in_mails = search.finds(&mailbox.raw.lock().unwrap());
    assert!(mailed.iter().all(|code| in_mails.contains_key(code)));
    let log = left.iter().find(|(name, _)| name == "the log").unwrap().1.clone();
    assert!(log.len() > 100_000 && search.finds(&log[..1000]).is_empty(), "a log that tells a lot");
    for secret in &secrets {
        for form in forms_of(secret) {
            let planted = [b"INFO a line: ", form.as_slice(), b" and more"].concat();
            assert!(search.finds(&planted).contains_key(*secret), "{}", String::from_utf8_lossy(&form));
        }
    }
    stops(serving, it, &mut left).await;

    let mut hits = Vec::new();
    for (name, bytes) in &left {
        hits.extend(search.finds(bytes).into_iter().map(|(secret, around)| format!("{name}: {secret}: …{around}…")));
    }
    assert!(hits.is_empty(), "{} places hold what they must not:\n{}", hits.len(), hits.join("\n"));

    // What is planted in a row is found in the files or the rows, so that nothing hides there.
    let planted = codes.first().unwrap();
    let serving = Serving::start_as(home.folder(), &with_config("serve"), &now_borrowed).await;
    Witness::of(&serving).service("planted.example", planted).await;
    assert!(search.finds(&rows(&home).await).contains_key(planted));
    let in_files = files(home.folder()).iter().any(|(_, bytes)| search.finds(bytes).contains_key(planted));
    assert_eq!(in_files, on == Engine::Sqlite);
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}
