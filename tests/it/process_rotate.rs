//! `relevo rotate-key`: the codes that were mailed stay good, or are worth nothing at once if the key has leaked.

use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    process::{Output, Stdio},
    time::Duration,
};

use relevo_domain::{AccountId, ChangeId, Key, KeyId, Keyring, Nonce, Seal};
use relevo_tests::{
    Caller, Database, Engine, Home, Letter, Refused, eventually, on_every_engine,
    process::{Serving, relevo, run},
    request_id,
    v1::{ChangeState, ContactChange, ListAccountsRequest},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

on_every_engine!(
    a_turned_key_makes_the_new_codes_and_those_of_before_stay_good_until_it_is_taken_away,
    a_leaked_key_is_worth_nothing_once_the_codes_are_made_anew,
    a_rotation_that_is_cut_off_is_gone_on_with_and_mails_nobody_twice,
);

const SOON: Duration = Duration::from_secs(30);
const ANN: &str = "an000001-ovh";
const NORA: &str = "no000002-ovh";

/// An installation whose keys are turned.
struct Turning {
    on: Engine,
    home: Home,
    /// What token.keys holds, where it is not a file.
    keys: Vec<String>,
}

impl Turning {
    async fn new(on: Engine) -> Self {
        let home = Home::new(on).await;
        let keys = if on == Engine::Postgres { vec![home.key()] } else { Vec::new() };
        Self { on, home, keys }
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = self.home.environment();
        if self.on == Engine::Postgres {
            environment.push(("RELEVO__TOKEN__KEYS", format!("{:?}", self.keys)));
        }
        environment
    }

    async fn serve(&self) -> Serving {
        let environment = self.environment();
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Serving::start(self.home.folder(), &environment).await
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let environment = self.environment();
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run(self.home.folder(), arguments, &environment).await
    }

    /// Turns the key, and makes the new one the first.
    async fn turn(&mut self) {
        let said = succeeds(&self.run(&["rotate-key"]).await);
        if self.on == Engine::Postgres {
            self.keys.insert(0, said.lines().next().unwrap().to_owned());
        }
    }

    /// The keys, the newest first.
    fn keys(&self) -> Vec<String> {
        match self.on {
            Engine::Postgres => self.keys.clone(),
            Engine::Sqlite => {
                let text = fs::read_to_string(self.home.folder().join("token.key")).unwrap();
                text.lines().map(str::to_owned).collect()
            }
        }
    }

    async fn texts(&self, query: &str) -> Vec<String> {
        self.home.database().await.texts(query).await
    }

    /// The mail whose Message-ID begins so, once it is there.
    async fn mail(&self, beginning: &str) -> Letter {
        eventually(beginning, SOON, async || self.mails().into_iter().find(|it| it.message_id.starts_with(beginning)))
            .await
    }

    fn mails(&self) -> Vec<Letter> {
        let all = fs::read_dir(self.home.folder().join("data/mail")).into_iter().flatten();
        let paths =
            all.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == "eml"));
        paths.map(|path| Letter::parse(&fs::read(path).unwrap(), "")).collect()
    }

    async fn code(&self, change: &ContactChange, account: &str, generation: u32) -> String {
        self.mail(&format!("confirm.{}.{account}.{generation}@", change.change_id)).await.token()
    }
}

/// The key that these hexadecimal digits are.
pub(crate) fn key(digits: &str) -> Key {
    let bytes: Vec<_> =
        digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16)).collect();
    Key::new(bytes.into_iter().map(Result::unwrap).collect::<Vec<_>>().try_into().unwrap())
}

fn name(digits: &str) -> String {
    key(digits).key_id().0.clone()
}

fn succeeds(output: &Output) -> String {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn fails(output: &Output, words: &str) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains(words), "{said}");
    said
}

async fn stops(serving: Serving) {
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}

async fn people(caller: &Caller) {
    for account in [ANN, NORA] {
        caller.account(account, "").await.unwrap();
    }
}

