"""A mail server for tests, on aiosmtpd: STARTTLS only, keeps what it takes, refuses addresses that begin with "gone"."""

import json
import logging
import ssl
import sys
import time

from aiosmtpd.controller import Controller

# A client that refuses our certificate is what some tests are about; its stack trace is no news.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
PORT, CHAIN, KEY, KEPT = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 No such mailbox"
        if address.startswith("later"):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with open(KEPT, "a") as kept:
            text = envelope.content.decode("utf-8", "replace")
            kept.write(json.dumps({"to": envelope.rcpt_tos, "tls": session.ssl is not None, "text": text}) + "\n")
        return "250 Message accepted"


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CHAIN, KEY)
controller = Controller(
    Handler(), hostname="127.0.0.1", port=PORT, tls_context=context, require_starttls=True, server_hostname="localhost"
)
controller.start()
while True:
    time.sleep(3600)
