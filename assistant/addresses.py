"""The address of a server -> what may be shown of it: where it leads, without user, password or key."""

from __future__ import annotations

import re


def without_password(address: str) -> str:
    """The address with "…" for the user and the password before its host, and for a query, which may hold a key.

    What comes before the first slash is the host, as it is for who connects: an "@" further on hides none. In an
    address that is malformed, such as one with a slash in its password, more is left out rather than less.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        return f"…@{address.rpartition('@')[2]}" if "@" in address else address
    end = min((found for mark in "/?#" if (found := rest.find(mark)) >= 0), default=len(rest))
    _, at, host = rest[:end].rpartition("@")
    name, colon, port = host.rpartition(":")
    if colon and not port.isdigit() and not host.endswith("]"):
        host = f"{name}:…"
    path, *query = re.split(r"[?#]", rest[end:], maxsplit=1)
    path = "/…" if "@" in path else path
    return f"{scheme}://{'…@' if at else ''}{host}{path}{'?…' if query else ''}"
