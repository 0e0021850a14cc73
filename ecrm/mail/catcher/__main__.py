"""Start the catcher: SMTP on one loopback port, mailbox and API on another."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import threading
from pathlib import Path

from ecrm.mail.catcher.rules import Faults
from ecrm.mail.catcher.server import serve
from ecrm.mail.catcher.store import Store
from ecrm.mail.catcher.web import mailbox_server

log = logging.getLogger("ecrm.mail.catcher")


def main() -> None:
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options.dir.mkdir(parents=True, exist_ok=True)
    web = mailbox_server(options.http_port, options.dir)
    threading.Thread(target=web.serve_forever, name="mailbox", daemon=True).start()
    try:
        asyncio.run(_run(options))
    finally:
        web.shutdown()
        web.server_close()


async def _run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = Store(options.dir, keep=options.keep)
    server = await serve(options.smtp_port, store, _faults(options))
    log.info("SMTP on port %d, mailbox on http://localhost:%d", options.smtp_port, options.http_port)
    await stop.wait()
    server.close()
    store.close()


def _faults(options: argparse.Namespace) -> Faults:
    return Faults(
        drop_after_data=options.drop_after_data,
        lose=options.lose,
        defer=options.defer,
        slow_seconds=options.slow / 1000,
        pipelining=not options.no_pipelining,
        seed=options.seed,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ecrm.mail.catcher", description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True, help="where the mail and the log are kept")
    parser.add_argument("--keep", type=int, default=5000, help="messages kept whole; the log keeps all")
    faults = parser.add_argument_group("faults, for tests (shares are between 0 and 1)")
    faults.add_argument("--drop-after-data", type=float, default=0.0, help="record, then hang up")
    faults.add_argument("--lose", type=float, default=0.0, help="hang up without recording")
    faults.add_argument("--defer", type=float, default=0.0, help="answer a recipient with 451")
    faults.add_argument("--slow", type=float, default=0.0, help="milliseconds before each 250")
    faults.add_argument("--no-pipelining", action="store_true", help="do not offer PIPELINING")
    faults.add_argument("--seed", type=int, default=None, help="makes the faults repeatable")
    return parser.parse_args()


if __name__ == "__main__":
    main()
