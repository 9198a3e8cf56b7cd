"""Datasets over HTTP."""

from aiohttp import web

from services.records.keys import DATASETS
from shared.contracts.datasets import DatasetBase, DatasetFilter, TriedDataset
from shared.datasets.definition import DatasetDraft
from shared.http.requests import read_body, read_query
from shared.http.responses import reply
from shared.http.service_app import caller


async def list_datasets(request: web.Request) -> web.Response:
    wanted = read_query(request, DatasetFilter)
    return reply(await request.app[DATASETS].page(caller(request), wanted))


async def get_dataset(request: web.Request) -> web.Response:
    return reply(await request.app[DATASETS].get(caller(request), request.match_info["code"]))


async def list_dataset_versions(request: web.Request) -> web.Response:
    return reply(await request.app[DATASETS].versions(caller(request), request.match_info["code"]))


async def create_dataset(request: web.Request) -> web.Response:
    draft = await read_body(request, DatasetDraft)
    dataset = await request.app[DATASETS].create(caller(request), draft)
    return reply(dataset, status=201, location=f"/api/v1/datasets/{dataset.code}")


async def change_dataset(request: web.Request) -> web.Response:
    base = read_query(request, DatasetBase)
    draft = await read_body(request, DatasetDraft)
    code = request.match_info["code"]
    return reply(await request.app[DATASETS].change(caller(request), code, draft, based_on=base.based_on))


async def try_dataset(request: web.Request) -> web.Response:
    return reply(await request.app[DATASETS].trial(await read_body(request, TriedDataset)))
