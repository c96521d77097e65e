"""A request -> the page, or a refusal: only the names that the page is served under, and only its own pages, come in.

A page of another site can make a browser send requests here, and a name of its own that it points at this machine (DNS
rebinding) makes them look as if they came from here. So the name has to be one of Streamlit's `server.allowedHosts`,
and a page that speaks to this one has to come from it. What comes in leaves with headers that keep other sites from
framing the page, and the page from calling anybody.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit writes styles into the page, begins with a script in it, and makes components from text ("blob:").
_CONTENT = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline' blob:",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _CONTENT,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_POLICY_VIOLATION = 1008  # of WebSocket: RFC 6455, section 7.4.1


class Gate:
    """ASGI middleware around the whole page."""

    def __init__(self, app: ASGIApp) -> None:
        """Let through to `app`."""
        self._app = app
        self._hosts = frozenset(host.strip().lower() for host in st.get_option("server.allowedHosts"))
        self._origins = frozenset(origin.strip() for origin in st.get_option("server.corsAllowedOrigins"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it before anything else looks at it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if not refusal:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "Not from this page."})
        else:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, _with_headers(send))

    def _refusal(self, headers: Headers) -> str:
        """Why a request is not let in; nothing if it is."""
        host = headers.get("host", "")
        name = _name(host)
        if name not in self._hosts:
            return (
                "This page is not served under the name in the address.\n"
                "Open it under one that it is served under, or allow this one: assistant chat --allow-host NAME\n"
            )
        origin = headers.get("origin")
        if origin is None or origin in self._origins or urlsplit(origin).netloc.lower() == host.lower():
            return ""
        return "Another site's page asked for this; only the page itself may.\n"


def _name(host: str) -> str:
    """The name in a Host header, without its port; empty where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return sending
