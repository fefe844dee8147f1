#!/usr/bin/env python3
"""Reads Relevo's mails with programs that know nothing of Relevo: Python's email package and SpamAssassin.

    relevo preview-mails --out PREVIEW
    cargo test -p relevo-outbound --test mails    # leaves target/tmp/unusual-mails
    tests/peers/mails.py PREVIEW target/tmp/unusual-mails

Every .eml below the folders must be without a defect, complete in each of its parts, and of no interest to a filter of
spam. A file `.to` beside one says the name and the address that must be in its `To`. Says what is wrong, and fails if
anything is, if there is no mail, or if a tool is missing.
"""

import email
import email.header
import email.policy
import email.utils
import re
import shutil
import subprocess
import sys
from email.headerregistry import AddressHeader
from html.parser import HTMLParser
from pathlib import Path

# The rules of SpamAssassin that may fire, and why.
ALLOWED_RULES = {
    "NO_RELAYS": "a mail that has not travelled yet has passed no relay",
    "NO_RECEIVED": "the same",
    "HTML_MESSAGE": "says that there is an HTML part; it scores nothing",
}
# The same, for mails with a `.to` beside them alone.
ALLOWED_RULES_FOR_UNUSUAL = {
    "APOSTROPHE_TOCC": "there are addresses with an apostrophe, as O'Neil's",
}
CODE = re.compile(r"^ {4}([0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){7})\r?$", re.M)
LINK = re.compile(r"^https://\S+/changes/(\S+)#(\S+?)\r?$", re.M)
# What makes a reader of HTML fetch something, or tells the sender that it was read.
FETCHES = re.compile(r"<(img|link|script|iframe|object|embed|form|input|svg|video|audio)\b|\bsrc\s*=|srcset|url\s*\(|@import", re.I)
VOID = {"meta", "br"}
ONCE = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type"]
TRACKING = ["List-Unsubscribe", "Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To", "Sender", "Reply-To"]


class Tags(HTMLParser):
    """Follows the tags of a page, and remembers what is not closed, and where its links lead."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.links, self.attributes, self.words = [], [], [], {}, []

    def handle_starttag(self, tag, attributes):
        self.attributes.setdefault(tag, dict(attributes))
        if tag == "a":
            self.links.append(dict(attributes).get("href"))
        if tag == "p" and "p" in self.open:
            self.wrong.append("a paragraph in a paragraph")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def handle_data(self, words):
        if "body" in self.open:
            self.words.append(words)


def flat(text):
    return " ".join(text.split())


def called_in(source):
    """The name in `To`. The parser of addresses puts a space between the words of a name that is encoded in several, which
    RFC 2047 forbids, and is a known fault of Python's; its decoder of headers does not."""
    phrase, _, _ = email.message_from_string(source)["To"].rpartition("<")
    return email.utils.unquote(str(email.header.make_header(email.header.decode_header(phrase.strip()))).strip())


def header_faults(mail, is_ascii):
    for name, value in mail.items():
        for defect in value.defects:
            if not is_ascii and "local-part contains non-ASCII" in str(defect):
                continue  # RFC 6531 allows it, and the relay is asked for SMTPUTF8.
            yield f"{name}: {defect!r}"
    for name in ONCE:
        if len(mail.get_all(name, [])) != 1:
            yield f"{name} is there {len(mail.get_all(name, []))} times"
    for name in TRACKING:
        if name in mail:
            yield f"{name} is there"
    for name in ("From", "To"):
        header = mail[name]
        if not isinstance(header, AddressHeader) or len(header.addresses) != 1 or header.groups[0].display_name is not None:
            yield f"{name} is not one address: {header}"
    if mail["Date"].datetime is None or mail["Date"].datetime.utcoffset() is None:
        yield f"Date is no moment: {mail['Date']}"
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", str(mail["Message-ID"]).strip()):
        yield f"Message-ID is {mail['Message-ID']}"
    if str(mail["Auto-Submitted"]) != "auto-generated":
        yield f"Auto-Submitted is {mail['Auto-Submitted']}"


def part_faults(mail, path):
    if mail.get_content_type() != "multipart/alternative":
        yield f"the mail is {mail.get_content_type()}"
        return
    parts = list(mail.iter_parts())
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:
        yield f"the parts are {[part.get_content_type() for part in parts]}"
        return
    for part in parts:
        for defect in part.defects + [defect for value in part.values() for defect in value.defects]:
            yield f"{part.get_content_type()}: {defect!r}"
        if part.get_content_charset() != "utf-8":
            yield f"{part.get_content_type()} is in {part.get_content_charset()}"
    text, html = (part.get_content() for part in parts)
    if "\ufffd" in text + html:
        yield "something is not UTF-8"

    tags = Tags()
    tags.feed(html)
    tags.close()
    yield from tags.wrong
    if tags.open:
        yield f"{tags.open} stay open"
    if tags.attributes.get("html", {}).get("lang") != str(mail["Content-Language"]):
        yield "the HTML is in another language than the headers say"
    if fetches := FETCHES.search(html):
        yield f"the HTML fetches something: {fetches[0]}"

    message_id = str(mail["Message-ID"]).strip()
    kind = message_id[1:].split(".")[0]
    about_change = kind not in ("address-changed", "test")
    for name in ("In-Reply-To", "References"):
        if about_change != (name in mail):
            yield f"{name} is {'missing' if about_change else 'there'}"
    if about_change and str(mail["In-Reply-To"]).strip() != str(mail["References"]).strip():
        yield "In-Reply-To and References differ"
    codes, links = CODE.findall(text), LINK.findall(text)
    if kind not in ("confirm", "reminder"):
        if codes or links or tags.links:
            yield "a mail of this kind holds a code or a link"
        return
    if len(codes) != 1 or len(links) != 1:
        yield f"the text holds {len(codes)} codes and {len(links)} links"
        return
    change_id, fragment = links[0]
    if fragment != codes[0] or f"change.{change_id}@" not in str(mail["References"]):
        yield "the link is another's"
    if tags.links != [LINK.search(text)[0].strip()]:
        yield f"the HTML links to {tags.links}"
    # By itself, for a reader who sees no HTML: what it is about, who, and until when (a date and a time in UTC).
    details = text.rsplit("\n---", 2)[1]
    for what, pattern in {
        "the service": r"garden-tools\.example \(domain\)",
        "people": r"\([a-z]{2}\d+-ovh\)",
        "until when": r"2026\D+09:05\D+UTC",
        "the number of the request": re.escape(change_id),
    }.items():
        if not re.search(pattern, flat(details)):
            yield f"the details do not say {what}"
    for piece in (codes[0], "garden-tools.example", change_id):
        if piece not in flat(" ".join(tags.words)):
            yield f"the HTML does not say {piece}"
    if path.stem.startswith(("confirm", "reminder")) and len(re.findall(r"2026\D+09:05", flat(text))) < 2:
        yield "the text does not say until when"


