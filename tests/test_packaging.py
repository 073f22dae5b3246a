"""What the container's files promise: options that exist, extras that exist, and as few rights as will do."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from rumorscope.cli import app

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service: dict[str, Any] = compose["services"]["rumorscope"]
    return service


def _default_command() -> list[str]:
    command: list[str] = json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
    return command


def _options(command: str) -> set[str]:
    group = typer.main.get_command(app)
    assert hasattr(group, "commands")
    return {option for parameter in group.commands[command].params for option in parameter.opts}


def test_the_container_starts_the_service_with_options_that_it_has() -> None:
    command, *arguments = _default_command()
    assert command == "serve"
    assert {word for word in arguments if word.startswith("--")} <= _options("serve")


def test_the_image_installs_extras_that_exist() -> None:
    (extras,) = re.findall(r'pip install "\.\[(.+)\]"', DOCKERFILE)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def test_the_image_copies_files_that_exist_and_are_not_ignored() -> None:
    copied = [
        name
        for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    ]
    kept = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split("!")[1:])
    assert copied
    assert all((ROOT / name).exists() for name in copied)
    assert {Path(name).name for name in copied} <= {name.split()[0] for name in kept}


def test_the_container_may_do_little(service: dict[str, Any]) -> None:
    assert re.search(r"^USER (?!root|0)\d+:\d+$", DOCKERFILE, re.MULTILINE)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert all(mount.startswith("/tmp") for mount in service["tmpfs"])


def test_the_container_is_given_the_keys_that_the_service_reads(service: dict[str, Any]) -> None:
    arguments = _default_command()
    keys = Path(arguments[arguments.index("--keys") + 1])
    assert keys == Path("/run/secrets") / service["secrets"][0]


def test_docker_waits_longer_than_the_service_takes_to_stop(service: dict[str, Any]) -> None:
    from rumorscope.service.settings import Settings

    grace = int(service["stop_grace_period"].removesuffix("s"))
    assert grace > Settings().shutdown_seconds
