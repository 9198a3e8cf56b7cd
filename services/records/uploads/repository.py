"""The table upload, as its owners see it."""

from uuid import UUID

from services.records.uploads.errors import UploadNotFound
from shared.contracts.identity import Identity
from shared.contracts.uploads import RegisterUpload, UploadFilter
from shared.datasets.definition import Dataset
from shared.db.database import Conn, Row
from shared.db.planning import Total, total_of
from shared.db.queries import load_queries

SQL = load_queries("services.records.uploads")


async def see_department(conn: Conn, identity: Identity) -> None:
    await conn.execute(SQL["see_department"], identity.department.code, identity.department.name, identity.region)


async def add_upload(conn: Conn, identity: Identity, dataset: Dataset, wanted: RegisterUpload, request_id: str) -> bool:
    """False when the id is there already."""
    status: str = await conn.execute(
        SQL["add_upload"],
        wanted.id,
        dataset.code,
        dataset.version,
        identity.department.code,
        identity.department.name,
        identity.user_id,
        identity.user_name,
        wanted.file_name,
        wanted.file_size,
        wanted.sha256,
        wanted.mode,
        wanted.on_duplicate,
        wanted.dry_run,
        request_id,
    )
    return status == "INSERT 0 1"


async def find_upload(conn: Conn, upload_id: UUID) -> Row | None:
    return await conn.fetchrow(SQL["get_upload"], upload_id, None)


async def get_upload(conn: Conn, upload_id: UUID, department: str | None = None) -> Row:
    """The upload with its dataset's name; `department` None for any.

    Raises:
        UploadNotFound: not there, or another department's.
    """
    row = await conn.fetchrow(SQL["get_upload"], upload_id, department)
    if row is None:
        raise UploadNotFound("没有找到这次上报，请刷新列表再试。")
    return row


async def lock_keys(conn: Conn, dataset_code: str, department_code: str) -> None:
    """Be the only one to add, remove or re-key records of this dataset and department. Before any row lock."""
    await conn.execute(SQL["lock_keys"], dataset_code, department_code)


async def tally(conn: Conn, dataset_code: str, department_code: str, more: int) -> None:
    """The department has `more` living records of the dataset, or fewer. With lock_keys."""
    await conn.execute(SQL["tally"], dataset_code, department_code, more)


async def lock_upload(conn: Conn, upload_id: UUID, department: str | None = None) -> Row:
    """The upload, with its keys and itself locked until the transaction ends.

    Raises:
        UploadNotFound: not there, or another department's.
    """
    seen = await get_upload(conn, upload_id, department)
    await lock_keys(conn, seen["dataset_code"], seen["department_code"])
    row = await conn.fetchrow(SQL["lock_upload"], upload_id)
    if row is None:
        raise UploadNotFound("没有找到这次上报，请刷新列表再试。")
    return row


async def list_uploads(conn: Conn, department: str | None, wanted: UploadFilter) -> tuple[list[Row], Total]:
    days = (wanted.from_, wanted.to)
    what = (wanted.kind, wanted.waiting, wanted.sha256, wanted.counted)
    filters = (department, wanted.dataset, wanted.state, *days, wanted.deleted, *what)
    # One more than is shown: where there is a next page, the total reaches it, whatever the planner thinks.
    rows = await conn.fetch(SQL["list_uploads"], *filters, wanted.size + 1, wanted.offset)
    seen = wanted.offset + len(rows) if rows else 0
    if len(rows) <= wanted.size and (rows or wanted.page == 1):
        return rows, Total(seen, exact=True)
    total = await total_of(conn, SQL["count_uploads"], SQL["estimate_uploads"], *filters, seen=seen)
    return rows[: wanted.size], total


async def drop_batches(conn: Conn, upload_id: UUID) -> None:
    await conn.execute(SQL["drop_batches"], upload_id)
