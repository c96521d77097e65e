"""The address of a server -> where it leads, apart from user and password; and what may be shown of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and what it is told of who asks; the two apart, for logs and errors hold the first."""

    url: str
    """Without user and password."""
    host: str
    """With its port, where it has one: "127.0.0.1:11434"."""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    """User and password, where the address holds them."""

    @property
    def password(self) -> str:
        """What must never be shown, "" where there is none."""
        return password_in(self.headers)


def read_address(text: str) -> Address:
    """The address of a server as it was set.

    Raises:
        SettingsError: it is none; no password is in the message.
    """
    import httpx  # which connects there, and so says what the host is; it takes a while

    try:
        url = httpx.URL(text.strip())
        usable = url.scheme in ("http", "https") and url.host
    except httpx.InvalidURL:
        usable = False
    if not usable:
        raise SettingsError(
            f"OPENAI_BASE_URL is not the address of a server: {without_password(text.strip())!r}.",
            "Set it to something like http://localhost:8080/v1",
        )
    host = f"{url.host}:{url.port}" if url.port else url.host
    user = f"{url.username}:{url.password}"
    headers = {} if user == ":" else {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    return Address(str(url.copy_with(userinfo=b"")), host, headers)


def password_in(headers: Mapping[str, str]) -> str:
    """The password that a server is told in these headers; "" where there is none."""
    scheme, _, said = headers.get("Authorization", "").partition(" ")
    return base64.b64decode(said).decode().partition(":")[2] if scheme == "Basic" else ""


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
