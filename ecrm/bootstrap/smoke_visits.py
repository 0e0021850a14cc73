"""The smoke test's walk through the demo shop: a visit after a yes is seen, one after a no is not."""

import json
import re
import secrets
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from ecrm.bootstrap.smoke_target import Step, Target, Unexpected, expect
from ecrm.bootstrap.visitor import Visitor

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LARGEST_SCRIPT = 4_096
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def steps() -> list[tuple[str, Step]]:
    return [("Visits of the demo shop arrive after a yes, and none after a no", _visits)]


def _visits(target: Target, visitor: Visitor) -> None:
    page = Visitor(target.shop_url).get("/")
    found = re.search(r'src="([^"]+/p/t\.js)" data-site="([\w-]+)"', page.text)
    if found is None:
        raise Unexpected("the shop's page has no visit script")
    script = visitor.get(urlsplit(found[1]).path)
    expect(script.status == 200, f"the visit script answers {script.status}")
    expect(len(script.text.encode()) < LARGEST_SCRIPT, "the visit script is too large")
    shopper = _Shopper(target, found[2])
    shopper.say([["page.viewed", 0, {"path": "/smoke-yes", "title": "Smoke"}]])
    target.wait_for("the visit on the site's page", lambda: "/smoke-yes" in _site_page(visitor))
    shopper.say([], x=1)
    shopper.say([["page.viewed", 0, {"path": "/smoke-no", "title": "Smoke"}]])
    Visitor(target.shop_url).get("/about")
    other = _Shopper(target, found[2])
    other.say([["page.viewed", 0, {"path": "/smoke-later", "title": "Smoke"}]])
    target.wait_for("a later visit", lambda: "/smoke-later" in _site_page(visitor))
    expect("/smoke-no" not in _site_page(visitor), "a visit after a no was kept")


class _Shopper:
    """One browser in the shop, which has said yes."""

    def __init__(self, target: Target, key: str) -> None:
        self._url = f"{target.base_url}/p/e?k={key}"
        self._origin = target.shop_url
        self._identifier = secrets.token_hex(16)

    def say(self, events: list[object], **more: object) -> None:
        told = {
            "v": self._identifier,
            "b": secrets.token_hex(8),
            "c": [1, int(time.time()), "en"],
            "p": "/",
            "e": events,
        }
        request = urllib.request.Request(
            self._url,
            data=json.dumps({**told, **more}).encode(),
            headers={"Origin": self._origin, "User-Agent": BROWSER, "Content-Type": "text/plain"},
        )
        try:
            with _DIRECT.open(request, timeout=10) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        expect(status == 204, f"a visit is answered with {status}")


def _site_page(visitor: Visitor) -> str:
    home = urlsplit(visitor.get("/").url).path.split("/")[1]
    sites = visitor.get(f"/{home}/settings/sites/")
    for address, words in sites.links():
        if re.search(r"/settings/sites/\d+/$", address) and "Demo shop" in words:
            return visitor.get(address).text
    raise Unexpected("the demo shop is no site of the workspace")
