"""`demo --smoke`: walks the product over HTTP as a person would, a line per step."""

from ecrm.bootstrap import smoke_cases, smoke_path, smoke_visits
from ecrm.bootstrap.logins import Login
from ecrm.bootstrap.smoke_target import Step, Target, Unexpected
from ecrm.bootstrap.smoke_target import expect as _expect
from ecrm.bootstrap.steps import Steps
from ecrm.bootstrap.visitor import Visitor


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


def _sign_in_code(target: Target, visitor: Visitor) -> None:
    """Through the account mails' own transport, the SMTP server and its log."""
    address = _first_login(target).email
    stranger = Visitor(target.base_url)
    page = stranger.get("/accounts/login/code/").submit(with_field="email", email=address)
    _expect(page.status == 200, f"asking for a code answers {page.status}")
    target.wait_for(f"the code's mail to {address}", lambda: bool(target.mails_to(address)))


def _sign_in(target: Target, visitor: Visitor) -> None:
    login = _first_login(target)
    page = visitor.get("/accounts/login/").submit(with_field="login", login=login.email, password=login.password)
    _expect(page.status == 200, f"after signing in the page answers {page.status}")
    _expect("/accounts/login/" not in page.url, "the password was not accepted")


def _first_login(target: Target) -> Login:
    if not target.logins:
        raise Unexpected("the sample data brought no logins")
    return target.logins[0]


STEPS: list[tuple[str, Step]] = [
    ("Web server and its services are healthy", _health),
    ("Mailbox can be opened", _mailbox),
    ("Sign-in page has its form", _sign_in_page),
    ("A sign-in code arrives by mail", _sign_in_code),
    ("Signing in", _sign_in),
    *smoke_path.steps(),
    *smoke_cases.steps(),
    *smoke_visits.steps(),
]
