"""Loads the dataset definitions that ship with the product: one YAML file each."""

from pathlib import Path

import yaml

from shared.datasets.definition import DatasetDraft

_SHIPPED = Path(__file__).parents[2] / "services" / "records" / "catalog"


def load_catalog(folder: Path) -> list[DatasetDraft]:
    """Every definition in `folder`, in the order of the file names.

    Raises: pydantic.ValidationError, yaml.YAMLError where a file is not a definition.
    """
    return [
        DatasetDraft.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.yaml"))
    ]


def shipped_datasets() -> list[DatasetDraft]:
    return load_catalog(_SHIPPED)
