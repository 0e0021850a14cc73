"""The mailbox's pages. Plain HTML, no scripts; every value is escaped on its way in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from ecrm.mail.catcher.message import Opened
from ecrm.mail.catcher.store import Listed
from ecrm.mail.catcher.words import Words

VIEWS = ("html", "text", "headers", "raw")


def mailbox_page(messages: Sequence[Listed], *, search: str, size: int, has_older: bool, _: Words) -> str:
    rows = "".join(_row(message, _) for message in messages)
    listed = f'<ul class="mails">{rows}</ul>' if rows else _empty(search, _)
    older = ""
    if has_older:
        query = urlencode({"q": search, "before": messages[-1].id})
        older = f'<p class="pager"><a class="btn" href="/?{escape(query)}">{escape(_("Older"))}</a></p>'
    clear = (
        f"""<form method="post" action="/clear"><button class="btn">{escape(_("Empty the mailbox"))}</button></form>"""
    )
    note = _("Mail sent by this installation ends here. Nothing leaves this computer.")
    body = f"""
<header class="bar"><h1><a href="/">{escape(_("Mailbox"))}</a></h1>
<form class="search" role="search"><input class="input" type="search" name="q" value="{escape(search)}"
 aria-label="{escape(_("Search by recipient, sender or subject"))}"
 placeholder="{escape(_("Recipient, sender or subject"))}"><button class="btn">{escape(_("Search"))}</button></form>
{clear}</header>
<main id="main"><p class="muted note">{escape(note)}</p>
{listed}{older}</main>"""
    return _document(_("Mailbox"), body, _)


def message_page(message: Listed, opened: Opened, raw: bytes, *, view: str, _: Words) -> str:
    facts = [
        (_("From"), message.from_header),
        (_("To"), message.recipients),
        (_("Returns to"), message.sender or "—"),
    ]
    listed = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    body = f"""
<header class="bar"><a class="btn" href="/">{escape(_("All mail"))}</a></header>
<main id="main"><h1 class="subject">{escape(message.subject or _("No subject"))}</h1>
<dl class="facts">{listed}<div><dt>{escape(_("Received"))}</dt><dd>{_time(message.at)}</dd></div></dl>
<nav class="tabs" aria-label="{escape(_("Views"))}">{_tabs(message, view, _)}</nav>
{_content(message, opened, raw, view, _)}</main>"""
    return _document(message.subject or _("No subject"), body, _)


def not_found_page(_: Words) -> str:
    body = f"""<main id="main"><h1>{escape(_("There is no such message"))}</h1>
<p>{escape(_("It may have been removed to make room for newer mail."))}</p>
<p><a class="btn" href="/">{escape(_("All mail"))}</a></p></main>"""
    return _document(_("There is no such message"), body, _)


def _row(message: Listed, _: Words) -> str:
    return f"""<li><a href="/messages/{message.id}"><span class="who">{escape(message.recipients)}</span>
<span class="what">{escape(message.subject or _("No subject"))}</span>
<span class="from muted">{escape(message.from_header)}</span>{_time(message.at)}</a></li>"""


def _tabs(message: Listed, current: str, _: Words) -> str:
    titles = {"html": _("HTML"), "text": _("Plain text"), "headers": _("Headers"), "raw": _("Raw")}
    return "".join(
        f'<a href="/messages/{message.id}?view={view}"{" aria-current=page" if view == current else ""}>'
        f"{escape(titles[view])}</a>"
        for view in VIEWS
    )


def _content(message: Listed, opened: Opened, raw: bytes, view: str, _: Words) -> str:
    if view == "headers":
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in opened.headers)
        return f'<div class="scroll" tabindex="0"><table class="headers">{rows}</table></div>'
    if view == "raw":
        return f'<pre class="scroll" tabindex="0">{escape(raw.decode("utf-8", "replace"))}</pre>'
    if view == "html" and opened.html:
        # No script runs in the frame and it has no origin; links open in a page of their own.
        return f"""<iframe class="mail" title="{escape(_("Message"))}" src="/messages/{message.id}/html"
 sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>"""
    return f'<pre class="text">{escape(opened.text) or escape(_("This message has no plain text."))}</pre>'


def _empty(search: str, _: Words) -> str:
    if search:
        sentence = _("No message matches “%s”.") % search
        return f'<p class="empty">{escape(sentence)} <a href="/">{escape(_("Show all"))}</a></p>'
    return f'<p class="empty">{escape(_("No mail yet. What this installation sends appears here."))}</p>'


def _time(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{moment:%Y-%m-%d %H:%M} UTC</time>'


def _document(title: str, body: str, _: Words) -> str:
    return f"""<!doctype html>
<html lang="{_.language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{escape(title)}</title>
<link rel="stylesheet" href="/style.css"></head><body>{body}</body></html>"""
