"""The files a browser gets: the built web interface, where there is one, and the page that describes the API."""

from pathlib import Path

from aiohttp import web

from services.gateway.keys import SETTINGS

HERE = Path(__file__).parent / "docs"
IMMUTABLE = "public, max-age=31536000, immutable"
COMPRESSED = frozenset({".br", ".gz"})
WEBP = {"Content-Type": "image/webp"}  # which Python 3.11 does not know


async def get_docs(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(HERE / "index.html", headers={"Cache-Control": "no-cache"})


async def get_docs_file(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(HERE / request.match_info["name"], headers={"Cache-Control": "no-cache"})


async def get_asset(request: web.Request) -> web.StreamResponse:
    """A hashed file of the build. A missing one is a 404, never index.html: an old tab would run html as script."""
    folder = request.app[SETTINGS].web / "assets"
    path = folder / request.match_info["name"]
    if path.suffix in COMPRESSED or path.resolve().parent != folder.resolve() or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Cache-Control": IMMUTABLE, **(WEBP if path.suffix == ".webp" else {})})


async def get_page(request: web.Request) -> web.StreamResponse:
    """The single-page interface for every other address; without a build, a page that says where the API is."""
    web_folder = request.app[SETTINGS].web
    name = request.match_info["page"]
    if name and "/" not in name and "." in name:
        path = web_folder / name
        if path.is_file() and path.suffix not in COMPRESSED:
            return web.FileResponse(path, headers={"Cache-Control": "no-cache"})
        raise web.HTTPNotFound
    index = web_folder / "index.html"
    if not index.is_file():
        index = HERE / "start.html"
    return web.FileResponse(index, headers={"Cache-Control": "no-cache"})


PAGES = [
    web.get("/api/docs", get_docs),
    web.get(r"/api/docs/{name:docs\.(?:js|css)}", get_docs_file),
    web.get("/assets/{name}", get_asset),
    web.get(r"/{page:(?!api/).*}", get_page),
]
