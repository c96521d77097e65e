"""Settings and a port -> the running chat page."""

from __future__ import annotations

import importlib.util
import os
import runpy
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from assistant.errors import AssistantError, InputError
from assistant.settings import Settings, variable

ADDRESS = "127.0.0.1"  # the page knows no users: it is for the person at this machine
OWN_HOSTS = ("localhost", ADDRESS)
FIRST_FREE_FOR_ALL = 1024  # ports below belong to the administrator
SECURITY_OPTIONS = (
    f"--server.address={ADDRESS}",
    "--server.baseUrlPath=",
    "--server.enableCORS=true",
    "--server.enableXsrfProtection=true",
    "--server.xsrfCookieSameSite=lax",
    "--server.trustedUserHeaders={}",
    "--server.enableStaticServing=false",
    "--server.enableAgentApi=false",
    "--server.scriptHealthCheckEnabled=false",
    "--server.headless=true",
    "--server.showEmailPrompt=false",
    "--server.fileWatcherType=none",
    "--server.runOnSave=false",
    "--server.maxUploadSize=1",
    "--browser.gatherUsageStats=false",
    f"--browser.serverAddress={ADDRESS}",
    "--client.showErrorDetails=none",
    "--client.toolbarMode=minimal",
    "--runner.magicEnabled=false",
    "--global.developmentMode=false",
    "--logger.level=info",
)
"""What the page's safety rests on. On the command line, for there it wins over every file and variable."""


def check_port(port: int) -> None:
    """See that the page can be served there.

    Raises:
        InputError: the port is taken, or not for this user; the next free one is named.
    """
    try:
        _bind(port)
    except PermissionError:
        raise InputError(f"Port {port} is not for ordinary users.", _choose(max(port, FIRST_FREE_FOR_ALL))) from None
    except OSError:
        raise InputError(
            f"Port {port} of this machine is taken by another program (perhaps a chat that is still running).",
            _choose(port + 1),
        ) from None


def _bind(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((ADDRESS, port))


def _choose(first: int) -> str:
    """Which port to choose instead, `first` or the next one that is free."""
    for port in range(first, 65_536):
        with suppress(OSError):
            _bind(port)
            return f"Choose another one: assistant chat --port {port}   (or: make chat PORT={port})"
    return "Choose a lower one: assistant chat --port PORT   (or: make chat PORT=…)"


def as_environment(settings: Settings) -> dict[str, str]:
    """All that is set, as the variables from which the same settings come in any folder."""
    said = {name: value for name, value in settings if value is not None}
    return {variable(name): _text(value) for name, value in said.items()}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.absolute()) if isinstance(value, Path) else str(value)


def serve(settings: Settings, port: int, hosts: Sequence[str] = ()) -> None:
    """Serve the chat page until it is ended.

    `hosts` are names beside localhost that it may be opened under, such as that of a proxy in front of it.

    Raises:
        AssistantError: the package `ui` is not installed.
        SettingsError: the user has not allowed what the folder's file says.
    """
    settings.check_allowed(*settings.of_file)
    found = importlib.util.find_spec("ui")
    if found is None or not found.submodule_search_locations:
        raise AssistantError("The chat page is not installed.", "Install it anew: make clean && make chat")
    app = Path(found.submodule_search_locations[0]) / "app.py"
    os.environ.update(as_environment(settings))
    sys.stdout.write(f"The chat is at http://{ADDRESS}:{port}   (end it with Ctrl-C)\n")
    sys.stdout.flush()
    # Streamlit takes options and secrets from the folder one stands in, which may be anybody's: it stands in its own.
    os.chdir(app.parent)
    # In this very process: what indexing has imported, seconds of it, the first page need not import again.
    # How the page looks stands in ui/.streamlit/config.toml.
    allowed = [f"--server.allowedHosts={host}" for host in (*OWN_HOSTS, *hosts)]
    sys.argv = ["streamlit", "run", str(app), f"--server.port={port}", *SECURITY_OPTIONS, *allowed]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
