"""What `mkdocs build` takes from outside docs/: README.md, linked files, the API reference.

Links in the pages are written as GitHub resolves them, so every page reads well there too.
Here README.md becomes the first page, a linked file or folder of the repository becomes a page
that shows it, and the names on docs/python.md lead to the API reference.
"""

import posixpath
import re
import runpy
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)]*)?\)")
PAGES_OUTSIDE = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md"}
sys.path.insert(0, str(ROOT / "src"))  # names only: nothing of it is imported
NAMES = runpy.run_path(str(ROOT / "docs" / "make_python_page.py"))["names"]


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in docs/, with links that lead somewhere on the site."""
    for place, uri in PAGES_OUTSIDE.items():
        text = (ROOT / place).read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=text))
    for uri, text in reference().items():
        files.append(File.generated(config, uri, content=text))
    for file in [*files.documentation_pages()]:
        for _, target, _ in LINK.findall(file.content_string):
            place = repository_path(file.src_uri, target)
            uri = site_path(place)
            if uri.startswith("source/") and files.get_file_from_path(uri) is None:
                files.append(File.generated(config, uri, content=shown(ROOT / place)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn the links of a page into those of the site."""
    own = page.file.src_uri
    if own == "python.md":
        places = {
            name: f"reference/{slug(heading)}.md#gaitcast.{name}" for heading, name in NAMES()
        }
        for name, place in places.items():
            markdown = re.sub(rf"\[`{name}`\]\([^)]*\)", f"[`{name}`]({place})", markdown)

    def changed(found: re.Match) -> str:
        begin, target, anchor = found.groups()
        if "://" in target or target.startswith("mailto:"):
            return found.group()
        uri = site_path(repository_path(own, target))
        path = posixpath.relpath(uri, posixpath.dirname(own) or ".")
        return f"{begin}{path}{anchor or ''})"

    return markdown if own.startswith("source/") else LINK.sub(changed, markdown)


def repository_path(uri: str, target: str) -> str:
    """Where a link of a page leads in the repository; empty for the address of another site."""
    if "://" in target or target.startswith("mailto:"):
        return ""
    outside = {site: place for place, site in PAGES_OUTSIDE.items()}
    own = PurePosixPath(outside.get(uri, f"docs/{uri}"))
    return posixpath.normpath(str(own.parent / target))


def site_path(place: str) -> str:
    """The page or file of the site that stands for a file or folder of the repository."""
    if place in PAGES_OUTSIDE:
        return PAGES_OUTSIDE[place]
    if place.startswith("docs/"):
        return place.removeprefix("docs/")
    if not (place and (ROOT / place).exists()):
        return place  # a warning of mkdocs, so an error
    return f"source/{place}/index.md" if (ROOT / place).is_dir() else f"source/{place}.md"


def shown(path: Path) -> str:
    """A page that shows a file, or what a folder holds."""
    title = f"# `{path.relative_to(ROOT).as_posix()}`\n\n"
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.is_file())
        return title + "\n\n".join(
            f"## {p.name}\n\n{fenced(p)}" for p in inside if p.suffix != ".png"
        )
    return title + fenced(path)


def fenced(path: Path) -> str:
    """A file as a block of code."""
    kind = {".py": "python", ".mjs": "js", ".toml": "toml", ".cpp": "cpp"}.get(path.suffix, "text")
    return f"````{kind}\n{path.read_text(encoding='utf-8')}````\n"


def slug(heading: str) -> str:
    """The file name of a heading's page."""
    return heading.lower().replace(" ", "-")


def reference() -> dict[str, str]:
    """Pages of the API reference: one for each heading of docs/python.md."""
    pages: dict[str, str] = {}
    for heading, name in NAMES():
        begun = pages.setdefault(f"reference/{slug(heading)}.md", f"# {heading}\n")
        pages[f"reference/{slug(heading)}.md"] = f"{begun}\n::: gaitcast.{name}\n"
    return pages
