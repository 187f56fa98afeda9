"""A site's two distributions in memory, and bundles to bring there."""

from pathlib import Path

from tests.memory_cloud import MemoryCloud
from tidegate.targets.site import SiteAddress, SiteBundle, SiteFile

BUCKET = "webapp-dev"
ADDRESS = SiteAddress("APP", "TEST", BUCKET, "https://api.test/live", "https://api.test/candidate")
CANDIDATE = {"apiUrl": "https://api.test/candidate"}
LIVE = {"apiUrl": "https://api.test/live"}
ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def site_cloud(*, store: bool) -> MemoryCloud:
    cloud = MemoryCloud()
    cloud.edges.create("TEST", BUCKET, store=store)
    cloud.edges.create("APP", BUCKET, store=store)
    return cloud


def bundle(folder: Path, digest: str, *, assets: tuple[str, ...] = ("shared.js",)) -> SiteBundle:
    """A bundle of a page and hashed assets; the page names its bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(f"<title>{digest[7:9]}</title>", encoding="utf-8")
    files = [SiteFile("index.html", page, "text/html; charset=utf-8", hashed=False)]
    for name in assets:
        source = folder / name
        source.write_text(f"// {name}", encoding="utf-8")
        files.append(SiteFile(f"assets/{name}", source, "text/javascript", hashed=True))
    return SiteBundle(digest, tuple(files))


def page_of(digest: str) -> bytes:
    return f"<title>{digest[7:9]}</title>".encode()


async def served(cloud: MemoryCloud, identity: str) -> bytes:
    """The first page that a distribution without a cache answers with."""
    url = (await cloud.edges.distribution(identity)).url
    return (await cloud.ports.probe.get(f"{url}/"))[1]
