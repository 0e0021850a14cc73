"""docker-compose.yml without docker: what it names exists, and it says all that settings read."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from django.core.management import get_commands

from ecrm.jobs.queues import Queue

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OWN_EXAMPLE = (ROOT / ".env.example").read_text()
APP_EXAMPLE = (ROOT / "app.env.example").read_text()
VARIABLE = re.compile(r"\$\{(\w+)")
OFFICIAL = {"postgres", "redis", "caddy"}
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
# Set by nobody in production, and why.
LEFT_OUT = {
    "ECRM_DEBUG": "never in production",
    "ECRM_STATIC_FROM_SOURCE": "the image serves its own folders",
    "ECRM_STATIC_ROOT": "only for collectstatic",
}

each_of_ours = pytest.mark.parametrize("name", sorted(OURS))


def read_by_settings() -> tuple[set[str], set[str]]:
    """Every variable ``ecrm/settings.py`` asks for, and those without a default."""
    every, needed = set(), set()
    for node in ast.walk(ast.parse((ROOT / "ecrm" / "settings.py").read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "env"
        ):
            name = ast.literal_eval(node.args[0])
            every.add(name)
            if "default" not in {keyword.arg for keyword in node.keywords}:
                needed.add(name)
    return every, needed


def given_to(name: str) -> set[str]:
    return set(OURS[name]["environment"]) | names_in(APP_EXAMPLE) | set(re.findall(r"(ECRM_\w+)=", DOCKERFILE))


def names_in(example: str, *, also_commented: bool = False) -> set[str]:
    return set(re.findall(r"^#?(\w+)=" if also_commented else r"^(\w+)=", example, re.MULTILINE))


def test_settings_are_read_as_this_test_believes() -> None:
    every, needed = read_by_settings()
    assert {"ECRM_SECRET_KEY", "ECRM_DATABASE_URL", "ECRM_MIGRATE_DATABASE_URL"} <= needed < every


@each_of_ours
def test_every_service_gets_what_settings_need(name: str) -> None:
    _every, needed = read_by_settings()
    migrates = "ECRM_MIGRATE_DATABASE_URL"
    assert needed - {migrates} <= given_to(name)
    assert (migrates in given_to(name)) == (name == "migrate"), "only migrations run as the owner"


def test_every_setting_can_be_given_and_nothing_else() -> None:
    every, _needed = read_by_settings()
    every |= {"ECRM_NO_BOOTSTRAP"}
    told = {variable for name in OURS for variable in given_to(name)} | names_in(APP_EXAMPLE, also_commented=True)
    ours = {variable for variable in told if variable.startswith("ECRM_")}
    assert ours == every - set(LEFT_OUT)
    assert set(LEFT_OUT) <= every


def test_every_documented_variable_is_read_and_the_other_way_round() -> None:
    every, _needed = read_by_settings()
    documented = set(re.findall(r"^\| `(ECRM_\w+)`", (ROOT / "docs" / "configuring.md").read_text(), re.MULTILINE))
    assert documented == every | {"ECRM_NO_BOOTSTRAP"}


def test_what_compose_asks_of_env_is_in_its_example() -> None:
    asked = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text()))
    assert asked == names_in(OWN_EXAMPLE)


def test_no_container_but_the_database_knows_all_passwords() -> None:
    for name, service in OURS.items():
        assert service["env_file"] == "app.env"
        assert {"POSTGRES_PASSWORD", "MIGRATE_PASSWORD"}.isdisjoint(service["environment"]), name


def test_make_env_writes_an_environment_that_works(tmp_path: Path) -> None:
    for path in (".env.example", "app.env.example", "deploy/make-env.sh"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    call = ["sh", "deploy/make-env.sh", "crm.acme.example"]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    own, app = (dict(re.findall(r"^(\w+)=(.*)$", (tmp_path / name).read_text(), re.M)) for name in (".env", "app.env"))
    assert own["CRM_HOST"] == "crm.acme.example"
    assert "" not in {**own, **app}.values()
    assert len({own[name] for name in own}) == len(own)
    Fernet(app["ECRM_FIELD_KEYS"])
    assert len(bytes.fromhex(app["ECRM_SUPPRESSION_KEY"])) == 32
    assert (tmp_path / "app.env").stat().st_mode & 0o077 == 0
    assert subprocess.run(call, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def test_images_are_the_official_ones() -> None:
    others = {service["image"].partition(":")[0] for name, service in SERVICES.items() if name not in OURS}
    assert others == OFFICIAL


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_watched_unless_it_ends(name: str) -> None:
    service = SERVICES[name]
    assert ("healthcheck" in service) == (service["restart"] != "no")
    for other, when in service.get("depends_on", {}).items():
        assert when["condition"] in {"service_healthy", "service_completed_successfully"}
        assert other in SERVICES


@each_of_ours
def test_commands_exist(name: str) -> None:
    commands = [OURS[name].get("command"), OURS[name].get("healthcheck", {}).get("test", [])[1:]]
    for command in filter(None, commands):
        assert command[0] in {"python", "celery"}
        if command[:2] == ["python", "manage.py"]:
            assert command[2] in get_commands()


def test_every_queue_has_its_worker_and_beat_is_one() -> None:
    queues = [
        queue
        for service in OURS.values()
        if "-Q" in service.get("command", [])
        for queue in service["command"][service["command"].index("-Q") + 1].split(",")
    ]
    assert sorted(queues) == sorted(queue.value for queue in Queue)
    beats = [service for service in OURS.values() if "beat" in service.get("command", [])]
    assert len(beats) == 1
    assert "deploy" not in beats[0]


def test_volumes_and_mounted_files_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert (ROOT / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"]


def test_what_the_image_copies_exists_and_is_all_of_it() -> None:
    copied = {line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("COPY") and "--from" not in line}
    assert all((ROOT / path).exists() for path in copied)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_in == copied
    rooms = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert rooms <= copied


def test_the_image_runs_as_nobody_special_with_locked_packages() -> None:
    assert re.search(r"^USER ecrm$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert "--hash=sha256:" in (ROOT / "requirements" / "base.txt").read_text()


def test_caddy_leads_to_the_web_service() -> None:
    upstream = re.search(r"reverse_proxy (\w+):(\d+)", (ROOT / "deploy" / "Caddyfile").read_text())
    assert upstream
    assert upstream[1] in OURS
    assert f'"--port", "{upstream[2]}"' in DOCKERFILE
