"""The command line: run, compare, report, agreement, ablation, bench, review, cases, import.

Exit codes: those of `assistant`; and 1 where a required figure fell short.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import AssistantError, InputError
from assistant.settings import load_settings
from evals import case_commands, review_commands
from evals.bench import __main__ as bench_commands
from evals.case_commands import settings_for
from evals.terminal import err, out, print_figures, print_types, progress

if TYPE_CHECKING:
    from evals.metrics.effort import Prices

app = typer.Typer(
    help="How far can the citations be trusted? Ask cases, score the answers, compare runs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(review_commands.app, name="review")
app.add_typer(case_commands.app, name="cases")
app.add_typer(bench_commands.app, name="bench")
app.command("import")(case_commands.import_cases)

RunsOption = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
RunArgument = Annotated[str, typer.Argument(help="A run: its name or its folder.", metavar="RUN")]
LibraryOption = Annotated[str | None, typer.Option("--library", "-l", help="Name of the library to be asked.")]
JudgeOption = Annotated[str, typer.Option(help="Who judges support: “built-in”, or the name of a language model.")]
RUNS = Path("runs")


def main() -> None:
    """Run a command; whatever can go wrong ends in one sentence, the next step, and its exit code."""
    try:
        app(prog_name="python -m evals")
    except AssistantError as error:
        err.print(f"Error: {error.message}", markup=False)
        if error.remedy:
            err.print(f"  → {error.remedy}", markup=False)
        sys.exit(error.exit_code)


@app.command()
def run(
    cases: Annotated[Path, typer.Option(help="A JSON Lines file of cases.")],
    corpus: Annotated[Path | None, typer.Option(help="Index this folder first, into a library of its own.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run; if not given, the next number.")] = None,
    runs: RunsOption = RUNS,
    library: LibraryOption = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Compute only this figure (name=grounded); repeatable.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only cases with type=…, id=… or doc=…; repeatable.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many cases, the first ones.")] = None,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Ask every case so often: for models that waver.")] = 1,
    require: Annotated[
        list[str] | None, typer.Option(help="Exit 1 if a figure falls short (grounded=0.60); repeatable.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Cases asked at once; several with a language model, else one.")
    ] = None,
    judge: JudgeOption = "built-in",
    prices: Annotated[
        str | None, typer.Option(help="Of a million tokens read and written (0.15,0.60): the cost is then told.")
    ] = None,
) -> None:
    """Ask every case, score the answers, and write the run's folder; a run that was stopped goes on."""
    from evals.gate import parse_requirements, shortfalls
    from evals.metrics import METRICS
    from evals.runner import Options, run_cases
    from evals.scoring import figures

    wanted = _metric_names(metric or ())
    requirements = parse_requirements(require or (), wanted)
    options = Options(
        cases_file=cases,
        runs=runs,
        corpus=corpus,
        name=name,
        only=tuple(only or ()),
        limit=limit,
        repeat=repeat,
        workers=workers,
        judge=judge,
        metrics=wanted,
        prices=_prices(prices),
    )
    with progress() as on_step:
        try:
            made, summary = run_cases(settings_for(library, corpus), options, on_step)
        except KeyboardInterrupt:
            err.print("Stopped. The answers so far are kept; run the same command again to go on.")
            raise typer.Exit(130) from None
    for message in made.manifest["not_read"]:
        err.print(f"Not read: {message}", markup=False)
    found = figures(made.results, wanted or tuple(METRICS))
    told = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in summary["counts"].items())
    out.print(f"{made.name}: {told}", markup=False)
    print_figures(found)
    if any(METRICS[figure].judged for figure in found):
        out.print(f"  Judge: {made.manifest['judge']}, {_calibration(made.manifest['judge'], runs)}", markup=False)
    if len(summary["by_type"]) > 1 and "grounded" in found:
        print_types(summary["by_type"])
    out.print(f"Written to {made.folder}. See it: python -m evals report {made.folder}", markup=False)
    short = shortfalls(requirements, found)
    for sentence in short:
        err.print(f"✗ {sentence}", markup=False)
    if short:
        raise typer.Exit(1)


