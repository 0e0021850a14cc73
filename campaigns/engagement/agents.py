"""What fetched an address, by its user agent: the first of three kinds of evidence (see ``judging``).

The table is ours and short on purpose: scanners that mean to stay hidden call themselves browsers,
and are found by when and how often they come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from campaigns.models.engagement import Hit

Verdict = Hit.Verdict


@dataclass(frozen=True, slots=True)
class Agent:
    """``verdict`` is empty where the user agent decides nothing: an ordinary browser or mail program."""

    verdict: str
    reason: str


BROWSER = Agent("", "browser")
UNFAMILIAR = Agent(Verdict.UNKNOWN, "unfamiliar")

# Reason by what the user agent contains, lower case. The first that fits decides.
_PROXIES = {
    "googleimageproxy": "google_proxy",
    "ggpht.com": "google_proxy",
    "yahoomailproxy": "yahoo_proxy",
    "yahoocachesystem": "yahoo_proxy",
    "mailruimageproxy": "mail_ru_proxy",
}
_SCANNERS = {
    "barracuda": "barracuda",
    "mimecast": "mimecast",
    "proofpoint": "proofpoint",
    "urldefense": "proofpoint",
    "safelinks": "safe_links",
    "trendmicro": "trend_micro",
    "symantec": "symantec",
    "messagelabs": "symantec",
    "fireeye": "trellix",
    "trellix": "trellix",
    "forcepoint": "forcepoint",
    "sophos": "sophos",
    "fortinet": "fortinet",
    "fortimail": "fortinet",
    "ironport": "cisco",
    "cisco": "cisco",
    "zscaler": "zscaler",
    "cloudmark": "cloudmark",
    "vadesecure": "vade",
    "bitdefender": "bitdefender",
    "kaspersky": "kaspersky",
    "checkpoint": "check_point",
    "google-safety": "google_safety",
    "google-read-aloud": "google",
    "bingpreview": "link_preview",
    "skypeuripreview": "link_preview",
    "slackbot": "link_preview",
    "slack-imgproxy": "link_preview",
    "facebookexternalhit": "link_preview",
    "whatsapp": "link_preview",
    "telegrambot": "link_preview",
    "headless": "headless",
    "phantomjs": "headless",
    "puppeteer": "headless",
    "playwright": "headless",
    "selenium": "headless",
}
_PROGRAMS = re.compile(
    r"\b(curl|wget|python|urllib|aiohttp|httpx|go-http-client|java|okhttp|libwww|lwp|axios|node|undici|ruby|php"
    r"|perl|apache-httpclient|httpclient|winhttp|powershell|scrapy|postman|insomnia)\b"
)
_ROBOTS = re.compile(r"(bot|crawl|spider|scan|monitor|preview|fetch|probe|validator)")
# Apple's Mail Privacy Protection fetches through relays that say nothing more than this.
_APPLE_PRIVACY = "mozilla/5.0"
_BROWSERS = re.compile(r"(applewebkit|gecko|trident|presto|msie)[/ ]|microsoft outlook|msoffice|thunderbird|apple mail")


def identify(user_agent: str) -> Agent:
    text = user_agent.strip().lower()
    if not text:
        return Agent(Verdict.SCANNER, "no_agent")
    if text == _APPLE_PRIVACY:
        return Agent(Verdict.PREFETCH, "apple_privacy")
    for table, verdict in ((_PROXIES, Verdict.PREFETCH), (_SCANNERS, Verdict.SCANNER)):
        for sign, reason in table.items():
            if sign in text:
                return Agent(verdict, reason)
    if _PROGRAMS.search(text):
        return Agent(Verdict.SCANNER, "program")
    if _ROBOTS.search(text):
        return Agent(Verdict.SCANNER, "robot")
    return BROWSER if _BROWSERS.search(text) else UNFAMILIAR
