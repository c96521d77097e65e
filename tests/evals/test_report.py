"""The report: one file that needs no other, in which every case says why it failed and shows its citations in place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lxml.etree
import lxml.html
import pytest
from made_runs import DOCUMENTS, answer_from, citation, gold_sentence, make_case, make_run, score

from assistant.errors import InputError
from assistant.types import Answer, Citation, Claim, Span
from evals.agreement import Agreement, keep_agreement
from evals.failures import examine, readable
from evals.figures import calibration, calibration_error, documents_of, grouped, quantile
from evals.report import escaped, write_report
from evals.report_cases import quote_span, window
from evals.spans import Folded
from evals.types import Case, Gold, Record, Result, Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run("first", tmp_path / "runs" / "first", right=0.7)


def text_of(name: str) -> str:
    if name not in DOCUMENTS:
        raise InputError(f"no {name}")
    return DOCUMENTS[name]


def html_of(run: Run, folder: Path) -> str:
    return write_report(run, text_of, folder / "report")[0].read_text("utf-8")


def result(case: Case, cited: Citation | None, found: tuple[Citation, ...] = (), text: str | None = None) -> Result:
    answer = answer_from(case, cited, found, 0.7)
    if text is not None:
        answer = replace(answer, claims=(replace(answer.claims[0], text=text),))
    return Result(case, Record(case.id, answer.status, answer), score(case, answer))


def why(made: Result) -> str:
    failure = examine(made, readable(text_of)).failure
    assert failure
    return f"{failure.kind}: {failure.words}"


GOLD = citation(*gold_sentence(0))
OTHER = citation(*gold_sentence(9))
CASE = make_case(0)


def test_a_served_case_has_not_failed() -> None:
    assert examine(result(CASE, GOLD, (GOLD,)), readable(text_of)).failure is None
    nothing = make_case(6)
    assert examine(result(nothing, None, (OTHER,)), readable(text_of)).failure is None


def test_reasons_are_told_apart() -> None:
    refused = "refused although answerable: Refused although answerable."
    assert why(result(CASE, None, (OTHER, GOLD))) == f"{refused} The right evidence was found at rank 2."
    assert why(result(CASE, None, (OTHER,))) == f"{refused} The right evidence was not retrieved."
    assert why(result(CASE, OTHER, (OTHER,))) == (
        "right evidence not retrieved: The right evidence was not retrieved. The answer lacks “100”."
    )
    assert why(result(CASE, OTHER, (GOLD,))) == (
        "found but not cited: The right evidence was found at rank 1, but not cited. The answer lacks “100”."
    )
    assert why(result(CASE, GOLD, (GOLD,), "It had many.")) == (
        "cited, but the answer is wrong: The right evidence is cited, but the answer lacks “100”."
    )
    assert why(result(make_case(6), OTHER, (OTHER,))).startswith("answered although the documents do not answer it")
    failed = Result(CASE, Record(CASE.id, "error", error="no <model>"), {"grounded": 0.0})
    assert why(failed) == "ended in an error: Ended in an error: no <model>"


def test_a_right_word_that_comes_late_or_a_wrong_one_is_said_so() -> None:
    late = result(CASE, GOLD, (GOLD,), "Many people. " * 120 + "100")
    late = replace(late, scores={**late.scores, "grounded": 0.0})
    assert "says “100” only late in a long text" in why(late)
    wrong = replace(CASE, must_not_include=("200",))
    made = result(wrong, GOLD, (GOLD,), "100, or 200.")
    assert "but the answer says “200”, which is wrong" in why(replace(made, scores={"grounded": 0.0}))


def test_the_file_needs_no_other_and_runs_nothing(run: Run, tmp_path: Path) -> None:
    html = html_of(run, tmp_path)
    assert not re.search(r"(?:src|href)=\"(?!#)", html)
    assert "<script" not in html
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_every_text_is_escaped(tmp_path: Path) -> None:
    evil = '</details><script>alert("x")</script><img src=x onerror=alert(1)> & $x$ [a](b) |'
    case = replace(CASE, question=evil, answer=evil, id=evil, type=evil, must_include=((evil,),))
    made = result(case, GOLD, (GOLD,), evil)
    failed = Result(replace(case, id="other"), Record("other", "error", error=evil), {"grounded": 0.0, evil: 1.0})
    run = Run(evil, tmp_path / "r", {evil: {"a": evil}}, (made, failed))
    html = html_of(run, tmp_path)
    tree = lxml.html.document_fromstring(html)
    assert not tree.xpath("//script | //img | //*[@onerror]")
    assert evil in tree.xpath("string(//h1)")
    assert evil in [h.text_content() for h in tree.xpath("//details/summary//h3")]
    markdown = (tmp_path / "report" / "report.md").read_text("utf-8")
    assert "<script" not in markdown
    assert "](b)" not in markdown.replace("\\](b)", "")


def test_structure_a_screen_reader_can_walk(run: Run, tmp_path: Path) -> None:
    tree = lxml.html.document_fromstring(html_of(run, tmp_path))
    assert tree.get("lang") == "en"
    assert all(table.xpath("./caption") and table.xpath(".//th[@scope]") for table in tree.xpath("//table"))
    assert all(svg.xpath("./title | @aria-hidden") for svg in tree.xpath("//*[local-name()='svg']"))
    levels = [int(h.tag[1]) for h in tree.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(link[1:] in ids for link in tree.xpath("//a/@href"))


def test_drawings_are_well_formed_and_say_what_they_show(run: Run, tmp_path: Path) -> None:
    drawings = re.findall(r"<svg class=\"chart\".*?</svg>", html_of(run, tmp_path), re.S)
    assert len(drawings) == 3
    for drawing in drawings:
        tree = lxml.etree.fromstring(drawing)
        assert tree.findtext("title")
        assert re.search(r"\d", tree.findtext("desc"))
        numbers = [float(n) for n in re.findall(r'(?:cx|cy|x1|y1|x2|y2|width|height)="([^"]+)"', drawing)]
        assert all(-1 <= n <= 340 for n in numbers)


def test_headline_and_counts_are_the_runs(run: Run, tmp_path: Path) -> None:
    tree = lxml.html.document_fromstring(html_of(run, tmp_path))
    served = sum(r.scores["grounded"] == 1.0 for r in run.results)
    assert f"{served}%" in tree.xpath("string(//p[@class='number'])")  # of 100 cases
    assert f"Of 100 questions {served} were served" in tree.xpath("string(//header)")
    reasons = tree.xpath("//table[@class='reasons']//td[@class='n']")
    assert sum(int(cell.text_content()) for cell in reasons) == 100 - served
    assert len(tree.xpath("//details[@class='case']")) == 100


def test_the_worst_cases_come_first(run: Run, tmp_path: Path) -> None:
    tree = lxml.html.document_fromstring(html_of(run, tmp_path))
    words = [span.text_content() for span in tree.xpath("//summary//span[@class='why']")]
    kinds = [0 if w.startswith("Answered") else 2 if w.startswith("Refused") else 1 for w in words]
    assert kinds == sorted(kinds)
    assert {0, 1, 2} == set(kinds)


def test_a_citation_is_marked_inside_its_source(run: Run, tmp_path: Path) -> None:
    tree = lxml.html.document_fromstring(html_of(replace(run, results=(result(CASE, OTHER, (OTHER, GOLD)),)), tmp_path))
    quote, gold = tree.xpath("//blockquote")
    assert quote.xpath("string(mark)") == OTHER.quote
    text = DOCUMENTS[OTHER.document]
    after = quote.text_content().partition(OTHER.quote)[2].removesuffix(" …")
    assert text[OTHER.end :].startswith(after)
    assert gold.xpath("string(mark)") == GOLD.quote
    assert "found at rank 2" in tree.xpath("string(//details[@class='case'])")


def test_a_quote_that_is_not_there_is_a_defect_in_words(tmp_path: Path) -> None:
    wrong = replace(GOLD, quote="The mill burned twice.")
    html = html_of(Run("r", tmp_path / "r", {}, (result(CASE, wrong, (GOLD,)),)), tmp_path)
    assert "The quote is not what stands there" in html
    assert "The mill burned twice." in html
    gone = Result(
        CASE,
        Record(CASE.id, "answered", Answer("?", "answered", (Claim("x", (replace(GOLD, document="gone.txt"),)),), ())),
        {"grounded": 0.0},
    )
    assert "This document is not there" in html_of(Run("r", tmp_path / "r", {}, (gone,)), tmp_path)


def test_a_gold_quote_that_is_not_there_asks_for_the_case_to_be_corrected(tmp_path: Path) -> None:
    case = replace(CASE, evidence=(Gold(GOLD.document, "Nobody wrote this."),))
    assert "correct the case" in html_of(Run("r", tmp_path / "r", {}, (result(case, GOLD, (GOLD,)),)), tmp_path)


def test_judged_figures_carry_the_judges_agreement_or_say_that_there_is_none(tmp_path: Path) -> None:
    made = result(CASE, GOLD, (GOLD,))
    made = replace(made, scores={**made.scores, "alce_recall": 1.0})
    run = Run("r", tmp_path / "runs" / "r", {"judge": "built-in"}, (made,))
    assert html_of(run, tmp_path).count("judge not calibrated") == 1
    agreement = Agreement("built-in", "labels.jsonl", 60, 0, 0.7, 0.71, 0.42, 0.3, 0.5, 0.8, 0.4)
    keep_agreement(agreement, tmp_path / "runs")
    html = html_of(run, tmp_path)
    assert "judge not calibrated" not in html
    assert "judge built-in on 60 labels of labels.jsonl, balanced accuracy 0.71, kappa 0.42 (0.30 to 0.50)" in html


def test_unscored_is_counted_and_never_a_number(run: Run, tmp_path: Path) -> None:
    results = tuple(replace(r, scores={**r.scores, "attribution_author": None}) for r in run.results)
    tree = lxml.html.document_fromstring(html_of(replace(run, results=results), tmp_path))
    row = tree.xpath("//table[@class='figures']//tr[starts-with(th, 'attribution_author')]")[0]
    assert [cell.text_content() for cell in row.xpath("td")] == ["", "unscored", "", "0", "100"]


def test_a_run_of_errors_only_is_reported(tmp_path: Path) -> None:
    failed = Result(CASE, Record(CASE.id, "error", error="down"), {"grounded": 0.0, "quote_exact": None})
    html = html_of(Run("r", tmp_path / "r", {}, (failed,)), tmp_path)
    assert "Ended in an error: down" in html


def test_a_run_without_the_headline_is_reported(tmp_path: Path) -> None:
    made = replace(result(CASE, GOLD, (GOLD,)), scores={"quote_exact": 1.0})
    html = html_of(Run("r", tmp_path / "r", {}, (made,)), tmp_path)
    assert "The headline was not scored" in html


def test_the_markdown_holds_headline_tables_and_the_worst(run: Run, tmp_path: Path) -> None:
    markdown = write_report(run, text_of, tmp_path)[1].read_text("utf-8")
    served = sum(r.scores["grounded"] == 1.0 for r in run.results)
    assert f"**{served}% grounded** (95% interval" in markdown
    assert re.search(r"\| `evidence@5` \| 0\.\d{3} \| 0\.\d{3} to 0\.\d{3} \| 86 \| 14 \|", markdown)
    for table in re.findall(r"(?:^\|.*\n)+", markdown, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().splitlines()}) == 1


def test_a_window_keeps_whole_words_and_escapes() -> None:
    text = "One two <b>three</b> four five."
    span = Span(text.index("three"), text.index("three") + 5)
    assert window(text, span, 6) == "… &lt;b&gt;<mark>three</mark>&lt;/b&gt; …"
    assert window(text, span, 100).startswith("One two &lt;b&gt;<mark>three</mark>")
    assert window(text, Span(90, 95), 4).endswith("<mark></mark>")


def test_a_gold_quote_is_found_across_line_ends_and_marks() -> None:
    folded = Folded("He said:\n“It’s   late\n– go.” Then")
    span = quote_span(folded, '"It\'s late - go."')
    assert span
    assert folded.raw[slice(*span)] == "“It’s   late\n– go.”"
    assert quote_span(folded, "never") is None


def test_calibration_bins_hold_equally_many_and_average_by_hand() -> None:
    cases = [make_case(0)] * 3 + [make_case(6)]
    results = [
        Result(c, Record(c.id, "refused", Answer("?", "refused", (), (), answerability=a)), {})
        for c, a in zip(cases, (0.9, 0.8, 0.3, 0.1), strict=True)
    ]
    low, high = calibration(results, bins=2)
    assert (low.said, low.observed.mean, low.observed.count) == (pytest.approx(0.2), 0.5, 2)
    assert (high.said, high.observed.mean) == (pytest.approx(0.85), 1.0)
    assert calibration_error((low, high)) == pytest.approx(0.5 * 0.3 + 0.5 * 0.15)
    assert calibration_error(calibration([])) is None


def test_equally_sure_cases_share_a_bin() -> None:
    results = [
        Result(CASE, Record("c", "refused", Answer("?", "refused", (), (), answerability=0.5)), {}) for _ in range(20)
    ]
    assert len(calibration(results, bins=8)) == 1


def test_groups_come_lowest_first(run: Run) -> None:
    groups = grouped(run, documents_of)
    means = [f.value for f in groups.values() if f.value is not None]
    assert means == sorted(means)
    assert sum(f.count for f in groups.values()) == 100
    assert "no gold evidence" in groups


def test_quantiles_are_values_that_were_measured() -> None:
    assert [quantile([1, 2, 3, 4], share) for share in (0.25, 0.5, 0.9, 1.0)] == [1, 2, 4, 4]
    assert quantile([float(i) for i in range(1, 101)], 0.07) == 7
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_markdown_is_escaped_on_one_line() -> None:
    assert escaped("a\n| b <i> *c* [d]($x)") == "a \\| b &lt;i> \\*c\\* \\[d\\](\\$x)"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Path]:
    path = Path("/usr/bin/chromium")
    if not path.exists():
        pytest.skip("no Chromium is installed")
    return path


@pytest.mark.browser
def test_the_report_fits_a_phone_and_opens_by_keyboard(run: Run, tmp_path: Path, chromium: Path) -> None:
    from playwright.sync_api import sync_playwright

    html, _ = write_report(run, text_of, tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: None if request.url.startswith("file:") else complaints.append(request.url))
        page.goto(html.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        summary = page.locator("details.case > summary").first
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator("details.case").first.locator("mark").first.is_visible()
        assert complaints == []
        browser.close()
