"""Ends this process when nobody needs it any more, or when it takes more memory than it may."""

import os
import signal
import threading
import time
from typing import Callable, Optional

MIB = 2**20


def watch(parent: int, memory_bytes: Optional[int]) -> None:
    """Looks every second whether the server lives, and every 50 ms at the memory where that is bounded.

    It is a thread: while native code holds the interpreter's lock, it waits for it. What is taken and freed in between
    is not seen.
    """
    threading.Thread(target=_watch, args=(parent, memory_bytes), name="slipway-watchdog", daemon=True).start()


def _watch(parent: int, memory_bytes: Optional[int]) -> None:
    pause = 1.0 if memory_bytes is None else 0.05
    resident = _resident_reader()
    while True:
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        if memory_bytes is not None:
            taken = resident()
            if taken > memory_bytes:
                limit = _mib(memory_bytes)
                line = f"it took {_mib(taken)} of memory, more than the {limit} of serve.memory\n"
                os.write(2, line.encode())
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(pause)


def _resident_reader() -> Callable[[], int]:
    """A way to ask for the bytes of resident memory; where the system does not tell, the most there ever were."""
    try:
        statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        import resource

        return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    page = os.sysconf("SC_PAGE_SIZE")
    return lambda: int(os.pread(statm, 64, 0).split()[1]) * page


def _mib(count: int) -> str:
    return f"{-(-count // MIB)} MiB"
