"""`mediatheque verify`: the findings of `library/maintenance/verify.py`, a line each, and their repair."""

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence

import structlog

from mediatheque.blobs.mark import StoreMismatch
from mediatheque.cli.database import database_url
from mediatheque.compose import build_library
from mediatheque.config import Config, ConfigError, load, with_database_url
from mediatheque.errors import LibraryError
from mediatheque.library import Library
from mediatheque.library.maintenance.repair import Repair, doubts
from mediatheque.library.maintenance.verify import Finding, Verification
from mediatheque.records.embedded import StartupError
from mediatheque.redaction import hide

_EXIT_FINDINGS, _EXIT_ERROR = 1, 2
_log = structlog.get_logger()


def verify(arguments: argparse.Namespace) -> None:
    """Verify, and end the process: status 0 without findings, 1 with some (repaired or not), 2 after an error."""
    try:
        status = _EXIT_FINDINGS if _findings(arguments) else 0
    except (ConfigError, StartupError, LibraryError) as error:
        sys.stderr.write(f"mediatheque: {hide(str(error))}\n")
        status = _EXIT_ERROR
    except Exception:  # noqa: BLE001 - Python's own exit status 1 would mean a finding
        _log.exception("verify_failed")
        status = _EXIT_ERROR
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # obstore 0.12 can abort an interpreter that ends in order, soon after a request


def _findings(arguments: argparse.Namespace) -> int:
    config = load(os.environ, data=arguments.data)
    _check_library_exists(config)
    build_library(config)  # raises ConfigError before anything is started
    with database_url(config) as url:
        return asyncio.run(_verify(with_database_url(config, url), arguments))


def _check_library_exists(config: Config) -> None:
    """Raise StartupError when there is no library: a wrong folder would become an empty library without findings."""
    if not config.database.url and not (config.data / "postgres").is_dir():
        raise StartupError(f"There is no library in {config.data}.")
    if not config.blobs.in_bucket and not config.blobs.folder.is_dir():
        raise StartupError(f"There is no folder {config.blobs.folder}: is the disk mounted?")


async def _verify(config: Config, arguments: argparse.Namespace) -> int:
    library = build_library(config)
    async with library.database:
        await _claim(library)
        verification = Verification(library.database, library.store, quick=arguments.quick)
        findings = []
        async for finding in verification.findings():
            findings.append(finding)
            _print(_line(finding))
        _print(_summary(verification, findings))
        if arguments.repair and findings:
            await _repair(library, verification, findings, force=arguments.force)
        await library.store.close()
    return len(findings)


async def _claim(library: Library) -> None:
    """Raise StoreMismatch when the store is not that of the database: then nothing in it is lost or superfluous."""
    try:
        await library.store_identity.claim()
    except StoreMismatch as error:
        raise StoreMismatch(f"Nothing can be said about the stored bytes: {error}") from error


async def _repair(library: Library, verification: Verification, findings: Sequence[Finding], *, force: bool) -> None:
    reasons = doubts(verification, findings)
    for reason in reasons:
        _print(f"{reason} {'Repaired because of --force.' if force else 'Nothing is repaired without --force.'}")
    if reasons and not force:
        return
    repair = Repair(library.database, library.store)
    for finding in findings:
        for line in await repair.repair(finding) or [f"left alone: {_line(finding)}"]:
            _print(line)


def _line(finding: Finding) -> str:
    """Format a finding, with tabs between the fields."""
    blob = finding.blob
    about = [f"blob {blob.id}", f"workspace {blob.workspace_id}", f"{blob.size} bytes"] if blob else []
    key = [f"key {finding.storage_key}"] if finding.storage_key else []
    return "\t".join([finding.fault, *about, *key, *([finding.detail] if finding.detail else [])])


def _summary(verification: Verification, findings: Sequence[Finding]) -> str:
    faults = Counter(finding.fault for finding in findings)
    found = ", ".join(f"{count} x {fault}" for fault, count in faults.items()) or "nothing wrong"
    looked_at = f"{verification.blobs} blobs, {verification.bytes_read} bytes read, {verification.stored} stored"
    return f"{looked_at}: {found}."


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
