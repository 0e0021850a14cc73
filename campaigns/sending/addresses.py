"""The public addresses in a message. Tokens never expire; their kinds and paths are for ever."""

from __future__ import annotations

from django.conf import settings

from ecrm.tenancy import tokens

# Token kinds. All stand for a delivery, but link (a campaign: clicks that name nobody) and preferences (a contact).
CLICK, LINK, OPEN, VIEW = "click", "link", "open", "view"
UNSUBSCRIBE, PREFERENCES = "unsubscribe", "preferences"
PATHS = {
    CLICK: "/p/c/",
    LINK: "/p/l/",
    OPEN: "/p/o/",
    VIEW: "/p/v/",
    UNSUBSCRIBE: "/p/u/",
    PREFERENCES: "/p/preferences/",
}
NOBODY = "test"  # no token: what a preview and a test mail link to must act for nobody


def of_delivery(delivery_id: int, contact_id: int) -> dict[str, str]:
    """The addresses every message needs, by their names as values of a content."""
    return {
        "unsubscribe_url": _address(UNSUBSCRIBE, tokens.make(UNSUBSCRIBE, delivery_id)),
        "preferences_url": _address(PREFERENCES, tokens.make(PREFERENCES, contact_id)),
    }


def following(delivery_id: int) -> dict[str, str]:
    """For people who allow tracking: links and a pixel that name their delivery."""
    return {
        "click_base": _address(CLICK, tokens.make(CLICK, delivery_id)),
        "open_url": _address(OPEN, tokens.make(OPEN, delivery_id)),
    }


def view_in_browser(delivery_id: int) -> str:
    return _address(VIEW, tokens.make(VIEW, delivery_id))


def click_base_of_campaign(campaign_id: int) -> str:
    """For people who do not allow tracking: their clicks count for the campaign, and say nothing of them."""
    return _address(LINK, tokens.make(LINK, campaign_id))


def of_nobody() -> dict[str, str]:
    return {
        "click_base": _address(CLICK, NOBODY),
        "open_url": _address(OPEN, NOBODY),
        "view_url": _address(VIEW, NOBODY),
        "unsubscribe_url": _address(UNSUBSCRIBE, NOBODY),
        "preferences_url": _address(PREFERENCES, NOBODY),
    }


def _address(kind: str, token: str) -> str:
    return f"{settings.BASE_URL}{PATHS[kind]}{token}"
