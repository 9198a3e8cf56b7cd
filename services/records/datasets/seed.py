"""The datasets every installation starts with: services/records/catalog, one YAML file each."""

from pathlib import Path

from services.records.datasets import repository
from shared.datasets.catalog import load_catalog
from shared.datasets.definition import Dataset
from shared.db.database import Conn

CATALOG = Path(__file__).parent.parent / "catalog"
SHIPPED = "系统预置"


async def seed(conn: Conn) -> None:
    """Add what is missing, and the next version of what changed in the files; an admin's own versions stay."""
    for draft in load_catalog(CATALOG):
        await repository.lock_dataset(conn, draft.code)
        newest = await repository.newest_version(conn, draft.code)
        if newest is None:
            await repository.add_version(conn, Dataset(**dict(draft), version=1), SHIPPED)
            continue
        kept, made_by = newest
        dataset = Dataset(**dict(draft), version=kept.version + 1)
        if made_by == SHIPPED and dataset != kept.model_copy(update={"version": dataset.version}):
            await repository.add_version(conn, dataset, SHIPPED)
