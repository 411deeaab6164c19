"""Running wrk and parsing its output."""

import re
import subprocess


def requests_per_second(port: int, path: str, headers: dict[str, str], seconds: int) -> float:
    """Use 2 threads and 16 connections. Raises `RuntimeError` when a response was not 2xx or a socket failed."""
    command = ["wrk", "-t2", "-c16", f"-d{seconds}s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])
