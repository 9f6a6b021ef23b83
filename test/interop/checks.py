"""Runs the check_* functions of a script and tells of each in a line of JSON: {"check", "error"}."""

import asyncio
import inspect
import json
import traceback


def run_checks(module, *arguments):
    for name, check in list(module.items()):
        if not name.startswith("check_"):
            continue
        try:
            if inspect.iscoroutinefunction(check):
                asyncio.run(check(*arguments))
            else:
                check(*arguments)
            error = None
        except BaseException:
            error = traceback.format_exc()
        print(json.dumps({"check": name.removeprefix("check_"), "error": error}), flush=True)


def refused(call, error_type, *words):
    """The message of the error that `call` raises, which has all the words."""
    try:
        answer = call()
    except error_type as error:
        return has_words(error, words)
    raise AssertionError(f"no error, but {answer}")


async def refused_async(awaitable, error_type, *words):
    try:
        answer = await awaitable
    except error_type as error:
        return has_words(error, words)
    raise AssertionError(f"no error, but {answer}")


def has_words(error, words):
    message = str(error)
    for word in words:
        assert word in message, f"{word!r} is not in {message!r}"
    return error
