"""A number and a seed -> a folder of made-up documents, some three passages each: the same bytes every time.

All words are our own: sentences are put together from short lists, so that no two documents are alike while lengths
are those of real newsletters (a sentence has some 20 words, a document some 2,500 characters).
"""

from __future__ import annotations

import datetime
import random
from pathlib import Path

DOCUMENTS_A_FOLDER = 500
FIRST_DAY = datetime.date(2024, 1, 1)
PLACES = (
    "Brinmouth", "Halvard Bay", "Ostrava Falls", "Kettering Quay", "Lindmere",
    "Port Sallow", "Grauwald", "Tanner's Reach",
    "Velden", "Marrow Hill", "Quillon", "Estrada Norte", "Juniper Flats", "Nordhaven", "Pelham Cross", "Saltmarsh",
)  # fmt: skip
BODIES = (
    "the harbour board", "the regional court", "the water company", "a committee of the assembly", "the rail operator",
    "the growers' union", "the statistics office", "the energy regulator", "the council", "an auditor of the port",
    "the chamber of commerce", "the fisheries ministry", "the hospital trust", "a research group at the university",
)  # fmt: skip
ACTS = (
    "approved", "postponed", "withdrew", "published", "questioned", "doubled", "cut back", "defended", "reviewed",
    "put out to tender", "explained", "paid for", "reopened", "measured",
)  # fmt: skip
THINGS = (
    "the budget for dredging the inner basin", "a plan to replace forty level crossings",
    "its figures on copper exports",
    "the licence of the tidal power station", "a subsidy for small dairy farms", "the new tariff on machine parts",
    "the timetable of the night ferries", "a study of groundwater under the old mill", "the sale of the grain terminal",
    "the rules for drones above the market", "a loan for the cable factory", "the contract for school meals",
    "an agreement on shared reservoirs", "the survey of empty houses", "a pilot scheme for electric lorries",
)  # fmt: skip
REASONS = (
    "because the first estimate had left out the cost of labour", "after three weeks of hearings behind closed doors",
    "although two of its own experts had advised against it", "while prices for steel kept on rising",
    "so that work can begin before the winter storms", "in spite of a petition that 4,000 people had signed",
    "once the insurers had agreed to carry half of the risk", "as the old contract runs out at the end of the year",
    "which neighbouring towns have been asking for since the flood", "without waiting for the report of the inspector",
)  # fmt: skip
FOLLOW_UPS = (
    "Nobody could say what the delay would cost.", "A decision is due in the autumn.",
    "The opposition called it a gamble.",
    "Two firms have already asked for the documents.", "The figures will be looked at again next spring.",
    "“We have heard this before,” said a shopkeeper by the quay.", "It was the second change of course within a year.",
    "Trade through the port fell by a fifth in the same months.", "Residents were told by letter.",
)  # fmt: skip
HEADINGS = ("What was decided", "The figures", "Who pays", "What comes next", "Voices from the town", "Background")


def generate(folder: Path, count: int, seed: int = 1) -> None:
    """Write `count` documents under `folder`. The first documents of a longer run are those of a shorter one."""
    for number in range(count):
        home = folder / f"{number // DOCUMENTS_A_FOLDER:03}"
        home.mkdir(parents=True, exist_ok=True)
        words = random.Random(f"{seed}:{number}")  # noqa: S311  # made-up texts need no secrets
        (home / f"note-{number:05}.md").write_text(document(number, words), encoding="utf-8")


def document(number: int, words: random.Random) -> str:
    """One newsletter item: a title, a date line, and paragraphs, the later ones under a heading."""
    place = words.choice(PLACES)
    day = FIRST_DAY + datetime.timedelta(days=number % 700)
    title = f"{place}: {words.choice(BODIES)} and {words.choice(THINGS)}".replace("the ", "", 1)
    opening = f"{place}, {day:%B} {day.day}, {day.year} – {paragraph(number, words)}"
    parts = [f"# {title}", opening, *(paragraph(number, words) for _ in range(words.randint(1, 2)))]
    parts += [f"## {words.choice(HEADINGS)}", *(paragraph(number, words) for _ in range(words.randint(2, 3)))]
    return "\n\n".join(parts) + "\n"


def paragraph(number: int, words: random.Random) -> str:
    """Three to five sentences, one of which holds figures of its own."""
    sentences = [sentence(words) for _ in range(words.randint(2, 4))]
    share, amount = words.randint(2, 97), words.randint(11, 989)
    figures = f"In {words.choice(PLACES)} that came to {amount}.{number % 10} million, or {share} percent of the total."
    sentences.insert(words.randint(1, len(sentences)), figures)
    return " ".join(sentences)


def sentence(words: random.Random) -> str:
    """Who did what where, and why; now and then a short one."""
    if words.random() < 0.2:
        return words.choice(FOLLOW_UPS)
    who, act, what, why = (words.choice(part) for part in (BODIES, ACTS, THINGS, REASONS))
    said = (
        f"In {words.choice(PLACES)} {who} {act} {what} {why}." if words.random() < 0.5 else f"{who} {act} {what} {why}."
    )
    return said[0].upper() + said[1:]
