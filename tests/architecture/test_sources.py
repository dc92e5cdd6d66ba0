"""Rules for files and names that no linter knows."""

import ast
import os
import re
import tomllib
from collections.abc import Iterator

WORDS = re.compile(
    # architecture.md, section 2: client, batch, agent; and British spelling everywhere.
    r"(?<![a-z])(?:tenants?|campaigns?|workers?(?![ _-]?agent)|cancel(?:ed|ing|able))(?![a-z])",
    re.IGNORECASE,
)
LONGEST = 400


def test_no_source_file_is_too_long(committed_files, root):
    sources = [
        file
        for file in committed_files
        if file.suffix in {".py", ".lua", ".sh"} or file.name == "run"
        if not {"generated", "migrations"} & set(file.parts)
    ]
    lengths = {file.relative_to(root): len(file.read_text().splitlines()) for file in sources}
    assert lengths

    assert {file: length for file, length in lengths.items() if length > LONGEST} == {}


def test_one_word_for_one_thing(our_code, root):
    found = [
        f"{file.relative_to(root)}: {name}"
        for file in our_code
        for name in (_python_names if file.suffix == ".py" else _lua_words)(file.read_text())
        if WORDS.search(_apart(name))
    ]

    assert found == []


def test_the_words_are_found_in_any_kind_of_name():
    bad = ["tenant_id", "TenantStore", "/v1/campaigns", "worker", "isCanceled", "worker_count"]

    assert [name for name in bad if not WORDS.search(_apart(name))] == []


def test_the_name_of_the_agent_s_package_is_no_synonym():
    good = ["mlmon_worker_agent", "worker-agent", "WorkerAgent", "is_cancelled", "cancelling"]

    assert [name for name in good if WORDS.search(_apart(name))] == []


def test_no_file_names_a_checkout_or_a_package_index(committed_files, root):
    entries = "|".join(re.escape(entry.name) for entry in root.iterdir())
    checkout = rf"{re.escape(str(root))}/(?:{entries})(?![\w.-])"
    hosts = (
        r"https?://(?:pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org"
        r"|deb\.debian\.org|security\.debian\.org)"
    )
    forbidden = re.compile(f"{checkout}|{hosts}".encode())
    found = [
        f"{file.relative_to(root)}: {match[0].decode()}"
        for file in committed_files
        for match in forbidden.finditer(file.read_bytes())
    ]

    assert found == []


def test_scripts_are_executable(committed_files, root):
    scripts = [file for file in committed_files if file.read_bytes().startswith(b"#!/")]
    assert {root / "run", root / ".ci" / "run"} <= set(scripts)

    assert [file for file in scripts if not os.access(file, os.X_OK)] == []


def test_all_packages_have_one_version(committed_files, root, apps):
    projects = {
        str(file.relative_to(root)): tomllib.loads(file.read_text())["project"]["version"]
        for file in committed_files
        if file.name == "pyproject.toml" and file.parent != root
    }
    assert len(projects) == len(
        tomllib.loads((root / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    )
    served = {name: app.version for name, app in apps.items()}

    assert len({*projects.values(), *served.values()}) == 1, projects | served


def _apart(name: str) -> str:
    """Return the name with its words apart: TenantStore is tenant_store."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)


def _python_names(source: str) -> Iterator[str]:
    """Yield the names that a module defines, and its strings: URLs, tables, keys, messages."""
    tree = ast.parse(source)
    prose = {
        id(statement.value)
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Constant) and id(node) not in prose:
            yield str(node.value)


def _lua_words(source: str) -> Iterator[str]:
    for line in source.splitlines():
        yield from line.partition("--")[0].split()
