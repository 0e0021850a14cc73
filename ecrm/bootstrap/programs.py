"""The processes of the product, as programs for the supervisor."""

import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from ecrm.bootstrap import ports
from ecrm.bootstrap.processes import Program
from ecrm.bootstrap.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
# Two groups, so that a long send or import never keeps a person waiting.
WORKERS = {
    "worker-quick": ("interactive,ingest,webhook", 2),
    "worker-bulk": ("send,import", 2),
}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def management(servers: Stack, *command: str) -> Program:
    """A `manage.py` command that runs to its end."""
    return _python(servers, command[0], str(ROOT / "manage.py"), *command)


def web(servers: Stack) -> Program:
    """granian, one connection per blocking thread kept by the settings."""
    port = _port(servers, "ECRM_BASE_URL")
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    options += ["--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "5"]
    options += ["--respawn-failed-workers"]
    return _python(
        servers,
        "web",
        *("-m", "granian", *options, "ecrm.wsgi:application"),
        is_ready=lambda: responds(f"http://127.0.0.1:{port}/healthz"),
    )


def workers(servers: Stack) -> list[Program]:
    """The Celery workers, the flusher of events and the ticking of beat."""
    found = [
        _celery(servers, name, "worker", "-Q", queues, "-c", str(count), "-n", f"{name}@ecrm", "--without-mingle")
        for name, (queues, count) in WORKERS.items()
    ]
    schedule = servers.data_dir / "beat-schedule"
    found.append(_python(servers, "flusher", str(ROOT / "manage.py"), "flush_events"))
    found.append(_celery(servers, "beat", "beat", "-s", str(schedule), "--pidfile="))
    return found


def catcher(servers: Stack) -> Program:
    """Takes every mail the product sends, and shows it."""
    smtp, http = _port(servers, "ECRM_RELAY_URL"), _port(servers, "ECRM_RELAY_LOG_URL")
    folder = servers.data_dir / "mail"
    folder.mkdir(exist_ok=True)
    return _python(
        servers,
        "mail-catcher",
        *("-m", "ecrm.mail.catcher", "--smtp-port", str(smtp), "--http-port", str(http), "--dir", str(folder)),
        is_ready=lambda: responds(f"http://127.0.0.1:{http}/"),
    )


def smtp_door(servers: Stack) -> Program:
    """Takes mail for the tenants' addresses; any SMTP client can write there."""
    port = ports.port_of(f"//{servers.values['ECRM_SMTP_DOOR']}")
    return _python(
        servers,
        "smtp-door",
        *(str(ROOT / "manage.py"), "smtp_door"),
        is_ready=lambda: not ports.is_free(port or 0),
    )


def demo_shop(servers: Stack, *, port: int) -> Program:
    """A site of the sample shop, on an origin of its own, whose visits reach eCRM."""
    return _python(
        servers,
        "demo-shop",
        *(str(ROOT / "manage.py"), "demo_shop", "--port", str(port)),
        is_ready=lambda: responds(f"http://127.0.0.1:{port}/"),
    )


def responds(url: str) -> bool:
    """Whether a web server answers there without an error of its own."""
    try:
        with _DIRECT.open(url, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def _celery(servers: Stack, name: str, *arguments: str) -> Program:
    return _python(servers, name, "-m", "celery", "-A", "ecrm", *arguments, "--loglevel", "INFO")


def _python(servers: Stack, name: str, *arguments: str, **options: object) -> Program:
    return Program(
        name=name,
        command=(sys.executable, *arguments),
        log=servers.log(name),
        environment=servers.child_environment(),
        directory=ROOT,
        stop_signal=signal.SIGTERM,
        **options,  # type: ignore[arg-type]
    )


def _port(servers: Stack, variable: str) -> int:
    port = ports.port_of(servers.values[variable])
    if port is None:
        raise ValueError(f"{variable} names no port")
    return port
