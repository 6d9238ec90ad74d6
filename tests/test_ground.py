"""What the project stands on: pins, declared dependencies, the package list and the import rules."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
ROOMS = ("seeds", "index", "rag", "ui", "eval")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = [Requirement(text) for texts in PROJECT["optional-dependencies"].values() for text in texts]
REQUIRED = [Requirement(text) for text in PROJECT["dependencies"]]
DECLARED = {canonicalize_name(requirement.name): requirement for requirement in REQUIRED + EXTRAS} | {
    "pip": Requirement("pip")  # seeds fetches models with it; every venv has it
}
PIN = re.compile(r"([A-Za-z0-9._-]+)==([0-9][0-9A-Za-z.]*)")


def tracked() -> list[Path]:
    """Files under version control, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    matches = [PIN.fullmatch(line) for line in lines if line and not line.startswith("#")]
    assert None not in matches, "every line of constraints.txt is name==version, without a local part, hash or option"
    return {canonicalize_name(match[1]): match[2] for match in matches if match}


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    pinned = pins()
    for name, requirement in DECLARED.items():
        if name != canonicalize_name(PROJECT["name"]):
            assert name in pinned, name
            assert requirement.specifier.contains(pinned[name]), f"{requirement}, pinned {pinned[name]}"


def test_everything_installed_for_us_is_pinned_and_nothing_else() -> None:
    waiting = [*REQUIRED, *EXTRAS, Requirement("pip")]
    seen: set[tuple[str, frozenset[str]]] = set()
    installed = {}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in seen or name == canonicalize_name(PROJECT["name"]):
            continue
        seen.add(key)
        found = distribution(requirement.name)
        installed[name] = found.version.partition("+")[0]
        for text in found.requires or []:
            needed = Requirement(text)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    assert installed == pins()


def test_every_imported_package_is_declared() -> None:
    owners = packages_distributions()
    ours = {*ROOMS, *(path.stem for path in (ROOT / "tests").glob("*.py"))}
    for path in tracked():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names} - ours - sys.stdlib_module_names:
                # a namespace such as llama_index belongs to many distributions: any declared one will do
                found = {canonicalize_name(owner) for owner in owners.get(top, [])}
                assert found & DECLARED.keys(), f"{path.relative_to(ROOT)} imports {top}, which is not declared"


def test_no_file_names_a_registry() -> None:
    hosts = re.compile(r"py" r"pi\.org|python" r"hosted\.org|--(extra-)?index-url|--find-links", re.I)
    for path in tracked():
        found = hosts.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None or path == Path(__file__), f"{path.relative_to(ROOT)} names {found}"


def test_package_list_is_complete() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == found


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_import_rules_hold() -> None:
    shown = lint_imports(ROOT)
    assert shown.returncode == 0, shown.stdout


BAD_IMPORTS = {
    "seeds": "faiss, fastapi, huggingface_hub, kiwipiepy, llama_index, pymilvus, ray, torch, typer, xllamacpp, rag",
    "rag": "docx, index.local_store, sqlite3",
    "rag.settings": "index",
    "ui": "eval",
}


def test_every_import_rule_can_be_broken(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for module, names in BAD_IMPORTS.items():
        path = tmp_path / module.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        path.write_text(path.read_text(encoding="utf-8") + f"\nimport {names}\n", encoding="utf-8")
    shown = lint_imports(tmp_path)
    contracts = {contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
    assert set(re.findall(r"^(.+) BROKEN", shown.stdout, re.M)) == contracts, shown.stdout
