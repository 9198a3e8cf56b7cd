"""The HTTP surface of datasets."""

from services.records.datasets import handlers
from shared.contracts.base import Page
from shared.contracts.datasets import (
    DatasetBase,
    DatasetChanged,
    DatasetFilter,
    DatasetTrial,
    DatasetVersions,
    ListedDataset,
    TriedDataset,
)
from shared.datasets.definition import Dataset, DatasetDraft
from shared.http.operations import ADMIN, Group, Operation

PATH = "/api/v1/datasets"
ONE = PATH + r"/{code:[A-Za-z][A-Za-z0-9_]*}"

OPERATIONS = [
    Operation(
        "GET",
        PATH,
        handlers.list_datasets,
        "数据集列表",
        Group.DATASETS,
        query=DatasetFilter,
        answer=Page[ListedDataset],
    ),
    Operation("GET", ONE, handlers.get_dataset, "一个数据集", Group.DATASETS, answer=Dataset),
    Operation(
        "GET", f"{ONE}/versions", handlers.list_dataset_versions, "各个版本", Group.DATASETS, answer=DatasetVersions
    ),
    Operation(
        "POST",
        PATH,
        handlers.create_dataset,
        "新建数据集",
        Group.DATASETS,
        roles=ADMIN,
        body=DatasetDraft,
        answer=Dataset,
        status=201,
        problems=(409,),
    ),
    Operation(
        "POST",
        f"{PATH}/trial",
        handlers.try_dataset,
        "试用数据集定义：只检查，不保存",
        Group.DATASETS,
        roles=ADMIN,
        body=TriedDataset,
        answer=DatasetTrial,
        reads=True,
    ),
    Operation(
        "PUT",
        ONE,
        handlers.change_dataset,
        "修改数据集（新版本）",
        Group.DATASETS,
        roles=ADMIN,
        query=DatasetBase,
        problems=(409,),
        body=DatasetDraft,
        answer=DatasetChanged,
    ),
]
