"""The process from its start to its end."""

import os
import sys
import traceback

from . import stdio
from .frames import FrameError

SOCKET = 3


def main() -> None:
    stdio.by_line()
    os.set_inheritable(SOCKET, False)
    os.set_blocking(SOCKET, True)
    # What a model forks must not hold the socket open after this process is gone.
    os.register_at_fork(after_in_child=_close_socket)
    # Not before, since whatever they import might print.
    from .session import Session, serve

    try:
        serve(SOCKET, Session())
    except (BrokenPipeError, ConnectionResetError):
        # The server is gone.
        pass
    except FrameError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except MemoryError:
        traceback.print_exc()
        os._exit(1)


def _close_socket() -> None:
    try:
        os.close(SOCKET)
    except OSError:
        pass
