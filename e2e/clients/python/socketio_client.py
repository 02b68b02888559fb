"""A Socket.IO client that tells what it hears, a line of JSON each, and does what it is told:

    socketio_client.py sync|async URL TRANSPORTS

TRANSPORTS is a list with commas. An order is a line of JSON: `{"emit": NAME, "args": […]}`, which waits for the
acknowledgement, or `{"transport": true}`. It ends with its input.
"""

import asyncio
import json
import sys

import socketio

RECONNECTING = {"reconnection": True, "reconnection_delay": 0.1, "reconnection_delay_max": 0.5}
DEADLINE_S = 20


def tell(what: str, value: object) -> None:
    # In one piece: threads tell things at the same time.
    sys.stdout.write(json.dumps({what: value}) + "\n")
    sys.stdout.flush()


def orders_of(line: str) -> tuple[str, tuple]:
    order = json.loads(line)
    args = tuple(order.get("args", []))
    return order.get("emit"), args[0] if len(args) == 1 else args


def refusal(error: Exception) -> list:
    """What the client has to say of it, and what it keeps of the server's words."""
    return [str(error), *(part for part in error.args[1:])]


def run(url: str, transports: list[str]) -> None:
    client = socketio.Client(**RECONNECTING)
    client.on("*", lambda name, data: tell("event", {"name": name, "data": data}))
    try:
        client.connect(url, transports=transports)
    except socketio.exceptions.ConnectionError as error:
        return tell("refused", refusal(error))
    tell("connected", True)
    for line in sys.stdin:
        name, args = orders_of(line)
        tell("answer", client.call(name, args, timeout=DEADLINE_S) if name else client.transport())
    client.disconnect()


async def run_async(url: str, transports: list[str]) -> None:
    client = socketio.AsyncClient(**RECONNECTING)

    async def hear(name: str, data: object) -> None:
        tell("event", {"name": name, "data": data})

    client.on("*", hear)
    try:
        await client.connect(url, transports=transports)
    except socketio.exceptions.ConnectionError as error:
        return tell("refused", refusal(error))
    tell("connected", True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, args = orders_of(line)
        tell("answer", await client.call(name, args, timeout=DEADLINE_S) if name else client.transport())
    await client.disconnect()


manner, address, wanted = sys.argv[1:]
if manner == "sync":
    run(address, wanted.split(","))
else:
    asyncio.run(run_async(address, wanted.split(",")))
