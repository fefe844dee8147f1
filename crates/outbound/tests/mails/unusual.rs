//! Names and addresses that few people have. The mails to them are left in `target/tmp/unusual-mails`, each with a file
//! `.to` of the name and the address it goes to, for `tests/peers/mails.py` to read with a reader of its own.

use std::{fs, path::Path};

use mail_parser::MessageParser;
use relevo_domain::{EmailAddress, Language, MailKind};
use relevo_outbound::message::{Message, TestRecipient, compose_test};

use crate::story::{Asks, Reads, languages, named, story};

#[test]
fn unusual_names_and_addresses_arrive_as_they_are() {
    let long_word = "w".repeat(200);
    let long_words = "ñandú ".repeat(33);
    let long_address = format!("{}@{}.example", "l".repeat(64), ["d".repeat(60), "e".repeat(60)].join("."));
    let people = [
        ("accents", "Zoë Ångström-Łukasiewicz", "zoë@ångström.example"),
        ("many-scripts", "李小龍 محمد Ελένη Дмитрий", "li@例え.example"),
        ("emoji", "🦄 Unicorn 🏳️‍🌈 & Co", "unicorn@xn--i-7iq.example"),
        (
            "quotes-and-commas",
            "Ann \"the Boss\" O'Neil, Jr. <ann@else.example>",
            "o'neil+tag@sub.hosting-customer.example",
        ),
        ("specials", "(a comment) [b]; c: d@e \\", "a.b!#$%&'*+-/?=^_`{|}~c@specials.example"),
        ("one-long-word", &long_word, &long_address),
        ("many-words", &long_words, "n@n.example"),
        ("a-letter", "x", "x@x.example"),
        ("local-part-beyond-ascii", "Ñora", "ñora.größe@bücher.example"),
    ];
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unusual-mails");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for ((file, name, address), language) in people.into_iter().zip(languages().cycle()) {
        let name = name.trim_end();
        let mut confirm = story(MailKind::Confirm, Asks::Administrator, Reads::Nominee, language).called(named(name));
        for account in [&mut confirm.recipient, &mut confirm.requester, &mut confirm.incumbent, &mut confirm.nominee] {
            account.display_name = named(name);
            account.email = EmailAddress::parse(address).unwrap();
        }
        confirm.sender.from.name = Some("Höster & Söhne, \"GmbH\" 🦄".to_owned());
        let (date, reader) = (confirm.change.create_time, Language::parse(language).unwrap());
        let bare = TestRecipient::Address(&confirm.recipient.email, &reader);
        for (kind, message, name) in [
            ("confirm", confirm.compose().unwrap(), Some(name)),
            (
                "test",
                compose_test(TestRecipient::Account(&confirm.recipient), &confirm.sender, date).unwrap(),
                Some(name),
            ),
            ("test-bare", compose_test(bare, &confirm.sender, date).unwrap(), None),
        ] {
            arrives(&message, name);
            let to = format!("{}\n{}\n", name.unwrap_or_default(), message.envelope_to);
            fs::write(folder.join(format!("{file}.{kind}.eml")), &message.raw).unwrap();
            fs::write(folder.join(format!("{file}.{kind}.to")), to).unwrap();
        }
    }
}

fn arrives(message: &Message, name: Option<&str>) {
    let mail = MessageParser::new().parse(&message.raw).unwrap();
    let to = mail.to().unwrap();
    assert_eq!(to.iter().count(), 1);
    let to = to.first().unwrap();
    assert_eq!((to.name(), to.address()), (name, Some(&*message.envelope_to)));
    assert_eq!(message.raw.is_ascii(), !message.needs_smtputf8, "only an address goes beyond ASCII");
}
