"""A relay that asks for TLS and a login, as told on the command line; it says its port, and writes each mail as a file."""

import argparse
import logging
import pathlib
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

parser = argparse.ArgumentParser()
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--tls", choices=["implicit", "starttls", "none"], required=True)
parser.add_argument("--mechanism", choices=["PLAIN", "LOGIN"], required=True)
parser.add_argument("--username", required=True)
parser.add_argument("--password", required=True)
parser.add_argument("--mails", type=pathlib.Path, required=True)
arguments = parser.parse_args()

logging.basicConfig(level=logging.INFO, stream=sys.stderr)
count = 0


def authenticator(server, session, envelope, mechanism, credentials):
    given = (credentials.login, credentials.password) if isinstance(credentials, LoginPassword) else None
    if given == (arguments.username.encode(), arguments.password.encode()):
        return AuthResult(success=True)
    return AuthResult(success=False, handled=False)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        global count
        count += 1
        under_tls = session.ssl is not None or arguments.tls == "implicit"
        head = f"X-Recipient: {envelope.rcpt_tos[0]}\r\nX-Mechanism: {session.mechanism}\r\nX-Tls: {under_tls}\r\n"
        partial = arguments.mails / f"{count}.partial"
        partial.write_bytes(head.encode() + envelope.original_content)
        partial.rename(arguments.mails / f"{count}.eml")
        return "250 2.0.0 Ok"

    # By which mechanism somebody has logged in.
    async def handle_AUTH(self, server, session, envelope, arguments_of_command):
        session.mechanism = arguments_of_command[0]
        from aiosmtpd.smtp import MISSING

        return MISSING


class Relay(Controller):
    def factory(self):
        other = "LOGIN" if arguments.mechanism == "PLAIN" else "PLAIN"
        return SMTP(
            self.handler,
            hostname="relay.example",
            auth_required=arguments.tls != "none",
            auth_require_tls=arguments.tls == "starttls",
            auth_exclude_mechanism=[other],
            authenticator=authenticator,
            tls_context=context if arguments.tls == "starttls" else None,
            require_starttls=arguments.tls == "starttls",
        )


context = None
if arguments.tls != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate, arguments.key)
relay = Relay(
    Handler(), hostname="127.0.0.1", port=0, ssl_context=context if arguments.tls == "implicit" else None
)
