"""LiteLLM as a client of the router."""

import json

import litellm
from world import MESSAGES, SCHEMA_VALUE, TEXT, THOUGHT, TOOL, WEATHER, World, case, raised

SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "weather",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "degrees": {"type": "number"}},
            "required": ["city", "degrees"],
            "additionalProperties": False,
        },
    },
}


def chat(world: World, model: str, **more: object):
    return litellm.completion(
        model=f"openai/{model}", api_base=world.url, api_key=world.key, messages=MESSAGES, max_retries=0, **more
    )


def words(stream):
    for chunk in stream:
        yield chunk.choices[0].delta.content if chunk.choices else None


@case("a chat, streamed and not")
def _(world: World) -> None:
    answer = chat(world, "plain")
    assert answer.choices[0].message.content == TEXT
    assert answer.usage.completion_tokens == 7
    assert "".join(word or "" for word in words(chat(world, "plain", stream=True))) == TEXT


@case("what streams arrives as it is sent")
def _(world: World) -> None:
    world.arrives_as_sent(words(chat(world, "gated", stream=True)))


@case("thoughts arrive")
def _(world: World) -> None:
    assert chat(world, "reasoning").choices[0].message.reasoning_content == THOUGHT


@case("tool calls, streamed and not")
def _(world: World) -> None:
    [call] = chat(world, "tools", tools=[TOOL]).choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == WEATHER
    chunks = list(chat(world, "parallel", tools=[TOOL], stream=True))
    calls = litellm.stream_chunk_builder(chunks).choices[0].message.tool_calls
    assert [call.id for call in calls] == ["call_weather_1", "call_weather_2"]


@case("structured output")
def _(world: World) -> None:
    answer = chat(world, "schema", response_format=SCHEMA)
    assert json.loads(answer.choices[0].message.content) == SCHEMA_VALUE


@case("embeddings")
def _(world: World) -> None:
    answer = litellm.embedding(model="openai/plain", api_base=world.url, api_key=world.key, input=["one"])
    assert answer.data[0]["embedding"] == [0.5, -0.25, 0.125]


@case("a rate limit, a wrong key, and a stream that is cut")
def _(world: World) -> None:
    raised(litellm.RateLimitError, lambda: chat(world, "status-429"))
    raised(litellm.AuthenticationError, lambda: chat(world, "status-401"))
    raised(Exception, lambda: list(chat(world, "cut", stream=True)))
