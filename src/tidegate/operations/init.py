"""`tidegate init`: a pipeline file to begin with, made from what the repository holds."""

import json
from pathlib import Path

from tidegate.changes.git import Repository
from tidegate.config.load import parse
from tidegate.errors import ConfigError, SourceError

HEAD = """# What each key means: docs/tidegate.example.yaml of Tidegate. `tidegate check` checks this file.
product: {product}
branch: {branch}
cloud: embedded

ignore: [docs/**]

components:
"""
BACKEND_COMPONENT = """  backend: [src/**, Dockerfile*, requirements*.txt]
"""
SITE_COMPONENT = """  frontend: [{path}]
"""
REST_COMPONENT = """  everything: ["**"]
"""
BACKEND = """
images:
  backend:
    dockerfile: {dockerfile}
    repository: {product}
    components: [backend]

functions:
  api:
    name: {product}-api-{{env}}
    image: backend
    handler: src.handler.handler  # what the image runs
    api: true
    smoke:
      - get: /health  # a request that the candidate must answer before users can reach it
        expect: {{status: 200}}
"""
SITE = """
site:
  path: {quoted}
  components: [frontend]
  bucket: {product}-site-{{env}}
"""
TAIL = """
environments:
  dev: {}
  staging: {after: dev}
  prod: {after: staging}
"""


def write_first_pipeline(folder: Path, name: str) -> Path:
    """Write a pipeline file that passes `tidegate check`; returns its path.

    Raises:
        ConfigError: When there is one already.
        SourceError: When the folder is in no git repository.
    """
    repository = Repository.open(folder)
    if repository.root is None:
        raise SourceError("a bare repository has no working tree", where=str(folder), what_next="use a clone of it")
    path = repository.root / name
    if path.exists():
        raise ConfigError(f"{name} is there already", where=str(path), what_next="`tidegate check` checks it")
    text = first_pipeline(repository.root, repository.branch() or "main")
    parse(text.encode(), name)
    path.write_text(text, encoding="utf-8")
    return path


def first_pipeline(root: Path, branch: str) -> str:
    """The text of a first pipeline file for a working tree."""
    product = _name(root.name)
    dockerfile = next((found.name for found in sorted(root.glob("Dockerfile*"))), None)
    site = _site(root)
    text = HEAD.format(product=product, branch=json.dumps(branch))
    text += BACKEND_COMPONENT if dockerfile else ""
    text += SITE_COMPONENT.format(path=json.dumps(f"{site}/**")) if site else ""
    text += "" if dockerfile or site else REST_COMPONENT
    text += BACKEND.format(product=product, dockerfile=json.dumps(dockerfile)) if dockerfile else ""
    text += SITE.format(product=product, quoted=json.dumps(site)) if site else ""
    return text + TAIL


def _name(folder: str) -> str:
    cleaned = "".join(c if c.isascii() and c.isalnum() else "-" for c in folder.lower()).strip("-")
    # YAML takes some words for truth values.
    plain = cleaned[:1].isalpha() and cleaned not in {"on", "off", "yes", "no", "true", "false", "null", "y", "n"}
    return cleaned if plain else f"product-{cleaned}".rstrip("-")


def _site(root: Path) -> str | None:
    """The first folder with a package.json that has a build script."""
    for path in sorted((*root.glob("*/package.json"), *root.glob("*/*/package.json"))):
        if "node_modules" in path.parts:
            continue
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        scripts = content.get("scripts") if isinstance(content, dict) else None
        if isinstance(scripts, dict) and "build" in scripts:
            return path.parent.relative_to(root).as_posix()
    return None
