"""What a case has around it: where the router is, and what the scripted upstream saw."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass

TEXT = "Hello from far away: grüße, 你好, 👩‍🚀."
THOUGHT = "Let me think about it."
AFTER_TOOLS = "It is 21 degrees in Paris."
WEATHER = {"city": "Paris", "unit": "celsius"}
SCHEMA_VALUE = {"city": "Paris", "degrees": 21}
MESSAGES = [{"role": "user", "content": "How is it where you are?"}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather in a city", "parameters": PARAMETERS},
}

# Within this many seconds of the client's leaving, the upstream's connection is closed. A busy machine may be late by
# itself; whoever polls, buffers or waits for the next chunk is late every time.
SLA_S = 0.1
TRIES = 3
DEADLINE_S = 20

Case = Callable[["World"], None]
CASES: dict[str, Case] = {}


def case(what: str) -> Callable[[Case], Case]:
    """Registers a case under the words that describe it."""

    def register(body: Case) -> Case:
        CASES[what] = body
        return body

    return register


@dataclass
class World:
    url: str
    root: str
    key: str
    control: str

    def _ask(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(f"{self.control}/{path}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return json.load(answer)

    def asked(self, model: str) -> list[dict]:
        """The requests that the upstream got for a script."""
        return self._ask("seen", {"model": model})["requests"]

    def arrives_as_sent(self, words: Iterable[str | None]) -> None:
        """The first word is there while the upstream still holds back the rest: nobody in between collects."""
        text, opened = "", False
        for word in words:
            text += word or ""
            if text and not opened:
                assert text == "First ", text
                opened = True
                self._ask("open", {})
        assert text == "First last.", text

    def leaving_ends_upstream(self, model: str, begin: Callable[[], Callable[[], object]]) -> None:
        """`begin` starts a request and gives what ends it."""
        best = DEADLINE_S
        for _ in range(TRIES):
            before = len(self.asked(model))
            leave = begin()
            left = time.time()
            leave()
            best = min(best, self._ended_at(model, before) / 1000 - left)
            if best <= SLA_S:
                return
        raise AssertionError(f"the upstream saw it after {best} s")

    def _ended_at(self, model: str, index: int) -> float:
        deadline = time.time() + DEADLINE_S
        while time.time() < deadline:
            requests = self.asked(model)
            if len(requests) > index and requests[index]["endedAt"] is not None:
                assert not requests[index]["whole"], "the answer was not whole"
                return requests[index]["endedAt"]
            time.sleep(0.005)
        raise AssertionError("the upstream's request never ended")


def raised(kind: type[BaseException], ask: Callable[[], object]) -> BaseException:
    """The error that `ask` raises, which must be of this kind."""
    try:
        answer = ask()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}, but {answer!r}")