@app.command()
def golden(
    to: Annotated[Path, typer.Option(help="Folder for the four files.")],
    cases: Annotated[list[Path], typer.Option(help="A JSON Lines file of cases; may be given again.")],
    corpus: Annotated[Path, typer.Option(help="The folder of documents that they are about.")],
    also_read: Annotated[
        list[Path] | None, typer.Option(help="Folder of files that are only read; repeatable.")
    ] = None,
    claims: Annotated[list[Path] | None, typer.Option(help="File of labelled claims to check; repeatable.")] = None,
    claim_limit: Annotated[int, typer.Option(min=1, help="Check only so many claims of a file.")] = 200,
    against: Annotated[Path | None, typer.Option(help="Folder of an earlier time: exit 1 if anything differs.")] = None,
) -> None:
    """Write down to the byte what is answered, found, read and judged: what only moves code must not change it."""
    from evals import golden as made
    from evals.cases import load_cases
    from evals.support_claims import load_claims

    asked = [case for file in cases for case in load_cases(file)]
    to.mkdir(parents=True, exist_ok=True)
    with case_commands.opened(None, corpus) as assistant, progress() as on_step:
        made.write_lines(to / made.ANSWERS, made.answer_lines(assistant, asked, on_step))
        made.write_lines(to / made.SEARCHES, made.search_lines(assistant, asked, on_step))
        made.write_lines(to / made.ARTICLES, made.article_lines([corpus, *(also_read or ())], on_step))
        checked = [claim for file in claims or () for claim in load_claims(file)[:claim_limit]]
        made.write_lines(to / made.VERDICTS, made.verdict_lines(checked, on_step))
    found = made.first_difference(against, to) if against is not None else None
    if found is not None:
        err.print(f"{found.file}, line {found.line}, is another than before:", markup=False)
        err.print(f"  - …{found.before}\n  + …{found.after}", markup=False)
        raise typer.Exit(1)
    out.print(f"Written to {to}." if against is None else f"Written to {to}: the same as {against}.", markup=False)


@app.command()
def compare(
    first: RunArgument,
    second: RunArgument,
    runs: RunsOption = RUNS,
    metric: Annotated[
        list[str] | None, typer.Option(help="Compare only this figure (name=grounded); repeatable.")
    ] = None,
    shared_only: Annotated[
        bool, typer.Option("--shared-only", help="The runs are over other case files: compare what they share.")
    ] = False,
    by_document: Annotated[
        bool, typer.Option("--by-document", help="Draw whole documents, for cases of one share its difficulties.")
    ] = False,
) -> None:
    """Say of the second run whether it is better, worse, or whether one cannot tell; and which cases changed."""
    from evals.compare import compare_runs, print_comparison
    from evals.storage import find_run, read_run

    a, b = (read_run(find_run(named, runs)) for named in (first, second))
    names = _metric_names(metric or ()) or None
    print_comparison(compare_runs(a, b, names, shared_only=shared_only, by_document=by_document), out)


@app.command()
def report(
    run: RunArgument,
    runs: RunsOption = RUNS,
    to: Annotated[
        Path | None, typer.Option(help="Folder for the report; if not given, reports/ beside the run.")
    ] = None,
) -> None:
    """Write a run's report: one HTML file that needs no network, and a Markdown summary."""
    from evals.report import write_report
    from evals.storage import find_run, read_documents, read_run

    folder = find_run(run, runs)
    for file in write_report(read_run(folder), read_documents(folder), to or folder.parent / "reports" / folder.name):
        out.print(f"Written: {file}", markup=False)


