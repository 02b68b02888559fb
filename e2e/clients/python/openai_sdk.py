"""OpenAI's SDK for Python."""

import asyncio
import json

import openai
from pydantic import BaseModel
from world import MESSAGES, SCHEMA_VALUE, TEXT, THOUGHT, TOOL, WEATHER, World, case, raised

CLASSES = {
    400: openai.BadRequestError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
    # The last one: the Qwen proxy sends nothing more with a key that was rejected.
    403: openai.PermissionDeniedError,
}


class Weather(BaseModel):
    city: str
    degrees: float


def sdk(world: World, **more: object) -> openai.OpenAI:
    return openai.OpenAI(base_url=world.url, api_key=world.key, max_retries=0, **more)


def words(stream: openai.Stream):
    for chunk in stream:
        yield chunk.choices[0].delta.content if chunk.choices else None


def chat(world: World, model: str, **more: object):
    return sdk(world).chat.completions.create(model=model, messages=MESSAGES, **more)


def streamed(world: World, model: str) -> str:
    return "".join(word or "" for word in words(chat(world, model, stream=True)))


@case("a chat, streamed and not")
def _(world: World) -> None:
    whole = chat(world, "plain", extra_body={"enable_thinking": False})
    assert whole.choices[0].message.content == TEXT
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (11, 7)
    assert world.asked("plain")[-1]["body"]["enable_thinking"] is False
    assert streamed(world, "plain") == TEXT


@case("the usage of a stream comes if it is asked for, and only then")
def _(world: World) -> None:
    asked = list(chat(world, "plain", stream=True, stream_options={"include_usage": True}))
    assert asked[-1].usage.total_tokens == 18
    assert all(chunk.usage is None for chunk in chat(world, "plain", stream=True))


@case("what streams arrives as it is sent")
def _(world: World) -> None:
    world.arrives_as_sent(words(chat(world, "gated", stream=True)))


@case("thoughts arrive")
def _(world: World) -> None:
    assert chat(world, "reasoning").choices[0].message.reasoning_content == THOUGHT
    deltas = [chunk.choices[0].delta for chunk in chat(world, "reasoning", stream=True)]
    assert "".join(getattr(delta, "reasoning_content", "") or "" for delta in deltas) == THOUGHT


@case("tool calls, streamed and not")
def _(world: World) -> None:
    [call] = chat(world, "tools", tools=[TOOL]).choices[0].message.tool_calls
    assert (call.id, call.function.name) == ("call_weather_1", "get_weather")
    with sdk(world).chat.completions.stream(model="parallel", messages=MESSAGES, tools=[TOOL]) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert [call.id for call in calls] == ["call_weather_1", "call_weather_2"]
    assert json.loads(calls[0].function.arguments) == WEATHER


@case("structured output, parsed by the SDK")
def _(world: World) -> None:
    answer = sdk(world).chat.completions.parse(model="schema", messages=MESSAGES, response_format=Weather)
    assert answer.choices[0].message.parsed.model_dump() == SCHEMA_VALUE


@case("completions, embeddings and models")
def _(world: World) -> None:
    client = sdk(world)
    assert client.completions.create(model="plain", prompt="Once").choices[0].text == TEXT
    vectors = client.embeddings.create(model="plain", input=["one", "two"]).data
    assert [one.embedding for one in vectors] == [[0.5, -0.25, 0.125], [1.5, -0.25, 0.125]]
    assert "plain" in [model.id for model in client.models.list()]
    assert client.models.retrieve("plain").id == "plain"


@case("every class of error, with what the provider said")
def _(world: World) -> None:
    for status, kind in CLASSES.items():
        error = raised(kind, lambda: chat(world, f"status-{status}", stream=status % 2 == 0))
        assert error.status_code == status
        assert error.request_id == f"req_{status}"


@case("a rate limit says when to come again")
def _(world: World) -> None:
    error = raised(openai.RateLimitError, lambda: chat(world, "status-429"))
    assert error.response.headers["retry-after"] == "97"
    assert "slow down" in error.message
    raised(openai.RateLimitError, lambda: chat(world, "status-429", stream=True))


@case("a wrong key")
def _(world: World) -> None:
    assert raised(openai.AuthenticationError, lambda: chat(world, "status-401")).status_code == 401


@case("a stream that is cut, or fails in the middle, is raised")
def _(world: World) -> None:
    for model in ("cut", "cut-in-event", "error-in-stream"):
        raised(Exception, lambda: streamed(world, model))
    assert raised(openai.APIError, lambda: streamed(world, "cut")).code == "upstream_cut"
    assert "caught fire" in str(raised(openai.APIError, lambda: streamed(world, "error-in-stream")))
    raised(openai.APIError, lambda: chat(world, "half-json"))


@case("a web page, nothing at all, and silence")
def _(world: World) -> None:
    for model in ("html", "empty"):
        assert raised(openai.InternalServerError, lambda: chat(world, model)).status_code == 502
    impatient = sdk(world, timeout=0.3)
    raised(openai.APITimeoutError, lambda: impatient.chat.completions.create(model="silent", messages=MESSAGES))


@case("whoever leaves a stream ends the request upstream")
def _(world: World) -> None:
    def begin():
        stream = chat(world, "endless", stream=True)
        next(stream)
        return stream.close

    world.leaving_ends_upstream("endless", begin)


@case("a task that is cancelled before its answer begins ends the request upstream")
def _(world: World) -> None:
    loop = asyncio.new_event_loop()

    async def begun(before: int) -> asyncio.Task:
        client = openai.AsyncOpenAI(base_url=world.url, api_key=world.key, max_retries=0)
        task = asyncio.create_task(client.chat.completions.create(model="silent", messages=MESSAGES))
        while len(world.asked("silent")) == before:
            await asyncio.sleep(0.005)
        return task

    async def cancelled(task: asyncio.Task) -> None:
        task.cancel()
        await asyncio.wait([task])

    def begin():
        task = loop.run_until_complete(begun(len(world.asked("silent"))))
        return lambda: loop.run_until_complete(cancelled(task))

    world.leaving_ends_upstream("silent", begin)
    loop.close()
