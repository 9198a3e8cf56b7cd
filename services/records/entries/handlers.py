"""Records over HTTP."""

from collections.abc import Mapping

from aiohttp import web

from services.records.keys import CHANGES, ENTRIES
from shared.contracts.base import PageQuery
from shared.contracts.records import (
    ChangedRecord,
    Delete,
    NewRecord,
    RecordQuery,
    RecordSearch,
    Revoke,
    RevokeMany,
    TriedRecord,
)
from shared.http.requests import read_body, read_query
from shared.http.responses import no_content, reply
from shared.http.service_app import caller

FIELD = "f."
LINES_AT_ONCE = 200


def record_id(request: web.Request) -> int:
    return int(request.match_info["record_id"])


def read_filters(request: web.Request) -> tuple[RecordQuery, dict[str, str]]:
    """The query string, and apart from it the filters by field: `f.<FIELD_CODE>`."""
    plain = [(name, value) for name, value in request.query.items() if not name.startswith(FIELD)]
    fields = {
        name[len(FIELD) :].replace("\0", ""): value.replace("\0", "")
        for name, value in request.query.items()
        if name.startswith(FIELD) and value
    }
    return read_query(request.clone(rel_url=request.rel_url.with_query(plain)), RecordQuery), fields


async def list_records(request: web.Request) -> web.Response:
    return reply(await request.app[ENTRIES].page(caller(request), *read_filters(request)))


async def search_records(request: web.Request) -> web.Response:
    wanted = await read_body(request, RecordSearch)
    return reply(await request.app[ENTRIES].page(caller(request), wanted, wanted.fields))


async def get_record(request: web.Request) -> web.Response:
    return reply(await request.app[ENTRIES].get(caller(request), record_id(request)))


async def list_history(request: web.Request) -> web.Response:
    wanted = read_query(request, PageQuery)
    return reply(await request.app[ENTRIES].history(caller(request), record_id(request), wanted))


async def check_record(request: web.Request) -> web.Response:
    wanted = await read_body(request, TriedRecord)
    return reply(await request.app[CHANGES].check(caller(request), wanted))


async def create_record(request: web.Request) -> web.Response:
    wanted = await read_body(request, NewRecord)
    record = await request.app[CHANGES].create(caller(request), wanted)
    return reply(record, status=201, location=f"/api/v1/records/{record.id}")


async def change_record(request: web.Request) -> web.Response:
    wanted = await read_body(request, ChangedRecord)
    return reply(await request.app[CHANGES].change(caller(request), record_id(request), wanted))


async def delete_record(request: web.Request) -> web.Response:
    wanted = await read_body(request, Delete, optional=True)
    await request.app[CHANGES].delete(caller(request), record_id(request), wanted.reason)
    return no_content()


async def revoke_record(request: web.Request) -> web.Response:
    wanted = await read_body(request, Revoke)
    return reply(await request.app[CHANGES].revoke(caller(request), record_id(request), wanted.reason))


async def restore_record(request: web.Request) -> web.Response:
    wanted = await read_body(request, Revoke)
    return reply(await request.app[CHANGES].restore(caller(request), record_id(request), wanted.reason))


async def revoke_records(request: web.Request) -> web.Response:
    wanted = await read_body(request, RevokeMany)
    return reply(await request.app[CHANGES].revoke_many(caller(request), wanted))


async def export_records(request: web.Request) -> web.StreamResponse:
    return await _export(request, *read_filters(request))


async def export_found(request: web.Request) -> web.StreamResponse:
    wanted = await read_body(request, RecordSearch)
    return await _export(request, wanted, wanted.fields)


async def _export(request: web.Request, wanted: RecordQuery, fields: Mapping[str, str]) -> web.StreamResponse:
    """NDJSON: the definition, then one record a line as the cursor brings them."""
    dataset, records = await request.app[ENTRIES].export(caller(request), wanted, fields)
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    await response.write(f'{{"definition": {dataset.model_dump_json()}}}\n'.encode())
    lines: list[str] = []
    async for record in records:
        lines.append(record.model_dump_json())
        if len(lines) == LINES_AT_ONCE:
            await response.write(("\n".join(lines) + "\n").encode())
            lines.clear()
    if lines:
        await response.write(("\n".join(lines) + "\n").encode())
    await response.write_eof()
    return response