@app.command()
def agreement(
    labels: Annotated[Path, typer.Option(help="A JSON Lines file of claims, evidence and labels; .gz too.")],
    runs: RunsOption = RUNS,
    judge: JudgeOption = "built-in",
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many claims, the first ones.")] = None,
) -> None:
    """Measure a support judge against people's labels; reports print it beside every judged figure."""
    from evals.agreement import keep_agreement, load_labels, measure_agreement
    from evals.judges import open_judge

    labelled = load_labels(labels)[:limit]
    opened = open_judge(judge, load_settings(), runs / "judgements.jsonl")
    with progress() as on_step:
        measured = measure_agreement(opened, labelled, labels.name, lambda done, total: on_step("Judging", done, total))
    keep_agreement(measured, runs)
    out.print(f"{measured.judge} on {measured.labels}: {measured.count} judged, {measured.unscored} unscored")
    for word in ("accuracy", "balanced_accuracy", "kappa", "auc", "spearman"):
        value = getattr(measured, word)
        shown = "unscored" if value is None else f"{value:.3f}"
        if word == "kappa" and measured.kappa_low is not None:
            shown += f" ({measured.kappa_low:.3f} to {measured.kappa_high:.3f})"
        out.print(f"  {word:<18} {shown}")


@app.command()
def ablation(
    cases: Annotated[Path, typer.Option(help="A JSON Lines file of cases.")],
    corpus: Annotated[Path | None, typer.Option(help="Index this folder first, into a library of its own.")] = None,
    library: LibraryOption = None,
) -> None:
    """Print what each step of the search adds to what is found, the steps added one after the other."""
    from assistant import open_assistant
    from evals.ablation import measure, table
    from evals.cases import load_cases
    from evals.runner import index_folder, stored_text
    from evals.spans import Texts

    loaded = load_cases(cases)
    settings = settings_for(library, corpus)
    with progress() as on_step:
        for message in index_folder(settings, corpus, on_step) if corpus is not None else ():
            err.print(f"Not read: {message}", markup=False)
        assistant = open_assistant(settings)
        try:
            rows = measure(assistant, loaded, Texts(lambda name: stored_text(assistant, name)), on_step)
        finally:
            assistant.close()
    out.print(table(rows))


@app.command()
def articles(
    gold: Annotated[Path, typer.Option(help="A JSON file that says what each document is made of.")],
    corpus: Annotated[Path, typer.Option(help="The folder of these documents.")],
    failures: Annotated[bool, typer.Option("--failures", help="List what is wrong, too.")] = False,
) -> None:
    """Measure how articles, outlets, authors, dates and exclusions are understood, against an annotation."""
    from evals.articles import measure_articles, report_lines

    for line in report_lines(measure_articles(gold, corpus), failures=failures):
        out.print(line, markup=False, highlight=False)


@app.command()
def support(
    claims: Annotated[Path, typer.Option(help="A JSON Lines file of labelled claims and their evidence; .gz too.")],
    split: Annotated[str | None, typer.Option(help="Only this split: train, dev or test.")] = None,
) -> None:
    """Measure the answers' own support check on labelled claims: what it catches, what it wrongly flags."""
    from evals.support_claims import load_claims, measure_support

    for row in measure_support(load_claims(claims, split)):
        out.print(row.text, markup=False, highlight=False)


def _calibration(judge: str, runs: Path) -> str:
    """How far a judge agrees with people, as far as it was measured."""
    from evals.agreement import kept_agreement

    kept = kept_agreement(judge, runs)
    if kept is None or kept.kappa is None:
        return "not calibrated: python -m evals agreement --labels FILE"
    return f"kappa {kept.kappa:.2f} ({kept.kappa_low:.2f} to {kept.kappa_high:.2f}) on {kept.count} of {kept.labels}"


def _metric_names(words: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """`--metric name=grounded` or `--metric grounded` as names.

    Raises:
        InputError: there is no such figure.
    """
    from evals.metrics import METRICS

    names = tuple(word.removeprefix("name=") for word in words)
    for name in names:
        if name not in METRICS:
            raise InputError(f"There is no figure {name!r}.", f"Figures: {', '.join(METRICS)}.")
    return names


def _prices(words: str | None) -> Prices | None:
    """`--prices 0.15,0.60`.

    Raises:
        InputError: these are not two numbers.
    """
    from evals.metrics.effort import Prices

    if words is None:
        return None
    try:
        numbers = [float(word) for word in words.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 2 or not all(0 <= number < math.inf for number in numbers):
        raise InputError(f"--prices {words} are no prices.", "Write two numbers: --prices 0.15,0.60")
    return Prices(*numbers)


if __name__ == "__main__":
    main()
