"""OpenSim's external loads: which set of ground forces acts on which foot, as XML in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from gaitcast.atomic import write_text
from gaitcast.errors import GaitcastError
from gaitcast.io.safe_xml import local_name, parse_xml

_BODIES = {
    "calcn_r": "right", "calcn_l": "left", "calcaneus_r": "right", "calcaneus_l": "left",
    "foot_r": "right", "foot_l": "left", "toes_r": "right", "toes_l": "left", "talus_r": "right",
    "talus_l": "left",
}  # fmt: skip
_MOST_BYTES = 2**20
_MOST_FILES = 100


@dataclass(frozen=True)
class ExternalLoads:
    """What an external-loads file says.

    Parameters
    ----------
    datafile : str
        Name of the file of the forces, without its folder.
    sides : dict of str to str
        Begin of the names of a force's columns (``"1_ground_force_v"``) -> ``left`` or ``right``.
    """

    datafile: str
    sides: Mapping[str, str]


def read_external_loads(path: str | Path) -> ExternalLoads | None:
    """Read external loads.

    Parameters
    ----------
    path : str or Path
        XML.

    Returns
    -------
    ExternalLoads or None
        None if the file is another kind of XML.

    Raises
    ------
    GaitcastError
        If it cannot be read, is damaged or has a document type.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        root = parse_xml(path.read_bytes())
    except (OSError, ValueError) as error:
        raise GaitcastError(
            f"cannot read the external loads: {getattr(error, 'strerror', None) or error}",
            where=str(path),
        ) from error
    found = next((e for e in root.iter() if local_name(e.tag) == "ExternalLoads"), None)
    if found is None:
        return None
    datafile = next((e.text or "" for e in found if local_name(e.tag) == "datafile"), "")
    sides = {}
    for force in found.iter():
        if local_name(force.tag) != "ExternalForce":
            continue
        says = {local_name(e.tag): (e.text or "").strip() for e in force}
        ground = says.get("force_expressed_in_body", "ground") in ("ground", "/ground")
        side = _BODIES.get(says.get("applied_to_body", "").rsplit("/", 1)[-1].lower(), "")
        if side and ground and says.get("force_identifier"):
            sides[says["force_identifier"]] = side
    return ExternalLoads(Path(datafile.strip().replace("\\", "/")).name, sides)


def loads_of(path: str | Path) -> ExternalLoads | None:
    """The external loads that name a file of forces, beside it or in the folder above.

    Parameters
    ----------
    path : str or Path
        Of the forces.

    Returns
    -------
    ExternalLoads or None
        None if no file names it.
    """
    path = Path(path)
    folders = (path.parent, path.absolute().parent.parent)
    for place in [xml for folder in folders for xml in _sorted_xml(folder)]:
        try:
            found = read_external_loads(place)
        except GaitcastError:
            continue
        if found is not None and found.datafile == path.name:
            return found
    return None


def _sorted_xml(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.xml"))[:_MOST_FILES]


def write_external_loads(path: str | Path, datafile: str, sides: Iterable[str]) -> None:
    """Write external loads for the forces that :func:`gaitcast.io.write_mot` writes.

    Parameters
    ----------
    path : str or Path
        XML; replaced if it exists.
    datafile : str
        Name of the file of the forces.
    sides : iterable of str
        Of the plates in it, ``left`` or ``right``.

    Raises
    ------
    GaitcastError
        If it cannot be written.
    """
    forces = "\n".join(_FORCE.format(side=side, letter=side[0]) for side in sides)
    write_text(Path(path), _DOCUMENT.format(forces=forces, datafile=escape(datafile)))


_FORCE = """\
\t\t\t<ExternalForce name="{side}">
\t\t\t\t<applied_to_body>calcn_{letter}</applied_to_body>
\t\t\t\t<force_expressed_in_body>ground</force_expressed_in_body>
\t\t\t\t<point_expressed_in_body>ground</point_expressed_in_body>
\t\t\t\t<force_identifier>ground_force_{letter}_v</force_identifier>
\t\t\t\t<point_identifier>ground_force_{letter}_p</point_identifier>
\t\t\t\t<torque_identifier>ground_torque_{letter}_</torque_identifier>
\t\t\t</ExternalForce>"""
_DOCUMENT = """\
<?xml version="1.0" encoding="UTF-8" ?>
<OpenSimDocument Version="40000">
\t<ExternalLoads name="externalloads">
\t\t<objects>
{forces}
\t\t</objects>
\t\t<datafile>{datafile}</datafile>
\t</ExternalLoads>
</OpenSimDocument>
"""