async fn asks(caller: &Caller, service: &str, request_id: &str) -> ContactChange {
    caller.service(service, ANN, "").await.unwrap();
    caller.ask(service, ANN, NORA, request_id).await.unwrap()
}

async fn refused(caller: &Caller, change: &ContactChange, account: &str, code: &str) -> String {
    Refused::from(caller.accept(&change.change_id, account, code, "").await.unwrap_err()).reason
}

async fn page(caller: &Caller, page_token: &str) -> Result<String, Refused> {
    let request = ListAccountsRequest { page_size: 1, page_token: page_token.to_owned() };
    Ok(caller.contacts.clone().list_accounts(request).await?.into_inner().next_page_token)
}

async fn a_turned_key_makes_the_new_codes_and_those_of_before_stay_good_until_it_is_taken_away(on: Engine) {
    let mut it = Turning::new(on).await;
    let serving = it.serve().await;
    let caller = serving.caller();
    people(&caller).await;
    let asked_under = request_id();
    let first = asks(&caller, "first.example", &asked_under).await;
    let waits = asks(&caller, "waits.example", "").await;
    let begun = page(&caller, "").await.unwrap();
    let old = it.keys().remove(0);
    let codes = [it.code(&first, ANN, 1).await, it.code(&first, NORA, 1).await];

    it.turn().await;
    let keys = it.keys();
    assert_eq!((keys.len(), &keys[1]), (2, &old), "the new one first, the old one behind it");
    if on == Engine::Sqlite {
        let file = fs::metadata(it.home.folder().join("token.key")).unwrap();
        assert_eq!(file.mode() & 0o777, 0o600);
        fails(&it.run(&["rotate-key", "--retire"]).await, "start Relevo anew first");
    }
    stops(serving).await;
    let serving = it.serve().await;
    let caller = serving.caller();
    let second = asks(&caller, "second.example", "").await;
    assert_eq!(
        it.texts("SELECT key_id FROM token_key ORDER BY register_time").await,
        [&old, &keys[0]].map(|it| name(it))
    );
    let by_key = "SELECT DISTINCT contact_change.service_id || ' ' || seal.key_id FROM seal JOIN contact_change
                  ON contact_change.change_id = seal.change_id ORDER BY 1";
    let made = [("first", &old), ("second", &keys[0]), ("waits", &old)];
    assert_eq!(it.texts(by_key).await, made.map(|(service, key)| format!("{service}.example {}", name(key))));

    // What is made from the key beside the codes goes on as well.
    assert_eq!(caller.ask("first.example", ANN, NORA, &asked_under).await.unwrap().change_id, first.change_id);
    page(&caller, &begun).await.unwrap();
    for (account, code) in [ANN, NORA].into_iter().zip(&codes) {
        caller.accept(&first.change_id, account, code, "").await.unwrap();
    }
    assert_eq!(caller.see(&first.change_id).await.unwrap().state(), ChangeState::Done);

    fails(&it.run(&["rotate-key", "--retire"]).await, "1 open change(s) wait for a code");
    assert_eq!(it.keys(), keys);
    caller.cancel(&waits.change_id, ANN, "").await.unwrap();
    let said = succeeds(&it.run(&["rotate-key", "--retire"]).await);
    assert!(said.contains(&name(&old)) && keys.iter().all(|key| !said.contains(key)), "{said}");
    if on == Engine::Postgres {
        it.keys.truncate(1);
    }
    assert_eq!(it.keys(), keys[..1]);
    let said = succeeds(&it.run(&["audit", "verify"]).await);
    assert!(said.ends_with("nothing was found.\n"), "{said}");
    stops(serving).await;
    let serving = it.serve().await;
    let caller = serving.caller();
    for account in [ANN, NORA] {
        let code = it.code(&second, account, 1).await;
        caller.accept(&second.change_id, account, &code, "").await.unwrap();
    }
    assert_eq!(
        Refused::from(caller.ask("first.example", ANN, NORA, &asked_under).await.unwrap_err()).reason,
        "REQUEST_ID_REUSED"
    );
    assert_eq!(page(&caller, &begun).await.unwrap_err().reason, "PAGE_TOKEN_INVALID");
    stops(serving).await;
}

