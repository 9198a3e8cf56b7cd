"""Datasets: who may see which, and new versions of them."""

import msgspec

from services.records.audit import repository as audit
from services.records.datasets import repository
from services.records.datasets.differences import changes_between
from services.records.datasets.errors import (
    DatasetChangedMeanwhile,
    DatasetExists,
    DatasetInvalid,
    DatasetNotFound,
)
from shared.clock import today
from shared.contracts.base import Page
from shared.contracts.datasets import (
    DatasetChanged,
    DatasetFilter,
    DatasetTrial,
    DatasetVersion,
    DatasetVersions,
    ListedDataset,
    TriedDataset,
)
from shared.contracts.identity import Identity
from shared.contracts.problem import FieldError
from shared.contracts.uploads import RowProblem
from shared.datasets.check import RowCheck, row_check
from shared.datasets.definition import Dataset, DatasetDraft, Roles
from shared.datasets.masking import public_values
from shared.datasets.roles import MOST_IDENTIFIERS, roles_of
from shared.db.database import Conn, Database


class DatasetsService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, identity: Identity, wanted: DatasetFilter) -> Page[ListedDataset]:
        async with self._db.reading() as conn:
            listed, total = await repository.list_datasets(conn, identity.department_scope, wanted)
        items = [
            ListedDataset(**dict(one.definition), created_at=one.created_at, created_by=one.created_by)
            for one in listed
        ]
        return Page(items=items, page=wanted.page, size=wanted.size, total=total)

    async def get(self, identity: Identity, code: str) -> Dataset:
        """Raises DatasetNotFound, also for a dataset the caller's department neither reports nor has records of."""
        async with self._db.reading() as conn:
            return await self._readable(conn, identity, code)

    async def versions(self, identity: Identity, code: str) -> DatasetVersions:
        async with self._db.reading() as conn:
            await self._readable(conn, identity, code)
            versions = await repository.list_versions(conn, code)
        earlier = [version.definition for version in versions[1:]]
        return DatasetVersions(
            items=[
                DatasetVersion(
                    version=version.definition.version,
                    current=version.current,
                    created_at=version.created_at,
                    created_by=version.created_by,
                    changes=changes_between(before, version.definition) if before else [],
                    definition=version.definition,
                )
                for version, before in zip(versions, [*earlier, None], strict=True)
            ]
        )

    async def create(self, identity: Identity, draft: DatasetDraft) -> Dataset:
        dataset = _fitting(draft, version=1)
        async with self._db.transaction() as conn:
            await repository.lock_dataset(conn, draft.code)
            if await repository.newest_version(conn, draft.code) is not None:
                raise DatasetExists(f"编码 {draft.code} 已经有数据集在用，请换一个编码，或修改原来的数据集。")
            await repository.add_version(conn, dataset, identity.user_name)
            await audit.add(conn, identity, "dataset.created", f"dataset {dataset.code} v1")
        return dataset

    async def change(
        self, identity: Identity, code: str, draft: DatasetDraft, *, based_on: int | None = None
    ) -> DatasetChanged:
        """Write the next version; uploads and records keep the one they were made with.

        Raises: DatasetInvalid, DatasetNotFound, DatasetChangedMeanwhile where `based_on` is not the current version.
        """
        if draft.code != code:
            raise _invalid("code", "code_differs", f"编码应与地址中的一致（{code}）；编码不能修改。")
        async with self._db.transaction() as conn:
            await repository.lock_dataset(conn, code)
            newest = await repository.newest_version(conn, code)
            if newest is None:
                raise DatasetNotFound("没有这个数据集，请检查数据集编码。")
            before, made_by = newest
            if based_on not in {None, before.version}:
                raise DatasetChangedMeanwhile(
                    f"{made_by}已经保存了第 {before.version} 版，您是在第 {based_on} 版上修改的。"
                    "您的内容没有保存；请先看清新版本改了什么，再决定怎样保存。"
                )
            dataset = _fitting(draft, version=before.version + 1)
            if dataset.key != before.key and await repository.has_records(conn, code):
                raise _invalid(
                    "key",
                    "key_in_use",
                    "这个数据集已经有数据，不能再改“用来判断同一条数据”的字段：已入库的数据会认不出来，同一条会变成两条。"
                    "确实要改的，请照着它新建一个数据集。",
                )
            await repository.add_version(conn, dataset, identity.user_name)
            await audit.add(conn, identity, "dataset.changed", f"dataset {code} v{dataset.version}")
        return DatasetChanged(**dict(dataset), changes=changes_between(before, dataset))

    async def trial(self, wanted: TriedDataset) -> DatasetTrial:
        """What the definition would mean and say of the values; nothing is stored. Raises DatasetInvalid."""
        async with self._db.reading() as conn:
            newest = await repository.newest_version(conn, wanted.definition.code)
        before = newest[0] if newest else None
        dataset = _fitting(wanted.definition, version=before.version + 1 if before else 1)
        checked = RowCheck(dataset).check_values(wanted.values, today=today())
        return DatasetTrial(
            version=dataset.version,
            changes=changes_between(before, dataset) if before else [],
            roles=Roles(**{role: getattr(roles_of(dataset), role) for role in Roles.model_fields}),
            good=checked.good and checked.key is not None,
            values=checked.values,
            problems=[RowProblem.model_validate(msgspec.structs.asdict(problem)) for problem in checked.problems],
            public=public_values(dataset, checked.values),
        )

    async def _readable(self, conn: Conn, identity: Identity, code: str) -> Dataset:
        dataset = await repository.get_dataset(conn, code)
        department = identity.department_scope
        if department is not None and not await repository.may_read(conn, code, department):
            raise DatasetNotFound("没有这个数据集，请检查数据集编码。")
        return dataset


def _fitting(draft: DatasetDraft, *, version: int) -> Dataset:
    """The draft as a version, once it is certain that rows can be checked and applied by it."""
    dataset = Dataset(**dict(draft), version=version)
    roles, types = roles_of(dataset), {field.code: field.type for field in dataset.fields}
    for role in ("decided_on", "valid_until"):
        code = getattr(roles, role)
        if code is not None and types[code] != "date":
            raise _invalid(f"roles.{role}", "not_a_date_field", f"字段 {code} 不是日期字段，不能作为这个用途。")
    if len(roles.identifiers) > MOST_IDENTIFIERS:
        raise _invalid("fields", "too_many_identifiers", _too_many(len(roles.identifiers)))
    row_check(dataset)
    return dataset


def _too_many(found: int) -> str:
    return f"主体的证件号码字段有 {found} 个，最多 {MOST_IDENTIFIERS} 个；请去掉多余字段的 identifier。"


def _invalid(field: str, code: str, message: str) -> DatasetInvalid:
    return DatasetInvalid(message, errors=[FieldError(field=field, code=code, message=message)])
