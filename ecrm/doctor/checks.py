"""All checks by name, in the order they are told."""

from __future__ import annotations

from collections.abc import Iterable

from ecrm.doctor import broker, database, dns, machine, mail
from ecrm.doctor.findings import Check, Finding, bad


def named(selectors: Iterable[str] = ()) -> dict[str, Check]:
    return {
        "database": database.check,
        "broker": broker.check,
        "mail": mail.check,
        "dns": lambda: dns.check(selectors),
        "keys": machine.check_keys,
        "address": machine.check_address,
        "disk": machine.check_disk,
    }


def examine(check: Check) -> list[Finding]:
    """Its findings; a check that breaks is a finding too, so that the others are still heard."""
    findings: list[Finding] = []
    try:
        findings.extend(check())
    except Exception as error:
        findings.append(bad(f"This could not be examined: {type(error).__name__}: {error}"))
    return findings
