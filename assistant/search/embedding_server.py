"""Texts -> vectors of unit length, by OpenAI or any server that speaks its protocol; its errors become ours here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openai
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.embeddings.openai import OpenAIEmbedding

from assistant.addresses import read_address
from assistant.errors import ModelError, SettingsError
from assistant.search.embedding import Vectors
from assistant.server.errors import Service, as_model_error

OPENAI_URL = "https://api.openai.com/v1"
TEXTS_PER_REQUEST = 32
"""OpenAI takes 2048, but small servers of the same protocol refuse more than 32."""


class OpenAIEmbedder:
    """Vectors from OpenAI, or from any server that speaks its protocol, through LlamaIndex's `OpenAIEmbedding`.

    LlamaIndex retries twice over: with `max_retries` r, up to r + 1 requests in each of max(r, 1) rounds, and no new
    round after 60 s. With the defaults an outage is reported after some seconds, a silent server after 90.
    """

    def __init__(
        self,
        model: str,
        api_key: str,
        base_url: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        max_retries: int = 2,
    ) -> None:
        """Prepare; no server is asked yet.

        Raises:
            SettingsError: the key is missing, or the key or the address cannot be one.
        """
        self.name = f"openai {model}"
        address = read_address(base_url or OPENAI_URL)
        self._server = address.host
        self._key = _checked_key(api_key, needed=not base_url)
        self._dimension = 0
        self._service = Service(
            server=f"The embedding server {self._server}",
            model=f"The embedding model “{model}” at {self._server}",
            name=model,
            setting="ASSISTANT_EMBEDDING_MODEL",
            timeout_seconds=timeout_seconds,
            otherwise="or embed without a server: ASSISTANT_EMBEDDER=built-in",
            secrets=(self._key, address.password),
        )
        self._openai: BaseEmbedding = OpenAIEmbedding(
            model_name=model,  # not `model`, which takes OpenAI's own names only
            api_key=self._key,
            api_base=address.url,
            default_headers=address.headers or None,
            embed_batch_size=TEXTS_PER_REQUEST,
            timeout=timeout_seconds,
            max_retries=max_retries,
        )

    @property
    def dimension(self) -> int:
        """Numbers in a vector; asks the server for one vector if none was made yet.

        Raises:
            ModelError: the server failed.
        """
        if not self._dimension:
            self.embed(["dimension"])
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length for each text, in order; shape (len(texts), dimension), (0, 0) if not known yet.

        Raises:
            ModelError: the server could not be reached, refused, failed, or sent no usable vectors.
        """
        if not texts:
            return np.empty((0, self._dimension), dtype=np.float32)
        try:
            rows = np.array(self._openai.get_text_embedding_batch(list(texts)), dtype=np.float32)
        except openai.OpenAIError as error:
            cause = None if self._key in str(error) else error  # a server may repeat the key in its reply
            raise as_model_error(error, self._service) from cause
        except (ValueError, TypeError, AttributeError) as error:  # how the client meets a body it does not know
            raise self._unusable("something else than embeddings") from error
        return self._checked(rows, len(texts))

    def _checked(self, rows: Vectors, count: int) -> Vectors:
        if rows.ndim != 2 or len(rows) != count:
            raise self._unusable(f"not one vector for each of {count} texts")
        if self._dimension not in (0, rows.shape[1]):
            raise self._unusable(f"{rows.shape[1]} numbers a vector after {self._dimension}")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise self._unusable("vectors without a direction")
        self._dimension = rows.shape[1]
        unit: Vectors = (rows / lengths).astype(np.float32)
        return unit

    def _unusable(self, sent: str) -> ModelError:
        remedy = "Check OPENAI_BASE_URL (it usually ends in /v1) and ASSISTANT_EMBEDDING_MODEL: assistant doctor"
        return ModelError(f"The embedding server {self._server} sent {sent}.", remedy)


def _checked_key(key: str, *, needed: bool) -> str:
    """The key without surrounding space; a stand-in where a server of one's own needs none. Never shown."""
    key = key.strip()
    if not key and needed:
        raise SettingsError(
            "OpenAI embeddings need a key, and none is set.",
            "Set OPENAI_API_KEY, or embed without a key: ASSISTANT_EMBEDDER=built-in",
        )
    if not all("!" <= character <= "~" for character in key):  # HTTP could not carry it
        raise SettingsError("OPENAI_API_KEY holds characters that no key has.", "Copy the key anew and set it again.")
    return key or "no-key-needed"
