"""Anthropic's SDK for Python, in front of a provider that speaks OpenAI's protocol alone."""

import anthropic
from world import AFTER_TOOLS, MESSAGES, PARAMETERS, TEXT, WEATHER, World, case, raised

TOOL = {"name": "get_weather", "description": "The weather in a city", "input_schema": PARAMETERS}


def sdk(world: World) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=world.root, api_key=world.key, max_retries=0)


def create(world: World, model: str, **more: object):
    return sdk(world).messages.create(**{"model": model, "max_tokens": 100, "messages": MESSAGES, **more})


def stream(world: World, model: str, **more: object):
    return sdk(world).messages.stream(model=model, max_tokens=100, messages=MESSAGES, **more)


def whole(world: World, model: str, **more: object) -> anthropic.types.Message:
    with stream(world, model, **more) as events:
        return events.get_final_message()


@case("a message, streamed and not")
def _(world: World) -> None:
    for message in (create(world, "plain", system="Be short."), whole(world, "plain")):
        assert message.content[0].text == TEXT
        assert message.stop_reason == "end_turn"
        assert message.usage.output_tokens == 7


@case("what streams arrives as it is sent")
def _(world: World) -> None:
    with stream(world, "gated") as events:
        world.arrives_as_sent(events.text_stream)


@case("a tool call and its result, streamed and not")
def _(world: World) -> None:
    for message in (create(world, "tools", tools=[TOOL]), whole(world, "tools", tools=[TOOL])):
        assert message.stop_reason == "tool_use"
        [call] = [block for block in message.content if block.type == "tool_use"]
        assert (call.name, call.input) == ("get_weather", WEATHER)
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "21 degrees"}
        messages = [*MESSAGES, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
        assert create(world, "tools", tools=[TOOL], messages=messages).content[0].text == AFTER_TOOLS


@case("tokens are counted")
def _(world: World) -> None:
    assert sdk(world).messages.count_tokens(model="plain", messages=MESSAGES).input_tokens > 0


@case("errors, and a stream that is cut or fails in the middle")
def _(world: World) -> None:
    error = raised(anthropic.RateLimitError, lambda: create(world, "status-429"))
    assert error.response.headers["retry-after"] == "97" and "slow down" in str(error)
    raised(anthropic.AuthenticationError, lambda: create(world, "status-401"))
    raised(anthropic.InternalServerError, lambda: create(world, "html"))
    for model in ("cut", "cut-in-event", "error-in-stream"):
        raised(Exception, lambda: whole(world, model))


@case("whoever leaves a stream ends the request upstream")
def _(world: World) -> None:
    def begin():
        events = create(world, "endless", stream=True)
        next(iter(events))
        return events.close

    world.leaving_ends_upstream("endless", begin)
