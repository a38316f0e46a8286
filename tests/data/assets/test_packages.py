"""Packages: the real pip against a folder of wheels, and an npm of our own on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from s2f_core.common.atomic import DiskFullError
from s2f_core.common.errors import UserError
from s2f_core.data.assets import packages

NPM = """#!{python}
import pathlib, sys
print(*sys.argv[1:], sep="\\n", file=open({log!r}, "w"))
folder = [word[19:] for word in sys.argv if word.startswith("--pack-destination=")][0]
{body}
"""


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "dest"
    folder.mkdir()
    return folder


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only index, with tiny 1.0 in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_pack-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_pack/data.bin", b"data")
        meta = "tiny_pack-1.0.dist-info"
        wheel.writestr(f"{meta}/METADATA", "Metadata-Version: 2.1\nName: tiny-pack\nVersion: 1.0\n")
        wheel.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        wheel.writestr(f"{meta}/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Path:
    """Put an npm on the PATH that runs ``body``; returns the file with its arguments."""
    program, log = folder / "npm", folder / "arguments"
    program.write_text(NPM.format(python=sys.executable, log=str(log), body=body))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return log


def fake_run(monkeypatch: pytest.MonkeyPatch, stderr: str) -> None:
    """Let every program fail with this message."""

    def run(command: list[str], **_named: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", stderr)

    monkeypatch.setattr(subprocess, "run", run)


def test_pip_downloads_a_wheel(wheels: Path, dest: Path) -> None:
    """The user's own pip configuration chooses the index; here, a folder."""
    wheel = packages.download_wheel("tiny-pack==1.0", dest, 100)
    assert wheel == dest / "tiny_pack-1.0-py3-none-any.whl"
    assert wheel.read_bytes() == (wheels / wheel.name).read_bytes()


def test_an_unknown_package_gives_pips_reason(wheels: Path, dest: Path) -> None:
    """Without its warnings."""
    with pytest.raises(UserError, match=r"pip failed: .*No matching distribution.*tiny-pack==2.0"):
        packages.download_wheel("tiny-pack==2.0", dest, 100)


def test_a_network_that_is_away_is_pips_reason(dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip says it in a warning, with an address in memory, and calls something else an error."""
    message = (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError("
        "'<pip._vendor.X object at 0x7eff58273010>: Failed to establish a new connection: "
        "[Errno -2] Name or service not known')': /simple/x/\n"
        "ERROR: No matching distribution found for x==1 in https://me:s3cr3t@host/simple\n"
    )
    fake_run(monkeypatch, message)
    with pytest.raises(UserError) as caught:
        packages.download_wheel("x==1", dest, 100)
    assert str(caught.value) == (
        "pip failed: Name or service not known / ERROR: No matching distribution found for x==1 "
        "in https://***@host/simple"
    )


def test_the_pip_command_accepts_wheels_only(dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source's options are passed on, and no code of a package is run or installed."""
    commands = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        (dest / "x.whl").write_bytes(b"")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    packages.download_wheel("x==1", dest, 100, ["--abi", "cp311"])
    (command,) = commands
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", f"--dest={dest}"} <= set(command)
    assert command[-3:] == ["--abi", "cp311", "x==1"]


def test_a_full_disk_under_pip_is_a_disk_full_error(
    dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever pip's own message is."""
    message = "ERROR: Could not install: [Errno 28] No space left on device"
    fake_run(monkeypatch, message)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=0))
    with pytest.raises(DiskFullError, match="dest: the disk is full"):
        packages.download_wheel("x==1", dest, 100)


def test_pip_has_a_timeout(dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does not finish in time is an error."""

    def run(*_args: object, timeout: float, **_named: object) -> None:
        raise subprocess.TimeoutExpired("pip", timeout)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(UserError, match="pip did not finish within 1800 seconds"):
        packages.download_wheel("x==1", dest, 100)


def test_a_missing_pip_is_an_error(dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a line marked as an error, the last line is the reason."""
    message = "/somewhere/python: No module named pip\n"
    fake_run(monkeypatch, message)
    with pytest.raises(UserError, match=r"pip failed: .*No module named pip"):
        packages.download_wheel("x==1", dest, 100)


def test_npm_downloads_a_tarball(
    tmp_path: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One package, without running its scripts."""
    log = fake_npm(tmp_path, monkeypatch, "pathlib.Path(folder, 's-n-1.0.0.tgz').write_text('x')")
    assert packages.download_npm_tarball("@s/n@1.0.0", dest, 100) == dest / "s-n-1.0.0.tgz"
    arguments = log.read_text().splitlines()
    assert arguments[:2] == ["pack", "@s/n@1.0.0"]
    assert "--ignore-scripts" in arguments


def test_an_unknown_npm_package_gives_npms_reason(
    tmp_path: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without npm's hint about its log."""
    body = "sys.exit('npm warn x\\nnpm error 404 n@9.9.9 is not here\\n"
    fake_npm(tmp_path, monkeypatch, body + "npm error A complete log of this run is in /x')")
    with pytest.raises(UserError, match=r"npm failed: npm error 404 n@9\.9\.9 is not here$"):
        packages.download_npm_tarball("n@9.9.9", dest, 100)


def test_npms_advice_is_left_out(
    tmp_path: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason stands first."""
    lines = [
        "npm error code ECONNREFUSED",
        "npm error FetchError: request failed, reason: connect ECONNREFUSED",
        "npm error     at ClientRequest",
        "npm error If you are behind a proxy, please make sure that the",
        "npm error 'proxy' config is set properly.",
    ]
    fake_npm(tmp_path, monkeypatch, f"sys.exit({chr(10).join(lines)!r})")
    with pytest.raises(UserError, match=r"npm failed: npm error FetchError: .*ECONNREFUSED"):
        packages.download_npm_tarball("n@9.9.9", dest, 100)


def test_a_missing_npm_is_an_error(
    tmp_path: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"npm is not on the PATH.*S2F_MIRROR"):
        packages.download_npm_tarball("n@1.0.0", dest, 100)


def test_npm_without_a_file_is_an_error(
    tmp_path: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if it reports success."""
    fake_npm(tmp_path, monkeypatch, "")
    with pytest.raises(UserError, match="npm left 0 files"):
        packages.download_npm_tarball("n@1.0.0", dest, 100)


@pytest.mark.parametrize(
    ("scheme", "package"),
    [
        ("pypi", "name"),
        ("pypi", "name>=1"),
        ("pypi", "-rfile==1"),
        ("pypi", "name==1 --pre"),
        ("npm", "name"),
        ("npm", "name@latest"),
        ("npm", "--x@1.0.0"),
        ("npm", "../folder@1.0.0"),
    ],
)
def test_only_exact_versions_are_accepted(scheme: str, package: str) -> None:
    """Nothing except a name and a version reaches a command line."""
    with pytest.raises(UserError, match=f"is not {scheme}:NAME"):
        packages.parse_package(scheme, package)
