"""How mkdocstrings reads the docstrings and classes of gaitcast."""

import ast
import re
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parents[2]
ROLE = re.compile(r":\w+:`(~?)([\w.]+)`")
#: What makes a class whose fields are its parameters, besides ``dataclasses.dataclass``.
FIELDS_BY = ("gaitcast.options.options", "gaitcast.study.schema.Strict")


def public_names() -> list[str]:
    """Names of ``gaitcast.__all__``, without importing it."""
    tree = ast.parse((ROOT / "src" / "gaitcast" / "__init__.py").read_text(encoding="utf-8"))
    lists = [n.value for n in tree.body if isinstance(n, ast.Assign) and "__all__" in ast.dump(n)]
    return ast.literal_eval(lists[0])


class Dataclass(griffe.ExprName):
    """The name of the decorator that griffe looks for."""

    canonical_path = "dataclasses.dataclass"


class Docstrings(griffe.Extension):
    """Cross-references become links, and classes of checked options show their parameters."""

    def __init__(self) -> None:
        self.public = public_names()

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Turn ``:class:`~gaitcast.Pipeline``` into a link or into code."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(self.link, obj.docstring.value)

    def on_class_members(self, *, cls: Any, **_: Any) -> None:
        """Let griffe take the fields of a class for its parameters."""
        makers = [d.value for d in cls.decorators] + cls.bases
        if any(getattr(maker, "canonical_path", "") in FIELDS_BY for maker in makers):
            made = griffe.Decorator(Dataclass("dataclass"), lineno=0, endlineno=0)
            cls.decorators.append(made)

    def link(self, found: re.Match) -> str:
        """What stands for one cross-reference."""
        shorter, path = found.groups()
        text = path.rpartition(".")[2] if shorter else path.removeprefix("gaitcast.")
        parts = path.removeprefix("gaitcast.").split(".")
        public = [k for k, part in enumerate(parts) if part in self.public]
        if public:
            return f"[`{text}`][gaitcast.{'.'.join(parts[public[0] :])}]"
        return f"`{text}`"
