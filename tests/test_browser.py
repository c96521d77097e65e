"""The chat page in a real Chromium: over the built-in sample as a user gets it, and over a small nasty library."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from assistant import Conversations, load_settings
from assistant.ingest.sync.sync import make_plan, sync
from assistant.search.embedding import open_embedder
from assistant.search.index import open_for_writing

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "assistant" / "sample" / "documents"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install one, or name it in CHROMIUM"),
]


@contextmanager
def serving(script, data_dir, library):
    """Run the page as the launcher does, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ASSISTANT_", "OPENAI_"))}
    environment |= {
        "ASSISTANT_DATA_DIR": str(data_dir),
        "ASSISTANT_LIBRARY": library,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        "HOME": str(data_dir),
    }
    log = (data_dir / "server.log").open("w")
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT / "ui", env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def wait_for(address, server):
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the page was not served within a minute")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The real page over the built-in sample: its address and its stored chats."""
    settings = load_settings(data_dir=tmp_path_factory.mktemp("sample"), library="sample")
    with open_for_writing(settings.library_dir, open_embedder(settings)) as index:
        sync(make_plan([SAMPLE], index, settings.passage_characters), index, settings.passage_characters)
    with serving(ROOT / "ui" / "app.py", settings.data_dir, "sample") as address:
        yield address, Conversations(settings.conversations_file)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    """The page over the fake library, whose documents hold everything that must not be interpreted."""
    with serving(ROOT / "tests" / "chat_app.py", tmp_path_factory.mktemp("nasty"), "nasty") as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def visiting(chromium, address, size=DESKTOP, scheme="light"):
    """A page that fails the test when anything is asked of another machine, or a script breaks."""
    context = chromium.new_context(viewport=size, color_scheme=scheme, has_touch=size is PHONE)
    page = context.new_page()
    trouble = []
    page.on("request", lambda request: trouble.append(request.url) if is_outside(request.url, address) else None)
    page.on("websocket", lambda s: trouble.append(s.url) if is_outside(s.url, address.replace("http", "ws")) else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.goto(address)
    yield page
    context.close()
    assert trouble == []


def is_outside(url, address):
    return not url.startswith((address, "data:", "blob:"))


def ask(page, question):
    box = page.get_by_placeholder("Ask your documents")
    box.fill(question)
    box.press("Enter")
    page.wait_for_url(re.compile(r"chat="))


def mark_in_view(page):
    """The text that is marked, once it is wholly inside the window and inside the panel's own scrolling text."""
    page.locator("mark").wait_for()
    page.wait_for_function(
        """() => {
            const find = (root) => root.querySelector("mark") ?? [...root.querySelectorAll("*")]
                .map((node) => node.shadowRoot && find(node.shadowRoot)).find(Boolean);
            const mark = find(document), text = mark?.parentElement;
            if (!mark) return false;
            const inner = mark.getBoundingClientRect(), outer = text.getBoundingClientRect();
            const top = Math.max(0, outer.top), bottom = Math.min(innerHeight, outer.bottom);
            return inner.height > 0 && inner.top >= top && inner.bottom <= bottom
                && inner.left >= 0 && inner.right <= innerWidth;
        }""",
        timeout=10_000,
    )
    return page.locator("mark").text_content()


def stored_citations(store):
    """The citations of the one answer in the newest chat; a claim may be on the page before the answer is stored."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        answers = [turn.answer for turn in store.turns(store.list()[0].id) if turn.answer]
        if answers:
            return answers[0].citations
        time.sleep(0.05)
    raise AssertionError("no answer was stored")


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_ask_read_open_the_cited_sentence_and_come_back_later(chromium, sample, size, scheme):
    address, store = sample
    with visiting(chromium, address, size, scheme) as page:
        ask(page, "How much did the minimum wage in Chongqing rise?")
        chip = page.get_by_role("button", name=re.compile(r"^Open source 1: .+, ")).first
        chip.wait_for()
        first = stored_citations(store)[0]

        chip.click()
        assert mark_in_view(page) == first.quote
        panel = page.get_by_role("region", name="Source", exact=True)
        assert panel.get_by_text(first.document, exact=True).is_visible()

        page.reload()
        assert mark_in_view(page) == first.quote
        assert page.get_by_text("How much did the minimum wage in Chongqing rise?", exact=True).first.is_visible()

        page.keyboard.press("Escape")
        page.locator("mark").wait_for(state="detached")
        expect(page.locator(".claim").first).to_be_visible()


def test_a_question_the_sample_does_not_answer_is_refused_and_offers_what_is_near(chromium, sample):
    with visiting(chromium, sample[0]) as page:
        page.get_by_role("button", name="Who won the football World Cup in 2022?").click()
        page.get_by_role("heading", name="What comes nearest").wait_for()
        page.get_by_role("button", name=re.compile("^Open passage: ")).first.click()
        assert mark_in_view(page)


def test_source_text_is_shown_to_the_letter_and_never_interpreted(chromium, nasty):
    with visiting(chromium, nasty) as page:
        ask(page, "*solar* $a$ :material/home: <b>x</b>")
        ask(page, "solar")
        claim = page.locator(".claim").last
        claim.wait_for()
        assert "*solar* glass fell from $5 to $3 <b>a metre</b> [sic], said 小红书 :smile: 🌞 & `others`" in (
            claim.text_content()
        )
        title = page.get_by_role("button", name="*solar* $a$").first.text_content()
        assert title.replace("\u2060", "").endswith("*solar* $a$ :material/home: <b>x</b>")
        claim.get_by_role("button").click()
        assert mark_in_view(page).startswith("Prices of *solar* glass")
        assert "<script>alert(1)</script>" in page.locator(".document").text_content()
        assert page.locator(".katex, .document b, .document script, .claim b").count() == 0


def test_a_sentence_in_a_very_long_document_is_in_view_by_keyboard_alone(chromium, nasty):
    with visiting(chromium, nasty) as page:
        ask(page, "lighthouse")
        chip = page.get_by_role("button", name="Open source 1: Coast Institute, 30 January 2025").first
        chip.wait_for()
        chip.focus()
        started = time.monotonic()
        page.keyboard.press("Enter")
        assert mark_in_view(page) == "The lighthouse at Port Ashby was lit again in March 1987."
        assert time.monotonic() - started < 5
        assert chip.get_attribute("aria-pressed") == "true"
        page.keyboard.press("Escape")
        page.locator("mark").wait_for(state="detached")
        page.wait_for_function("document.activeElement.shadowRoot?.activeElement?.dataset.reference === '1.1'")


def test_a_slow_answer_can_be_stopped_and_the_chat_renamed_and_deleted(chromium, nasty):
    with visiting(chromium, nasty) as page:
        ask(page, "slowly lighthouse")
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped before there was an answer.").wait_for()
        expect(page.get_by_placeholder("Ask your documents")).to_be_enabled()

        page.get_by_role("button", name="Rename or delete this chat").click()
        page.get_by_text("Rename", exact=True).click()
        page.get_by_label("Title").fill("Harbour lights")
        page.get_by_role("dialog").get_by_role("button", name="Rename").click()
        page.get_by_role("button", name="Harbour lights").wait_for()

        page.get_by_role("button", name="Rename or delete this chat").click()
        page.get_by_text("Delete", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        page.get_by_role("heading", name="Footnote").wait_for()
        expect(page.get_by_role("button", name="Harbour lights")).to_have_count(0)
