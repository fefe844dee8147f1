"""A relay that asks for TLS and a login, as told on the command line. It prints its port, and writes each mail as a file."""

import argparse
import asyncio
import logging
import pathlib
import signal
import ssl
import sys

from aiosmtpd.smtp import MISSING, SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("--tls", choices=["implicit", "starttls", "none"], required=True)
parser.add_argument("--mechanism", choices=["PLAIN", "LOGIN"], required=True)
parser.add_argument("--mails", type=pathlib.Path, required=True)
parser.add_argument("--certificate", required=True)
parser.add_argument("--key", required=True)
parser.add_argument("--username", required=True)
parser.add_argument("--password", required=True)
told = parser.parse_args()


class Relay:
    """What is done with logins and mails."""

    count = 0

    async def handle_AUTH(self, server, session, envelope, command):
        session.mechanism = command[0]
        return MISSING

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        how = f"X-Recipient: {envelope.rcpt_tos[0]}\r\nX-Mechanism: {session.mechanism}\r\n"
        partial = told.mails / f"{self.count}.partial"
        partial.write_bytes(how.encode() + envelope.content)
        partial.rename(told.mails / f"{self.count}.eml")
        return "250 2.0.0 Ok"

    def authenticate(self, server, session, envelope, mechanism, given):
        known = (told.username.encode(), told.password.encode())
        return AuthResult(success=(given.login, given.password) == known, handled=False)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(told.certificate, told.key)
    relay = Relay()

    def conversation():
        return SMTP(
            relay,
            hostname="relay.example",
            tls_context=context if told.tls == "starttls" else None,
            require_starttls=told.tls == "starttls",
            auth_required=True,
            # aiosmtpd does not know of TLS that was there before it.
            auth_require_tls=told.tls != "implicit",
            auth_exclude_mechanism={"PLAIN", "LOGIN"} - {told.mechanism},
            authenticator=relay.authenticate,
        )

    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    server = await loop.create_server(
        conversation, "127.0.0.1", 0, ssl=context if told.tls == "implicit" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await over.wait()


logging.basicConfig(level=logging.INFO, stream=sys.stderr)
asyncio.run(main())