/// Every seal there is: what its code is made from, beside the key.
pub(crate) async fn seals(home: &Home) -> Vec<Seal> {
    let mut database = home.database().await;
    let [change, nonce] = match database {
        Database::Sqlite(_) => ["lower(hex(change_id))", "hex(nonce)"],
        Database::Postgres(_) => ["change_id::text", "encode(nonce, 'hex')"],
    };
    let columns = [change, "account_id", "CAST(generation AS TEXT)", nonce, "key_id"].join(" || ' ' || ");
    let seal = |row: &String| {
        let [change, account, generation, nonce, key_id] = row.split(' ').collect::<Vec<_>>().try_into().unwrap();
        Seal {
            change_id: ChangeId(change.parse().unwrap()),
            account_id: AccountId::parse(account).unwrap(),
            generation: generation.parse().unwrap(),
            nonce: Nonce(u128::from_str_radix(nonce, 16).unwrap().to_be_bytes()),
            key_id: KeyId(key_id.to_owned()),
        }
    };
    database.texts(&format!("SELECT {columns} FROM seal")).await.iter().map(seal).collect()
}

/// The same, as if this key had made them all: what somebody with the key and the database has.
async fn stolen_seals(it: &Turning, stolen: &Key) -> Vec<Seal> {
    let all = seals(&it.home).await;
    all.into_iter().map(|seal| Seal { key_id: stolen.key_id().clone(), ..seal }).collect()
}

