"""Uploads and workbooks over HTTP."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Annotated
from urllib.parse import quote, unquote
from uuid import UUID

import structlog
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import Field, ValidationError

from services.ingest.errors import FormInvalid
from services.ingest.keys import SERVICE
from services.ingest.service.door import IngestService, Stored
from shared.contracts.base import Body
from shared.contracts.records import RecordSearch
from shared.contracts.uploads import Mode, OnDuplicate, RegisterUpload
from shared.errors import Invalid
from shared.http.operations import XLS
from shared.http.requests import invalid, read_body
from shared.http.responses import reply
from shared.http.service_app import caller

_PIECE = 64 * 1024
_LONGEST_FIELD = 256
_LONGEST_NAME = 255
_FORM = 64 * 1024  # what a form's boundaries and fields may add to the file


class UploadForm(Body):
    """The text fields beside the file."""

    dataset: Annotated[str, Field(min_length=1, max_length=64)]
    mode: Mode = "partial"
    on_duplicate: OnDuplicate = "update"
    dry_run: bool = False


async def create_upload(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    if request.content_length is not None:
        service.refuse_size(request.content_length - _FORM)
    stored: list[Stored] = []
    try:
        form, file_name = await _read_form(request, service, stored)
    except BaseException:
        for one in stored:
            await service.discard(one)
        raise
    file = stored[0]
    wanted = RegisterUpload(
        id=file.id, file_name=file_name, file_size=file.size, sha256=file.sha256, **form.model_dump()
    )
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    upload = await service.accept(_identity(request), file, wanted, request_id)
    return reply(upload, status=202, location=f"/api/v1/uploads/{upload.id}")


async def get_template(request: web.Request) -> web.Response:
    dataset, content = await request.app[SERVICE].template(_identity(request), request.match_info["code"])
    return web.Response(body=content, content_type=XLS, headers=_attachment(f"{dataset.name}模板.xls"))


async def get_file(request: web.Request) -> web.StreamResponse:
    upload, pieces = await request.app[SERVICE].file(_identity(request), _upload_id(request))
    return await _stream(request, pieces, upload.file.name, length=upload.file.size)


async def get_rejected(request: web.Request) -> web.StreamResponse:
    pieces = request.app[SERVICE].rejected(_identity(request), caller(request).department.code, _upload_id(request))
    return await _stream(request, pieces, "退回数据.xls")


async def export_records(request: web.Request) -> web.StreamResponse:
    query = dict(request.query)
    if len(query) != len(request.query):
        raise Invalid("同一个参数出现了两次，请只保留一个。")
    return await _stream(
        request, request.app[SERVICE].export(_identity(request), caller(request).department.code, query), "数据导出.xls"
    )


async def export_found(request: web.Request) -> web.StreamResponse:
    """What is searched for may name a person: it comes in the body, and goes on in one."""
    wanted = await read_body(request, RecordSearch)
    return await _stream(
        request,
        request.app[SERVICE].export(_identity(request), caller(request).department.code, wanted),
        "数据导出.xls",
    )


def _identity(request: web.Request) -> str:
    return request.headers["Authorization"]


def _upload_id(request: web.Request) -> UUID:
    return UUID(request.match_info["upload_id"])


async def _read_form(request: web.Request, service: IngestService, stored: list[Stored]) -> tuple[UploadForm, str]:
    """The fields and the file in whatever order they come; the file goes to `stored` as soon as it is kept."""
    if request.content_type != "multipart/form-data":
        raise FormInvalid("请用表单（multipart/form-data）上传，文件放在名为 file 的字段里。", "file", "missing")
    fields: dict[str, str] = {}
    file_name = ""
    try:
        async for part in await request.multipart():
            name = part.name if isinstance(part, BodyPartReader) else None
            if not isinstance(part, BodyPartReader) or name is None:
                raise FormInvalid("表单里有一个没有名称的字段。", "form", "missing")
            if name == "file":
                if stored:
                    raise FormInvalid("一次只能上传一个文件，请分别上传。", "file", "repeated")
                file_name = _file_name(part.filename or "")
                stored.append(await service.store(_pieces(part)))
            elif name not in UploadForm.model_fields:  # not read: thousands of them would hold up everybody
                raise FormInvalid(f"表单里有不认识的字段 {name[:40]}，请检查名称。", name[:40], "extra_forbidden")
            elif name in fields:
                raise FormInvalid(f"字段 {name[:40]} 出现了两次，请只保留一个。", name[:40], "repeated")
            else:
                fields[name] = await _text(part)
    except (ValueError, HttpProcessingError):  # the form's own syntax
        raise FormInvalid("表单的格式不完整，请重新上传。", "file", "malformed") from None
    if not stored:
        raise FormInvalid("没有收到文件。请选择要上报的 .xls 文件（字段名 file）后再提交。", "file", "missing")
    try:
        return UploadForm.model_validate_strings(fields), file_name
    except ValidationError as error:
        raise invalid(error) from None


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(_PIECE):
        yield bytes(piece)


async def _text(part: BodyPartReader) -> str:
    content = b""
    while piece := await part.read_chunk(_LONGEST_FIELD + 1):
        content += piece
        if len(content) > _LONGEST_FIELD:
            raise FormInvalid("字段的内容太长。", str(part.name)[:40], "string_too_long")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise FormInvalid("字段的内容不是文字。", str(part.name)[:40], "string_type")
    return text


def _file_name(sent: str) -> str:
    """The last component of whatever path the browser sends, printable, at most 255 characters."""
    try:
        name = sent.encode("utf-8", "surrogateescape").decode()
    except UnicodeDecodeError:  # an old browser's own code page
        name = sent.encode("utf-8", "surrogateescape").decode("gb18030", "replace")
    if name.isascii() and "%" in name:  # as many programs send it, browsers do not
        with suppress(UnicodeDecodeError):
            name = unquote(name, errors="strict")
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(character for character in last if character.isprintable()).strip()
    if len(plain) > _LONGEST_NAME:
        stem, dot, extension = plain.rpartition(".")
        kept = f"{dot}{extension}" if stem and len(extension) <= 8 else ""
        plain = plain[: _LONGEST_NAME - len(kept)] + kept
    return plain or "未命名.xls"


def _attachment(name: str) -> dict[str, str]:
    """RFC 6266: a plain name for old clients, the Chinese one for all others."""
    plain = "".join(character if character.isascii() and character not in '"\\%;' else "_" for character in name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}


async def _stream(
    request: web.Request, pieces: AsyncGenerator[bytes], name: str, *, length: int | None = None
) -> web.StreamResponse:
    """Nothing is answered before the first piece is there, so that a failure still has its own status."""
    async with aclosing(pieces):
        first = await anext(pieces, b"")
        response = web.StreamResponse(headers={**_attachment(name), "X-Content-Type-Options": "nosniff"})
        response.content_type = XLS
        response.content_length = length
        await response.prepare(request)
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    return response
