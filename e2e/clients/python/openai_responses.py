"""OpenAI's SDK for Python, against `/v1/responses`."""

import openai
from world import AFTER_TOOLS, PARAMETERS, TEXT, World, case, raised

TOOL = {"type": "function", "name": "get_weather", "parameters": PARAMETERS, "strict": True}


def sdk(world: World) -> openai.OpenAI:
    return openai.OpenAI(base_url=world.url, api_key=world.key, max_retries=0)


@case("an answer, streamed and not")
def _(world: World) -> None:
    client = sdk(world)
    assert client.responses.create(model="plain", input="Hello").output_text == TEXT
    with client.responses.stream(model="plain", input="Hello") as stream:
        assert stream.get_final_response().output_text == TEXT


@case("a tool call and its result")
def _(world: World) -> None:
    asked = [{"role": "user", "content": "The weather?"}]
    first = sdk(world).responses.create(model="tools", input=asked, tools=[TOOL])
    [call] = [item for item in first.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}
    second = sdk(world).responses.create(model="tools", input=[*asked, call.to_dict(), result], tools=[TOOL])
    assert second.output_text == AFTER_TOOLS


@case("a rate limit")
def _(world: World) -> None:
    raised(openai.RateLimitError, lambda: sdk(world).responses.create(model="status-429", input="Hello"))
