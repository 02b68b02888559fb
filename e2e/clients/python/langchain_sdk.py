"""LangChain for Python, whose chat model for OpenAI is pointed at the router."""

import functools
import operator

import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel
from world import SCHEMA_VALUE, TEXT, TOOL, WEATHER, World, case, raised


class Weather(BaseModel):
    city: str
    degrees: float


def chat(world: World, model: str) -> ChatOpenAI:
    return ChatOpenAI(model=model, base_url=world.url, api_key=world.key, max_retries=0)


@case("a chat, streamed and not")
def _(world: World) -> None:
    answer = chat(world, "plain").invoke("Hello")
    assert answer.content == TEXT
    assert answer.usage_metadata["output_tokens"] == 7
    assert "".join(chunk.content for chunk in chat(world, "plain").stream("Hello")) == TEXT


@case("what streams arrives as it is sent")
def _(world: World) -> None:
    world.arrives_as_sent(chunk.content for chunk in chat(world, "gated").stream("Hello"))


@case("a tool call, streamed and not")
def _(world: World) -> None:
    bound = chat(world, "tools").bind_tools([TOOL])
    streamed = functools.reduce(operator.add, bound.stream("The weather?"))
    for answer in (bound.invoke("The weather?"), streamed):
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("get_weather", WEATHER)]


@case("structured output")
def _(world: World) -> None:
    structured = chat(world, "schema").with_structured_output(Weather, method="json_schema")
    assert structured.invoke("The weather?").model_dump() == SCHEMA_VALUE


@case("embeddings")
def _(world: World) -> None:
    embeddings = OpenAIEmbeddings(
        model="plain", base_url=world.url, api_key=world.key, max_retries=0, check_embedding_ctx_length=False
    )
    assert embeddings.embed_documents(["one", "two"]) == [[0.5, -0.25, 0.125], [1.5, -0.25, 0.125]]


@case("whoever leaves a stream ends the request upstream")
def _(world: World) -> None:
    def begin():
        chunks = chat(world, "endless").stream("Hello")
        next(chunks)
        return chunks.close

    world.leaving_ends_upstream("endless", begin)


@case("a rate limit, and a stream that is cut or fails in the middle")
def _(world: World) -> None:
    raised(openai.RateLimitError, lambda: chat(world, "status-429").invoke("Hello"))
    for model in ("cut", "cut-in-event", "error-in-stream"):
        raised(Exception, lambda: list(chat(world, model).stream("Hello")))
