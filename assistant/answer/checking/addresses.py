"""A claim and its sources -> the address in it that they do not give: of a page, of a mailbox, or a mere domain."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"(?<!\w)(?:https?://|www\.)[^\s<>\"“”]{1,500}"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,100}"
    r"|(?<![\w@./-])(?:[a-z0-9-]{2,63}\.){1,6}[a-z]{2,24}(?![\w@-])(?:/[^\s<>\"“”]{0,500})?",
    re.IGNORECASE,
)
_AT_ITS_END = ".,;:!?)]}’'…。，"


def addresses_in(text: str) -> list[str]:
    """The addresses in a text as they are written, each once; "amount.The", of a forgotten space, is none."""
    found = (match[0].rstrip(_AT_ITS_END) for match in _ADDRESS.finditer(text))
    return [address for address in dict.fromkeys(found) if not re.search(r"[a-z]\.[A-Z][a-z]*$", address)]


def missing_address(claim: str, known: str) -> str | None:
    """The first address of a claim that does not stand in `known`; None if all do."""
    folded = known.casefold()
    return next((address for address in addresses_in(claim) if address.casefold() not in folded), None)
