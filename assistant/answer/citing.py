"""Evidence and one of its sentences -> a numbered citation, whose quote is cut from the stored text."""

from __future__ import annotations

from assistant.answer.attribution import voice
from assistant.types import Citation, Evidence, Passage, Span

REPEATED = 30  # characters from which two sentences with the same words are one that was repeated


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
    """Gives the spans of one answer their numbers, from 1 in the order of first use; the same span keeps its number.

    A sentence that stands elsewhere to the letter is cited where it was cited first: one origin, not two.
    """

    def __init__(self) -> None:
        self._cited: dict[tuple[str, int, int], Citation] = {}
        self._by_words: dict[str, Citation] = {}

    def cite(self, evidence: Evidence, sentence: Span) -> Citation:
        """The citation that this sentence, or one with its words, has in this answer; or one with the next number.

        Raises:
            ValueError: the sentence does not lie within the passage.
        """
        key = (evidence.passage.document, sentence.start, sentence.end)
        if key not in self._cited:
            new = cite(evidence, sentence, len(self._by_words) + 1)
            words = " ".join(new.quote.split())
            # "Yes." may be said twice; a whole sentence is repeated.
            self._cited[key] = self._by_words.setdefault(words if len(words) >= REPEATED else f"{words} {key}", new)
        return self._cited[key]