async fn a_leaked_key_is_worth_nothing_once_the_codes_are_made_anew(on: Engine) {
    let mut it = Turning::new(on).await;
    let serving = it.serve().await;
    let caller = serving.caller();
    people(&caller).await;
    let change = asks(&caller, "example.com", "").await;
    let decided = asks(&caller, "decided.example", "").await;
    let olds = [it.code(&change, ANN, 1).await, it.code(&change, NORA, 1).await];
    let code = it.code(&decided, ANN, 1).await;
    caller.accept(&decided.change_id, ANN, &code, "").await.unwrap();
    it.mail(&format!("confirm.{}.{NORA}.1@", decided.change_id)).await;
    let leaked = it.keys().remove(0);
    // With the key and the database anybody has the codes: this is how they are had.
    let stolen = key(&leaked);
    let thief = Keyring::new(stolen.clone(), Vec::new());
    let has = |seals: &[Seal]| seals.iter().map(|seal| thief.token(seal).unwrap().reveal()).collect::<BTreeSet<_>>();
    let had = has(&stolen_seals(&it, &stolen).await);
    assert!(olds.iter().all(|code| had.contains(code)) && had.len() == 4);

    if on == Engine::Postgres {
        it.turn().await;
    }
    let before = it.keys();
    let said = fails(&it.run(&["rotate-key", "--compromised"]).await, "is in use: stop every relevo process");
    assert!(!said.contains(&leaked));
    assert_eq!((it.keys(), it.home.folder().join("token.key.next").exists()), (before, false), "nothing was done");
    stops(serving).await;
    if on == Engine::Postgres {
        let both = std::mem::replace(&mut it.keys, vec![leaked.clone()]);
        fails(&it.run(&["rotate-key", "--compromised"]).await, "put a new one before it");
        it.keys = both;
    }
    let said = succeeds(&it.run(&["rotate-key", "--compromised"]).await);
    let keys = it.keys();
    assert_eq!((keys.len(), &keys[1]), (2, &leaked));
    assert!(said.contains(&name(&keys[0])) && keys.iter().all(|key| !said.contains(key)), "{said}");
    if on == Engine::Sqlite {
        // Where the key is a file another run would make yet another key; in a list, one that was in use is not new.
        assert!(!it.home.folder().join("token.key.next").exists());
    } else {
        fails(&it.run(&["rotate-key", "--compromised"]).await, "put a new one before it");
    }

    let serving = it.serve().await;
    let caller = serving.caller();
    for (account, old) in [ANN, NORA].into_iter().zip(&olds) {
        assert_eq!(refused(&caller, &change, account, old).await, "TOKEN_SUPERSEDED");
    }
    let had_since = stolen_seals(&it, &stolen).await;
    assert_eq!(had_since.len(), 7, "all but Ann's, who has decided, have two generations");
    for seal in &had_since {
        let code = thief.token(seal).unwrap().reveal();
        let refusal =
            caller.accept(&seal.change_id.0.to_string(), seal.account_id.as_str(), &code, "").await.unwrap_err();
        let refusal = Refused::from(refusal).reason;
        assert!(["TOKEN_SUPERSEDED", "TOKEN_INVALID", "ALREADY_DECIDED"].contains(&&*refusal), "{refusal}");
    }
    let history =
        it.texts("SELECT kind || ' ' || account_id FROM event WHERE caller = 'operator' ORDER BY event_id").await;
    let anew = |account| ["token-superseded", "token-resent"].map(|kind| format!("{kind} {account}"));
    assert_eq!(history, [anew(ANN), anew(NORA), anew(NORA)].concat());
    let resends = "SELECT CAST(sum(resends) AS TEXT) FROM confirmation WHERE resend_time IS NULL";
    assert_eq!(it.texts(resends).await, ["0"], "none of the parties' own resends is spent");

    // Taken away at once; what was superseded is then a wrong code as any other.
    succeeds(&it.run(&["rotate-key", "--retire"]).await);
    it.keys.truncate(1);
    assert_eq!(it.keys(), keys[..1]);
    let said = succeeds(&it.run(&["audit", "verify"]).await);
    assert!(said.ends_with("nothing was found.\n"), "{said}");
    stops(serving).await;
    let serving = it.serve().await;
    let caller = serving.caller();
    assert_eq!(refused(&caller, &change, ANN, &olds[0]).await, "TOKEN_INVALID");
    for (change, account) in [(&change, ANN), (&change, NORA), (&decided, NORA)] {
        let code = it.code(change, account, 2).await;
        caller.accept(&change.change_id, account, &code, "").await.unwrap();
    }
    for change in [&change, &decided] {
        assert_eq!(caller.see(&change.change_id).await.unwrap().state(), ChangeState::Done);
    }
    stops(serving).await;
    let mailed = it.mails().into_iter().filter(|letter| letter.kind == "confirm").count();
    assert_eq!(mailed, 7);
}

/// Has the history take no more than so many lines of the operator.
async fn fills_up(it: &Turning) {
    let full = "(SELECT count(*) FROM event WHERE caller = 'operator') >= 80";
    let stop = match it.on {
        Engine::Sqlite => format!(
            "CREATE TRIGGER cut_off BEFORE INSERT ON event WHEN {full} BEGIN SELECT RAISE(ABORT, 'cut off'); END"
        ),
        Engine::Postgres => format!(
            "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN IF {full} THEN RAISE 'cut off'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER cut_off BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION cut_off()"
        ),
    };
    it.home.database().await.run(&stop).await;
}

