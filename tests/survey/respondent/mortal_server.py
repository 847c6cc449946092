"""Servers of the answering pages to be killed. Run as a module.

Each line read, ``DATABASE_URL KEY_DIR INSTANCE_DIR PORT``, is answered by the process id of a new server. They are
forked from one process that has imported everything, because importing takes longer than what they live.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from waitress.server import create_server

from survey import config, logs
from survey.respondent import create_respondent_app


def serve(database_url: str, key_dir: str, instance_dir: str, port: str) -> None:
    """Serve until killed, also with the test that started us."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    logs.configure("ERROR")
    environ = {"DATABASE_URL": database_url, "KEY_DIR": key_dir, "INSTANCE_DIR": instance_dir}
    settings = config.read({f"KINDRED_{name}": value for name, value in environ.items()})
    create_server(create_respondent_app(settings), host="127.0.0.1", port=int(port), threads=8).run()


def main() -> None:
    """Fork a server for each line of the standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(*line.split())
        print(process, flush=True)


if __name__ == "__main__":
    main()
