"""Runs the cases of one client: `driver.py MODULE` names them, then takes one order a line and answers it with one."""

import importlib
import json
import sys
import traceback

from world import CASES, World


def carried_out(order: dict) -> dict:
    try:
        CASES[order["case"]](World(**order["world"]))
    except BaseException:
        return {"ok": False, "error": traceback.format_exc()}
    return {"ok": True}


def main() -> None:
    importlib.import_module(sys.argv[1])
    answers = sys.stdout
    sys.stdout = sys.stderr
    print(json.dumps({"cases": list(CASES)}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(carried_out(json.loads(line))), file=answers, flush=True)


main()
