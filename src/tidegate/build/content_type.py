"""Content types and names of site files: the same on every machine, whatever its own tables say."""

import re
from pathlib import PurePosixPath

_DEFAULT = "application/octet-stream"
_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".gif": "image/gif",
    ".htm": "text/html; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}

# What bundlers put before the extension: `index-DiwrgTda.js`, `main.3f2a1b4c.css`.
_HASHED = re.compile(r".+[-.]([A-Za-z0-9_-]{8,64})(?:\.[a-z0-9]+)+")


def content_type(path: str) -> str:
    """The Content-Type of a site file, by its extension."""
    return _TYPES.get(PurePosixPath(path).suffix.lower(), _DEFAULT)


def is_hashed(path: str) -> bool:
    """Whether a file's name holds a hash of its content, so that it never changes under that name.

    Careful rather than complete: a file at the top, or one whose name may be plain words, is not taken for hashed; all
    that it loses is a long life in caches.
    """
    folder, _, name = path.rpartition("/")
    match = _HASHED.fullmatch(name)
    if not folder or match is None:
        return False
    text = match[1]
    mixed = any(c.islower() for c in text) and any(c.isupper() for c in text[1:])
    return mixed or (any(c.isdigit() for c in text) and any(c.isalpha() for c in text))
