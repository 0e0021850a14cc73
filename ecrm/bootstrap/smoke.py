"""`demo --smoke`: walks the product over HTTP as a person would, a line per step."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ecrm.bootstrap.logins import Login
from ecrm.bootstrap.steps import Steps
from ecrm.bootstrap.visitor import Visitor


@dataclass(frozen=True)
class Target:
    """What is tried out. `watch` is called while waiting and raises when a process keeps dying."""

    base_url: str
    mailbox_url: str
    logins: tuple[Login, ...] = ()
    watch: Callable[[], None] = field(default=lambda: None)

    def wait_for(self, what: str, seen: Callable[[], bool], *, seconds: float = 30) -> None:
        """Until `seen()`; raises Unexpected naming `what` after that many seconds."""
        deadline = time.monotonic() + seconds
        while not seen():
            if time.monotonic() > deadline:
                raise Unexpected(f"waited {seconds:.0f} s for {what}")
            self.watch()
            time.sleep(0.2)


class Unexpected(Exception):
    """What the step saw instead of what a person would expect."""


Step = Callable[[Target, Visitor], None]


def run(target: Target, steps: Steps) -> bool:
    """Every step in turn, up to the first that fails; True when all went well."""
    visitor = Visitor(target.base_url)
    for name, step in STEPS:
        try:
            with steps.step(name):
                step(target, visitor)
        except (Unexpected, OSError) as problem:
            steps.say(f"\nThe smoke test failed at “{name}”: {problem}")
            return False
    steps.say("\nThe smoke test passed.")
    return True


def _health(target: Target, visitor: Visitor) -> None:
    _expect(visitor.get("/healthz").status == 200, "/healthz does not answer 200")
    _expect(visitor.get("/readyz").status == 200, "/readyz does not answer 200")


def _mailbox(target: Target, visitor: Visitor) -> None:
    page = Visitor(target.mailbox_url).get("/")
    _expect(page.status == 200, f"the mailbox answers {page.status}")


def _sign_in_page(target: Target, visitor: Visitor) -> None:
    page = visitor.get("/accounts/login/")
    _expect(page.status == 200, f"the sign-in page answers {page.status}")
    _expect(page.form_with("login") is not None, "the sign-in page has no sign-in form")


def _sign_in(target: Target, visitor: Visitor) -> None:
    if not target.logins:
        raise Unexpected("the sample data brought no logins")
    login = target.logins[0]
    page = visitor.get("/accounts/login/").submit(with_field="login", login=login.email, password=login.password)
    _expect(page.status == 200, f"after signing in the page answers {page.status}")
    _expect("/accounts/login/" not in page.url, "the password was not accepted")


def _expect(fact: bool, otherwise: str) -> None:
    if not fact:
        raise Unexpected(otherwise)


STEPS: list[tuple[str, Step]] = [
    ("Web server and its services are healthy", _health),
    ("Mailbox can be opened", _mailbox),
    ("Sign-in page has its form", _sign_in_page),
    ("Signing in", _sign_in),
]
