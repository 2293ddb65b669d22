"""Croissant metadata of a cohort folder: what search engines and ML tools read of a dataset.

Source: Croissant Format Specification 1.0, ML Commons.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

from gaitcast.atomic import write_text
from gaitcast.errors import GaitcastError
from gaitcast.io.metadata_tables import as_value, read_rows

FILE = "croissant.json"
_TABLES = ("subjects.csv", "events.csv", "recordings.csv", "channels.csv")
_FORMATS = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet"}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def write_croissant(
    folder: str | Path, *, description: str, licence: str = "", url: str = "", citation: str = ""
) -> Path:
    """Write Croissant metadata into a cohort folder.

    Parameters
    ----------
    folder : str or Path
        From :func:`gaitcast.io.write_cohort`.
    description : str
        Of the recordings, in a line.
    licence, url, citation : str
        Of the data, as far as they are known.

    Returns
    -------
    Path
        ``croissant.json``: every file with its checksum, and the columns of every table.

    Raises
    ------
    GaitcastError
        If it is no cohort folder, or cannot be written.
    """
    folder = Path(folder)
    try:
        name = str(json.loads((folder / "cohort.json").read_text(encoding="utf-8"))["name"])
        recordings = sorted((folder / "recordings").iterdir())
        files = [folder / table for table in _TABLES] + recordings
        distribution = [_file_object(folder, path) for path in files]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GaitcastError("not a cohort folder", where=str(folder)) from error
    content = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": description,
        "license": licence or "not stated",
        "url": url or "https://example.org/not-published",
        "version": "1.0.0",
        "datePublished": datetime.date.today().isoformat(),
        **({"citeAs": citation} if citation else {}),
        "distribution": distribution,
        "recordSet": [_record_set(folder / table) for table in _TABLES],
    }
    write_text(folder / FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return folder / FILE


def _file_object(folder: Path, path: Path) -> dict[str, Any]:
    place = path.relative_to(folder).as_posix()
    return {
        "@type": "cr:FileObject",
        "@id": place,
        "name": place.replace("/", "-"),
        "contentUrl": place,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _FORMATS.get(path.suffix, "application/octet-stream"),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def _record_set(path: Path) -> dict[str, Any]:
    columns, rows = read_rows(path)
    name = path.stem
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": f"{name}/{column}",
                "dataType": _data_type([row.get(column, "") for row in rows]),
                "source": {"fileObject": {"@id": path.name}, "extract": {"column": column}},
            }
            for column in columns
        ],
    }


def _data_type(cells: list[str]) -> str:
    values = [as_value(cell) for cell in cells]
    known = [value for value in values if value is not None]
    return "sc:Float" if known and all(isinstance(v, float) for v in known) else "sc:Text"
