"""django-import-export 4 in bulk mode, as fast as its options let it be, with the same checks and the same PostgreSQL.

batch_size 1000, use_bulk, no diffs, existing rows looked up in one query, no row values kept. One column a field, as
a Django project would have it; the indexes of `record` that such a table would want. Run by `yardsticks.py`.
"""

import sys
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import django
import msgspec
import tablib  # type: ignore[import-untyped]
import xlrd
from django.conf import settings

from shared.datasets.check import row_check
from shared.datasets.definition import Dataset
from tests.bench.files import DATASET, shipped
from tests.bench.yardsticks import Run, serve

INDEXES = """
CREATE UNIQUE INDEX ON bench_licence (department, key);
CREATE INDEX ON bench_licence USING gin (xk_xdr gin_trgm_ops);
CREATE INDEX ON bench_licence (xk_xdr_shxym);
CREATE INDEX ON bench_licence (department, xk_jdrq);
"""


def configure(database: str) -> None:
    at = urlsplit(database)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": at.path[1:],
                "USER": at.username,
                "PASSWORD": at.password,
                "HOST": at.hostname,
                "PORT": at.port,
            }
        },
        INSTALLED_APPS=["import_export"],
        USE_TZ=True,
        TIME_ZONE="Asia/Shanghai",
    )
    django.setup()


def make_models(dataset: Dataset) -> tuple[Any, Any]:
    from django.db import models  # noqa: PLC0415  # Django is configured now

    meta = {"app_label": "bench", "db_table": "bench_licence"}
    columns: dict[str, Any] = {
        field.code.lower(): models.DateField(null=True) if field.type == "date" else models.TextField(blank=True)
        for field in dataset.fields
    }
    columns |= {"department": models.TextField(), "key": models.UUIDField()}
    licence = type("Licence", (models.Model,), {"__module__": __name__, "Meta": type("Meta", (), meta), **columns})
    wrong = type(
        "WrongRow",
        (models.Model,),
        {
            "__module__": __name__,
            "Meta": type("Meta", (), {"app_label": "bench", "db_table": "bench_wrong_row"}),
            "row": models.IntegerField(),
            "values": models.JSONField(),
            "problems": models.JSONField(),
        },
    )
    return licence, wrong


def make_resource(dataset: Dataset, model: Any, wrong_model: Any) -> Any:
    from django.core.exceptions import ValidationError  # noqa: PLC0415  # Django is configured now
    from import_export import fields, instance_loaders, resources, widgets  # noqa: PLC0415  # Django is configured now

    check = row_check(dataset)
    codes = [field.code for field in dataset.fields]
    labels = [field.label for field in dataset.fields]
    kinds = {field.code: field.type for field in dataset.fields}

    class LicenceResource(resources.ModelResource):  # type: ignore[misc]
        class Meta:
            use_bulk = True
            batch_size = 1000
            skip_diff = True
            skip_html_diff = True
            use_transactions = True
            import_id_fields = ("key",)
            # A row that is already there is updated; one query finds them all.
            instance_loader_class = instance_loaders.CachedInstanceLoader

        def before_import(self, dataset: Any, **kwargs: Any) -> None:
            self.wrong: list[Any] = []
            today = date.today()  # noqa: DTZ011
            places = [dataset.headers.index(label) for label in labels]
            self.checked = [
                check.check([str(row[place]) for place in places], today=today, row=number)
                for number, row in enumerate(dataset, start=3)
            ]
            dataset.append_col([str(checked.key or uuid4()) for checked in self.checked], header="key")

        def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            checked = self.checked[kwargs["row_number"] - 1]
            if not checked.good:
                problems = msgspec.to_builtins(checked.problems)
                self.wrong.append(wrong_model(row=kwargs["row_number"] + 2, values=checked.values, problems=problems))
                raise ValidationError([problem.message for problem in checked.problems])
            for code, label in zip(codes, labels, strict=True):
                row[label] = checked.values.get(code, "")
            super().import_instance(instance, row, **kwargs)

        def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
            wrong_model.objects.bulk_create(self.wrong)

    LicenceResource._meta.model = model
    for code, label in zip(codes, labels, strict=True):
        widget = widgets.DateWidget("%Y-%m-%d") if kinds[code] == "date" else widgets.CharWidget()
        LicenceResource.fields[code.lower()] = fields.Field(attribute=code.lower(), column_name=label, widget=widget)
    LicenceResource.fields["department"] = fields.Field(attribute="department", column_name="department")
    LicenceResource.fields["key"] = fields.Field(attribute="key", column_name="key", widget=widgets.CharWidget())
    LicenceResource._meta.import_order = LicenceResource._meta.fields = list(LicenceResource.fields)
    return LicenceResource


def read(path: Path) -> Any:
    """As import_export.formats.base_formats.XLS does it, but for the header in row 2."""
    sheet = xlrd.open_workbook(file_contents=path.read_bytes()).sheets()[0]
    found = tablib.Dataset()
    found.headers = [*sheet.row_values(1), "department"]
    for index in range(2, sheet.nrows):
        found.append([*sheet.row_values(index), "django"])
    return found


class Yardstick:
    def __init__(self, path: Path, database: str) -> None:
        configure(database)
        dataset = shipped(DATASET)
        self._path = path
        self._models = make_models(dataset)
        self._resource = make_resource(dataset, *self._models)
        from django.db import connection  # noqa: PLC0415  # Django is configured now

        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_licence, bench_wrong_row")
            with connection.schema_editor() as editor:
                for model in self._models:
                    editor.create_model(model)
            cursor.execute(INDEXES)
        self._connection = connection

    def once(self) -> Run:
        """Seconds of one whole job on empty tables."""
        with self._connection.cursor() as cursor:
            cursor.execute("TRUNCATE bench_licence, bench_wrong_row")
        begun = perf_counter()
        result = self._resource().import_data(read(self._path), dry_run=False)
        ended = perf_counter()
        if result.has_errors():
            raise RuntimeError(str(result.row_errors()[:1] or result.base_errors[:1]))
        licences, wrong = (model.objects.count() for model in self._models)
        return {"seconds": ended - begun, "stored": licences, "refused": wrong}


if __name__ == "__main__":
    serve(Yardstick(Path(sys.argv[1]), sys.argv[2]).once)
