"""Who may report what."""

from services.records.datasets.errors import NotYourDataset
from shared.contracts.identity import Identity
from shared.datasets.definition import Dataset


def require_reporting(identity: Identity, dataset: Dataset) -> None:
    """Raises NotYourDataset."""
    if not (identity.is_admin or dataset.departments == "*" or identity.department.code in dataset.departments):
        raise NotYourDataset(f"本部门没有上报“{dataset.name}”的权限；如有需要，请联系市信用办。")
