"""Python imports this at its start when its folder is on PYTHONPATH: what a process connects to, runs and opens is written down.

The interpreter tells it itself (PEP 578), so nothing of the guide is replaced. `AUDIT_FILE`: where one line a thing goes.
"""

import os
import sys

WATCHED = (
    "open", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind", "sqlite3.connect",
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.mkdir", "os.rename", "os.remove", "urllib.Request",
)  # fmt: skip

if "AUDIT_FILE" in os.environ:
    out = os.open(os.environ["AUDIT_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def seen(event: str, arguments: tuple[object, ...]) -> None:
        if event in WATCHED:
            told = arguments[1:] if event.startswith("socket.") and event != "socket.getaddrinfo" else arguments
            os.write(out, f"{event}\t{told!a}\n".encode())

    sys.addaudithook(seen)