def line_faults(raw):
    if re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        yield "a line ends with half of a CRLF"
    if not raw.endswith(b"\r\n"):
        yield "the last line does not end"
    headers, _, body = raw.partition(b"\r\n\r\n")
    for line in raw.split(b"\r\n"):
        if len(line) > 998:
            yield f"a line of {len(line)} bytes"
    for line in body.split(b"\r\n"):
        if len(line) > 78:
            yield f"an encoded line of {len(line)} bytes: {line[:40]}..."
    for line in headers.split(b"\r\n"):
        # What cannot be folded is an address, or an id.
        if len(line) > 78 and re.search(rb"\S\s+\S", re.sub(rb"^\S+:\s*", b"", line)):
            yield f"a header line of {len(line)} bytes: {line[:40]}..."
    if b"\0" in raw:
        yield "a zero byte"


def faults(path):
    raw = path.read_bytes()
    is_ascii = raw.isascii()
    # RFC 6532: headers beyond ASCII are UTF-8.
    source = raw.decode("utf-8", errors="strict")
    policy = email.policy.default if is_ascii else email.policy.SMTPUTF8
    mail = email.message_from_bytes(raw, policy=policy) if is_ascii else email.message_from_string(source, policy=policy)
    try:
        email.message_from_bytes(raw, policy=policy.clone(raise_on_defect=True))
    except email.errors.MessageDefect as defect:
        yield f"strictly read: {defect!r}"
    yield from (repr(defect) for defect in mail.defects)
    yield from line_faults(raw)
    yield from header_faults(mail, is_ascii)
    yield from part_faults(mail, path)
    beside = path.with_suffix(".to")
    if beside.exists():
        name, address = beside.read_text("utf-8").split("\n")[:2]
        to = mail["To"].addresses[0]
        if (called := called_in(source)) != name:
            yield f"To is called {called!r}, and not {name!r}"
        if f"{to.username}@{to.domain}" != address:
            yield f"To goes to {to.username}@{to.domain}, and not to {address}"
    if not is_ascii and not beside.exists():
        yield "a mail to usual people goes beyond ASCII"


def spam_faults(paths):
    """One run over all mails: the program takes longer to start than to read them."""
    # It answers in an order of its own; the line that begins a mail is left as it was.
    mbox = b"".join(
        b"From mail-%d@hosting.example Fri Feb 27 09:05:30 2026\n" % number
        + re.sub(rb"(?m)^(>*From )", rb">\1", path.read_bytes().replace(b"\r\n", b"\n")) + b"\n"
        for number, path in enumerate(paths)
    )
    run = subprocess.run(["spamassassin", "--local", "--mbox"], input=mbox, capture_output=True, check=False)
    if run.returncode != 0:
        yield f"spamassassin failed: {run.stderr.decode(errors='replace').strip()}"
        return
    said = run.stdout.decode("utf-8", errors="replace")
    reports = dict(re.findall(r"^From mail-(\d+)@(?:.*\n)+?X-Spam-Status: (.*(?:\n\s.*)*)", said, re.M))
    for number, path in enumerate(paths):
        report = re.sub(r",\s+", ",", reports.get(str(number), ""))
        rules = re.search(r"tests=(\S+)", report)
        fired = set(rules[1].split(",")) if rules else {"no answer"}
        allowed = ALLOWED_RULES.keys() | (ALLOWED_RULES_FOR_UNUSUAL.keys() if path.with_suffix(".to").exists() else set())
        if unwanted := sorted(fired - allowed - {"none"}):
            yield f"{path}: {', '.join(unwanted)} of spamassassin"


def main():
    folders = [Path(argument) for argument in sys.argv[1:]]
    if not folders:
        sys.exit(__doc__)
    if not shutil.which("spamassassin"):
        sys.exit("mails.py needs spamassassin; on Debian: apt-get install spamassassin")
    paths = []
    for folder in folders:
        found = sorted(folder.rglob("*.eml"))
        if not found:
            sys.exit(f"there is no mail below {folder}")
        paths += found
    wrong = [f"{path}: {fault}" for path in paths for fault in faults(path)]
    wrong += spam_faults(paths)
    if wrong:
        sys.exit("\n".join(wrong) + f"\n{len(wrong)} faults in {len(paths)} mails")
    print(f"{len(paths)} mails: no defect, and no rule of spamassassin but {', '.join(ALLOWED_RULES)}")


if __name__ == "__main__":
    main()
