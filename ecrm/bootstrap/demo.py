"""`manage.py demo`: the whole product on this machine, with people and history to try it on."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ecrm.bootstrap import environment, ports, postgres, programs, redis, schema, smoke, stack
from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.logins import Login, read_logins
from ecrm.bootstrap.processes import tail
from ecrm.bootstrap.smoke_target import Target
from ecrm.bootstrap.steps import Steps
from ecrm.bootstrap.supervisor import ChildFailed, Stopped, Supervisor

ROOT = Path(__file__).resolve().parents[2]
WEB, SMTP, MAILBOX, DOOR, SHOP = 8000, 2525, 8025, 2526, 8080


def main(arguments: Sequence[str]) -> int:
    """Parse the command line and run until stopped; returns the exit code."""
    options = _parse(arguments)
    if not options.smoke:
        return _run(options, options.data_dir.resolve())
    folder = Path(tempfile.mkdtemp(prefix="ecrm-smoke-"))
    folder.chmod(0o755)  # for the user PostgreSQL runs as
    code = _run(options, folder / "demo")
    if code == 0:
        stack.erase(folder / "demo")
        shutil.rmtree(folder)
    else:
        print(f"The logs are kept in {folder / 'demo' / 'logs'}")
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py demo", description=__doc__)
    parser.add_argument("--port", type=int, help=f"web port (usually {WEB})")
    parser.add_argument(
        "--data-dir", type=Path, default=ROOT / ".demo", help="where everything is kept (usually .demo)"
    )
    parser.add_argument("--fresh", action="store_true", help="delete the data of last time first")
    parser.add_argument("--no-sample", action="store_true", help="start with empty tables")
    parser.add_argument(
        "--smoke", action="store_true", help="try it out in a temporary folder, then stop; exit code 0 or 1"
    )
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, data_dir: Path) -> int:
    steps = Steps()
    supervisor = Supervisor(say=steps.say, record=stack.record_of(data_dir))
    with stack.only_user_of(data_dir), supervisor.listening():
        try:
            return Demo(data_dir, supervisor, steps, options).run()
        except Stopped:
            return 130 if options.smoke else 0
        except ChildFailed as failure:
            steps.say(f"\n{failure}\n")
            return 1
        finally:
            if supervisor.is_running:
                with steps.step("Stopping everything"):
                    supervisor.stop()


class Demo:
    """One run of the demo in one data directory, whose lock is held."""

    def __init__(self, data_dir: Path, supervisor: Supervisor, steps: Steps, options: argparse.Namespace) -> None:
        self._data_dir = data_dir
        self._supervisor = supervisor
        self._steps = steps
        self._options = options
        self._shop = ""

    def run(self) -> int:
        redis.server()  # says what to install before anything is started
        self._clear_away()
        servers = stack.Stack(self._data_dir, self._supervisor, settings=postgres.SAFE, database="ecrm")
        self._choose_addresses(servers)
        self._start_servers(servers)
        self._start_product(servers)
        if self._options.smoke:
            return self._try_out(servers)
        self._welcome(servers)
        self._supervisor.watch()
        return 0

    def _clear_away(self) -> None:
        self._steps.say(f"eCRM demo in {self._data_dir}")
        leftover = stack.record_of(self._data_dir).end_leftovers()
        if leftover:
            self._steps.say(f"  Ended {leftover} processes of an earlier run that was killed.")
        if self._options.fresh:
            with self._steps.step("Deleting the data of last time"):
                stack.erase(self._data_dir)

    def _choose_addresses(self, servers: stack.Stack) -> None:
        web = self._web_port(servers)
        smtp = self._usual_port(SMTP, taken=frozenset({web}))
        mailbox = self._usual_port(MAILBOX, taken=frozenset({web, smtp}))
        servers.values |= environment.for_web(port=web, files=self._data_dir / "files")
        # Nobody sets up a second factor to look at a demo.
        servers.values["ECRM_STAFF_SECOND_FACTOR"] = "0"
        servers.values |= environment.for_mail(smtp_port=smtp, http_port=mailbox)
        door = self._usual_port(DOOR, taken=frozenset({web, smtp, mailbox}))
        servers.values |= environment.for_inbound(door_port=door)

    def _web_port(self, servers: stack.Stack) -> int:
        """The asked one or nothing; else the one of last time, the usual one, or a free one."""
        asked: int | None = self._options.port
        if asked is None:
            last = ports.port_of(servers.values.get("ECRM_BASE_URL", ""))
            return last if last and ports.reserve(last) else self._usual_port(WEB)
        if not ports.reserve(asked):
            raise BootstrapError(f"Port {asked} is in use. Choose another with --port, or leave it out.")
        return asked

    def _usual_port(self, usual: int, *, taken: frozenset[int] = frozenset()) -> int:
        return ports.choose(None if self._options.smoke else usual, taken=taken)

    def _start_servers(self, servers: stack.Stack) -> None:
        with self._steps.step("Starting PostgreSQL 18"):
            servers.start_postgres()
        with self._steps.step("Starting Redis"):
            servers.start_redis()
        with self._steps.step("Starting the mail catcher"):
            self._supervisor.start(programs.catcher(servers))
        servers.save()

    def _start_product(self, servers: stack.Stack) -> None:
        self._migrate(servers)
        with self._steps.step("Starting the web server"):
            self._supervisor.start(programs.web(servers))
        self._load_sample(servers)
        with self._steps.step("Starting the workers"):
            for program in programs.workers(servers):
                self._supervisor.start(program)
        with self._steps.step("Opening the door for mail"):
            self._supervisor.start(programs.smtp_door(servers))
        if self._logins_file().exists():
            self._shop = f"http://localhost:{self._start_shop(servers)}"

    def _start_shop(self, servers: stack.Stack) -> int:
        port = self._usual_port(SHOP)
        with self._steps.step("Opening the demo shop"):
            self._supervisor.start(programs.demo_shop(servers, port=port))
        return port

    def _migrate(self, servers: stack.Stack) -> None:
        stamp = self._data_dir / "migrated"
        wanted = schema.wanted()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        with self._steps.step("Bringing the tables up to date"):
            self._supervisor.run_step(programs.management(servers, "migrate", "--database", "migrate"))
            stamp.write_text(wanted)

    def _load_sample(self, servers: stack.Stack) -> None:
        logins = self._logins_file()
        if self._options.no_sample or logins.exists():
            return
        unfinished = logins.with_suffix(".new")
        with self._steps.step("Loading sample data"):
            command = programs.management(servers, "seed", "--sample", "--logins-json", str(unfinished))
            self._supervisor.run_step(command)
            unfinished.rename(logins)

    def _logins_file(self) -> Path:
        return self._data_dir / "logins.json"

    def _try_out(self, servers: stack.Stack) -> int:
        target = Target(
            base_url=servers.values["ECRM_BASE_URL"],
            mailbox_url=servers.values["ECRM_RELAY_LOG_URL"],
            logins=tuple(read_logins(self._logins_file())),
            watch=self._supervisor.tend,
            shop_url=self._shop,
            door=servers.values["ECRM_SMTP_DOOR"],
            inbound_domain=servers.values["ECRM_INBOUND_DOMAIN"],
        )
        if smoke.run(target, self._steps):
            return 0
        self._steps.say(f"\nThe web server's log ends:\n{tail(servers.log('web'))}")
        return 1

    def _welcome(self, servers: stack.Stack) -> None:
        say = self._steps.say
        say(f"\neCRM is ready after {self._steps.seconds():.1f} s.\n")
        say(f"  eCRM      {servers.values['ECRM_BASE_URL']}")
        say(f"  Mailbox   {servers.values['ECRM_RELAY_LOG_URL'].replace('127.0.0.1', 'localhost')}")
        if self._shop:
            say(f"  Shop      {self._shop} (a customer's side: its visits arrive here)")
        self._tell_addresses(servers)
        for login in read_logins(self._logins_file()):
            say(f"  Sign in   {login}")
        say(f"\n  Logs are in {self._data_dir / 'logs'}")
        say("  Ctrl-C stops everything; the data stays for next time.\n")

    def _tell_addresses(self, servers: stack.Stack) -> None:
        """Where a customer's mail would go; any SMTP client can send one."""
        door, domain = servers.values["ECRM_SMTP_DOOR"], servers.values["ECRM_INBOUND_DOMAIN"]
        slugs = {login.slug for login in read_logins(self._logins_file()) if login.slug}
        for slug in sorted(slugs) or ["<workspace>"]:
            self._steps.say(f"  Write to  support.{slug}@{domain}  by SMTP at {door}")


__all__ = ["Demo", "Login", "main"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
