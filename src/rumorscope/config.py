"""Typed settings, read from TOML, in which a misspelled key or an impossible value is an InputError."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from rumorscope.errors import InputError


class Settings(BaseModel):
    """The base of every configuration: immutable, and closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def parse(cls, values: Any, *, where: str = "configuration") -> Self:
        """Check plain values. Raises InputError that names the key, the value and what would work."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise InputError(_explain(cls, error, where)) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises InputError where it is missing or malformed."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the configuration {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}") from error


def _explain(cls: type[BaseModel], error: ValidationError, where: str) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key '{key}'{_did_you_mean(cls, problem['loc'])}")
        else:
            lines.append(f"{key or 'value'} = {problem.get('input')!r}: {problem['msg']}")
    return f"{where}: " + "; ".join(lines)


def _did_you_mean(cls: type[BaseModel], location: tuple[int | str, ...]) -> str:
    owner: Any = cls
    for part in location[:-1]:
        field = getattr(owner, "model_fields", {}).get(part)
        owner = field.annotation if field else None
    known = sorted(getattr(owner, "model_fields", {}))
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known keys: {', '.join(known)}" if known else ""