async fn a_rotation_that_is_cut_off_is_gone_on_with_and_mails_nobody_twice(on: Engine) {
    const CHANGES: usize = 45;
    let mut it = Turning::new(on).await;
    let serving = it.serve().await;
    let caller = serving.caller();
    people(&caller).await;
    for n in 0..CHANGES {
        asks(&caller, &format!("example-{n}.com"), "").await;
    }
    let old = it.keys();
    if on == Engine::Postgres {
        it.turn().await;
    }
    stops(serving).await;

    // It fails in the middle; what was stored by then stays.
    fills_up(&it).await;
    let cut_off = it.run(&["rotate-key", "--compromised"]).await;
    fails(&cut_off, "cut off");
    assert_eq!(String::from_utf8(cut_off.stdout).unwrap(), "20 of 45 open changes\n");
    let drop_it = match on {
        Engine::Sqlite => "DROP TRIGGER cut_off",
        Engine::Postgres => "DROP TRIGGER cut_off ON event; DROP FUNCTION cut_off()",
    };
    it.home.database().await.run(drop_it).await;
    // Nobody serves with the old key meanwhile.
    let both = std::mem::replace(&mut it.keys, old);
    fails(&it.run(&["serve"]).await, "a rotation was cut off");
    if on == Engine::Sqlite {
        fails(&it.run(&["rotate-key"]).await, "a rotation was cut off");
    }
    it.keys = both;
    fails(&it.run(&["serve"]).await, "a rotation was cut off");

    // It is killed once it has stored something.
    let mut killed = Command::new(relevo())
        .current_dir(it.home.folder())
        .args(["rotate-key", "--compromised"])
        .envs(it.environment())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(killed.stdout.take().unwrap()).lines();
    assert_eq!(said.next_line().await.unwrap().unwrap(), "20 of 25 open changes");
    killed.kill().await.unwrap();

    succeeds(&it.run(&["rotate-key", "--compromised"]).await);
    let generations = "SELECT generation || ' ' || count(*) FROM confirmation GROUP BY generation";
    assert_eq!(it.texts(generations).await, [format!("2 {}", 2 * CHANGES)], "each was made anew, and once");
    let by_key = "SELECT key_id || ' ' || count(*) FROM seal WHERE generation = 2 GROUP BY key_id";
    assert_eq!(it.texts(by_key).await, [format!("{} {}", name(&it.keys()[0]), 2 * CHANGES)], "all under one key");
    let serving = it.serve().await;
    let anew = || it.mails().into_iter().filter(|it| it.message_id.contains(".2@")).collect::<Vec<_>>();
    eventually("the mails", SOON, async || (anew().len() >= 2 * CHANGES).then_some(())).await;
    stops(serving).await;
    let ids: BTreeSet<_> = anew().into_iter().map(|letter| letter.message_id).collect();
    assert_eq!((ids.len(), anew().len()), (2 * CHANGES, 2 * CHANGES));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_is_turned_whole_in_its_place_and_only_if_it_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let rotate = async |more: &[&str]| run(folder.path(), &[&["rotate-key"], more].concat(), &[]).await;
    fails(&rotate(&[]).await, "is not there; `relevo serve` makes the first key");
    fails(&rotate(&["--compromised"]).await, "is not there; `relevo serve` makes the first key");
    fails(&rotate(&["--retire"]).await, "is not there; `relevo serve` makes the first key");
    assert_eq!(rotate(&["--retire", "--compromised"]).await.status.code(), Some(2));
    assert!(!folder.path().join("data").exists());

    // A link to where keys are kept stays one.
    let (data, kept) = (folder.path().join("data"), folder.path().join("kept"));
    fs::create_dir(&data).unwrap();
    let old = "5ec2e7ab".repeat(8);
    fs::write(&kept, &old).unwrap();
    symlink(&kept, data.join("token.key")).unwrap();
    fails(&rotate(&[]).await, "others may read it; run chmod 600");
    fs::set_permissions(&kept, Permissions::from_mode(0o600)).unwrap();
    let said = succeeds(&rotate(&[]).await);
    assert!(said.contains("--retire") && !said.contains("5ec2e7"), "{said}");
    assert!(fs::symlink_metadata(data.join("token.key")).unwrap().is_symlink());
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&kept).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.len() == 2 && lines[0].len() == 64 && lines[0] != old && lines[1] == old, "{lines:?}");
    assert!(!said.contains(lines[0]));
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["data", "kept"], "nothing is left beside it");
}
