"""A catcher running inside the test, and a relay URL that leads to it."""

import asyncio
import json
import threading
import urllib.request
from pathlib import Path
from typing import Any

from ecrm.mail.catcher.rules import Faults
from ecrm.mail.catcher.server import serve
from ecrm.mail.catcher.store import Store
from ecrm.mail.catcher.web import mailbox_server


class RunningCatcher:
    def __init__(self, folder: Path, faults: Faults | None = None, keep: int = 5000) -> None:
        self.folder = folder
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(faults, keep), daemon=True)
        self._thread.start()
        assert self._started.wait(10)
        self._web = mailbox_server(0, folder)
        self._web_thread = threading.Thread(target=self._web.serve_forever, args=(0.05,), daemon=True)
        self._web_thread.start()
        self.http_url = f"http://127.0.0.1:{self._web.server_address[1]}"

    @property
    def relay_url(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp_port}?reconcile=log"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.http_url + path, timeout=10) as response:
            return json.load(response)

    def messages(self) -> list[dict[str, Any]]:
        """The caught mail, oldest first, each opened."""
        listed = self.get("/api/messages?limit=10000")["messages"]
        return [self.get(f"/api/messages/{message['id']}") for message in reversed(listed)]

    def delivered_to(self) -> list[str]:
        return [row["recipient"] for row in self.get("/api/log")["rows"] if row["verdict"] == "delivered"]

    def stop(self) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        self._web_thread.join(10)

    def _run(self, faults: Faults | None, keep: int) -> None:
        self._loop.run_until_complete(self._serve(faults, keep))
        self._loop.close()

    async def _serve(self, faults: Faults | None, keep: int) -> None:
        self._stopping = asyncio.Event()
        store = Store(self.folder, keep=keep)
        server = await serve(0, store, faults)
        self.smtp_port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.sleep(0.02)  # lets connections that were closed say so
        store.close()
