"""Lines typed at a terminal -> questions, answers and sources, kept like those of the chat page.

Ctrl-C ends an answer and keeps what was shown; the end of the input ends the chat. Works with a pipe as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.cli.terminal import footnote, print_answer, print_error, remark, say
from assistant.conversations import Chat, Conversations, TurnState, history, unkept_conversations
from assistant.errors import AssistantError, StorageError
from assistant.pipeline import Assistant
from assistant.types import Answer, Citation, Claim, Turn

HELP = (
    "/new begins a chat, /chats lists them, /chat N goes on with one, /sources lists what was cited, /open N shows it"
)
PARAGRAPH_CHARACTERS = 1_200  # of a paragraph around a cited sentence, at most, on either side


def read_line(prompt: str) -> str:
    """A line from standard input; what is typed at a terminal is asked for.

    Raises:
        EOFError: the input has ended.
    """
    if sys.stdin.isatty():
        return input(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


@dataclass(slots=True)
class TerminalChat:
    """A chat at the terminal: what is open, and what was last cited."""

    assistant: Assistant
    conversations: Conversations
    read: Callable[[str], str] = read_line
    chat: Chat | None = None
    cited: tuple[Citation, ...] = ()
    _listed: tuple[Chat, ...] = field(default_factory=tuple)

    def run(self) -> None:
        """Ask and answer until /quit or the end of the input."""
        summary = self.assistant.summary()
        remark(f"{summary.documents} documents. Ask a question; /help tells the commands, /quit ends.")
        while True:
            try:
                line = self.read("› ").strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                say()
                continue
            if line in {"/quit", "/exit", "/q"}:
                return
            try:
                if line.startswith("/"):
                    self._command(line)
                elif line:
                    self._ask(line)
            except AssistantError as error:
                print_error(error)

    def _command(self, line: str) -> None:
        name, _, argument = line[1:].partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "new": self._new,
            "chats": self._chats,
            "chat": self._go_on,
            "sources": self._sources,
            "open": self._open,
            "help": lambda _: say(f"{HELP}, /quit ends."),
        }
        if name not in commands:
            remark(f"There is no command /{name}. {HELP}, /quit ends.")
            return
        commands[name](argument.strip())

    def _ask(self, question: str) -> None:
        """Store the question, answer it, and store the answer or what there is of it."""
        before: tuple[Turn, ...] = ()
        try:
            before = history(self.conversations.turns(self.chat.id)) if self.chat else ()
            chat, position = self._begun(question)
        except StorageError as error:  # a full disk stops nobody from asking
            print_error(error)
            remark("The chat goes on, and from here on it is not kept.")
            self.conversations, self.chat = unkept_conversations(), None
            chat, position = self._begun(question)
        seen: list[Claim] = []
        try:
            answer = self._answer(question, before, seen)
        except KeyboardInterrupt:
            partial = Answer(question, "answered", tuple(seen), (), notice="This answer was stopped before its end.")
            self._keep(chat, position, partial.text, partial if seen else None, "stopped")
            self.cited = partial.citations
            say()
            remark("Stopped. What was shown is kept.")
        except AssistantError as error:
            self._keep(chat, position, f"{error.message}\n{error.remedy}", None, "failed")
            raise
        else:
            self._keep(chat, position, answer.text, answer, "complete")
            self.cited = answer.citations
            print_answer(answer)
            _print_cost(answer)

    def _begun(self, question: str) -> tuple[Chat, int]:
        """The chat with the question stored, and the question's position."""
        self.chat = self.chat or self.conversations.create(question)
        return self.chat, self.conversations.add_user_turn(self.chat.id, question).position

    def _keep(self, chat: Chat, position: int, content: str, answer: Answer | None, state: TurnState) -> None:
        try:
            self.conversations.add_answer(chat.id, position, content, answer=answer, state=state)
        except StorageError as error:
            print_error(error)
            remark("This answer is not kept.")

    def _answer(self, question: str, before: tuple[Turn, ...], seen: list[Claim]) -> Answer:
        """Where a model writes, its claims are shown as they come; the whole answer follows with its footnotes."""
        written = self.assistant.model is not None

        def show(claim: Claim) -> None:
            seen.append(claim)
            if written:
                remark(f"… {claim.text}")

        return self.assistant.ask(question, before, on_claim=show, on_retry=remark)

    def _new(self, _: str) -> None:
        self.chat, self.cited = None, ()
        say("A new chat.")

    def _chats(self, _: str) -> None:
        self._listed = self.conversations.list()
        for number, chat in enumerate(self._listed, start=1):
            say(f"{number:3} {chat.created:%Y-%m-%d} {chat.title}")
        if not self._listed:
            say("There are no chats yet.")

    def _go_on(self, number: str) -> None:
        self._listed = self._listed or self.conversations.list()
        chat = next((chat for position, chat in enumerate(self._listed, start=1) if str(position) == number), None)
        if chat is None:
            remark("There is no such chat. /chats lists them.")
            return
        self.chat = chat
        for turn in self.conversations.turns(self.chat.id):
            say(f"› {turn.content}" if turn.role == "user" else turn.content)
            self.cited = turn.answer.citations if turn.answer else self.cited

    def _sources(self, _: str) -> None:
        for citation in self.cited:
            say(f"[{citation.number}] {footnote(citation)}")
        if not self.cited:
            say("Nothing was cited in the last answer.")

    def _open(self, number: str) -> None:
        """Show a cited sentence in its paragraph, between » and «."""
        citation = next((c for c in self.cited if str(c.number) == number.strip("[]")), None)
        if citation is None:
            remark("There is no such source in the last answer. /sources lists them.")
            return
        at = (citation.document_id, citation.document, citation.start, citation.quote)
        text = self.assistant.source(*at).text
        before, after = paragraph_around(text, citation.start, citation.end)
        say(footnote(citation))
        say()
        paragraph = (
            f"{text[before : citation.start]}»{text[citation.start : citation.end]}«{text[citation.end : after]}"
        )
        for line in paragraph.strip("\n").split("\n"):
            say(line)
        if citation.translation:
            say(f"translated by the language model: {citation.translation}")


def paragraph_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the paragraph begins and ends in which a span stands: at empty lines, or after so many characters."""
    before = text.rfind("\n\n", max(0, start - PARAGRAPH_CHARACTERS), start)
    after = text.find("\n\n", end, end + PARAGRAPH_CHARACTERS)
    first = max(0, start - PARAGRAPH_CHARACTERS) if before < 0 else before + 2
    return first, min(len(text), end + PARAGRAPH_CHARACTERS) if after < 0 else after


def _print_cost(answer: Answer) -> None:
    usage = answer.usage
    if usage and usage.cost is not None:
        tokens = f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"
        remark(f"{answer.model or 'the language model'}: {tokens}, {usage.cost:.4f} {usage.currency}")
