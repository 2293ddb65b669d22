"""XML without document types: no entity can grow in memory or name another file."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser


class NoDoctype(TreeBuilder):
    """Builds a tree, and refuses a document type."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        """Raise.

        Raises
        ------
        ValueError
            Always: recordings need no document type.
        """
        raise ValueError("its XML has a document type, which is not read")


def parse_xml(text: bytes) -> Element:
    """Tree of a small XML text.

    Raises
    ------
    ValueError
        If it is damaged or has a document type.
    """
    parser = XMLParser(target=NoDoctype())
    try:
        parser.feed(text)
        return parser.close()
    except ParseError as error:
        raise ValueError(f"its XML is damaged: {error}") from error


def local_name(tag: str) -> str:
    """A tag without its name space."""
    return tag.rpartition("}")[2]
