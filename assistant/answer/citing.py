"""Evidence and one of its sentences -> a numbered citation, whose quote is cut from the stored text."""

from __future__ import annotations

from assistant.answer.attribution import voice
from assistant.types import Citation, Evidence, Passage, Span


def whole_sentence(passage: Passage, sentence: Span) -> tuple[Span, ...]:
    """Both halves of a sentence of a passage that a page break cut in two, in order; any other sentence by itself."""
    index = passage.sentences.index(sentence)
    if index in passage.joined:
        return passage.sentences[index : index + 2]
    if index - 1 in passage.joined:
        return passage.sentences[index - 1 : index + 1]
    return (sentence,)


def cite(evidence: Evidence, sentence: Span, number: int) -> Citation:
    """Cut the sentence out of its passage; `page` is left to whoever has the document's pages at hand.

    Raises:
        ValueError: the sentence is empty or does not lie within the passage.
    """
    passage, article = evidence.passage, voice(evidence.article, sentence)
    if not passage.span.start <= sentence.start < sentence.end <= passage.span.end:
        raise ValueError(f"{sentence} does not lie within the passage {passage.span} of {passage.document}")
    return Citation(
        number=number,
        document=passage.document,
        document_id=passage.document_id,
        start=sentence.start,
        end=sentence.end,
        quote=passage.text[sentence.start - passage.span.start : sentence.end - passage.span.start],
        title=article.title,
        publisher=article.publisher,
        outlet=article.outlet,
        author=article.author,
        date=article.date,
        date_how=article.date_how,
    )


class Numbering:
    """Gives the spans of one answer their numbers, from 1 in the order of first use; the same span keeps its number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}

    def cite(self, evidence: Evidence, sentence: Span) -> Citation:
        """The citation of this sentence, with the number it already has in this answer, or the next one.

        Raises:
            ValueError: the sentence does not lie within the passage.
        """
        key = (evidence.passage.document, sentence.start, sentence.end)
        citation = cite(evidence, sentence, self._numbers.get(key, len(self._numbers) + 1))
        self._numbers[key] = citation.number
        return citation
