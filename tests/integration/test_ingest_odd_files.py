"""Every odd and hostile file, read by the real child process under its limits: loaded, or refused with what to do."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import psutil
import pytest
import xlwt

from services.ingest import child
from services.ingest.workbook import frames
from services.ingest.workbook.check import Finished, Started
from services.ingest.workbook.failures import TEXTS, Refused
from services.ingest.workbook.inside import Limits
from services.ingest.workbook.marks import dataset_mark, upload_mark
from shared.contracts.ingest import UploadAccepted
from shared.contracts.rows import BATCH_BYTES, CheckedRow, RowsChecked
from shared.datasets.definition import Dataset
from tests import odd_workbooks as odd
from tests.fixtures.room import ROOT
from tests.workbooks import LABELS, good_rows, make_workbook, plain_dataset, spoiled

DATASET = plain_dataset("xzxk_fr")
MB = 1024 * 1024
LIMITS = Limits(memory_bytes=640 * MB, cpu_seconds=30)


class Read(NamedTuple):
    """What came of a file: `refused` with its message, or its rows."""

    refused: str | None = None
    message: str = ""
    notices: Sequence[str] = ()
    rows: Sequence[CheckedRow] = ()
    counts: Finished | None = None
    bodies: Sequence[bytes] = ()

    @property
    def numbers(self) -> list[int]:
        return [row.row for row in self.rows]

    def problems(self, number: int) -> list[Any]:
        [row] = [row for row in self.rows if row.row == number]
        found: list[Any] = msgspec.json.decode(row.problems)
        return found

    def values(self, number: int) -> dict[str, str]:
        [row] = [row for row in self.rows if row.row == number]
        return msgspec.json.decode(row.values, type=dict[str, str])


def job_of(data: bytes, dataset: Dataset = DATASET, upload_id: UUID | None = None) -> bytes:
    accepted = UploadAccepted(
        upload_id=upload_id or uuid4(),
        department="a",
        dataset=dataset,
        storage_key="uploads/x",
        file_size=len(data),
        sha256="0" * 64,
        uploaded_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return accepted.model_dump_json().encode()


async def read(
    data: bytes,
    dataset: Dataset = DATASET,
    limits: Limits = LIMITS,
    *,
    upload_id: UUID | None = None,
    seconds: float = 30.0,
) -> Read:
    async def content() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 65_536):
            yield data[start : start + 65_536]

    started, bodies, counts = Started(0, [], {}), list[bytes](), None
    try:
        async with child.run("check", job_of(data, dataset, upload_id), content(), limits, seconds=seconds) as running:
            while True:
                kind, body = await running.frame()
                if kind == frames.REFUSED:
                    raise Refused.said(*msgspec.json.decode(body, type=tuple[str, str]))
                if kind == frames.STARTED:
                    started = msgspec.json.decode(body, type=Started)
                elif kind == frames.BATCH:
                    bodies.append(body[8:])
                else:
                    counts = msgspec.json.decode(body, type=Finished)
                    break
    except Refused as refused:
        return Read(refused.kind, refused.message)
    rows = [row for body in bodies for row in msgspec.json.decode(body, type=RowsChecked).rows]
    return Read(notices=started.notices, rows=rows, counts=counts, bodies=bodies)


@pytest.mark.parametrize("name", odd.OTHER_KINDS)
async def test_another_kind_of_file_is_told_what_it_is(name: str) -> None:
    data, kind = odd.OTHER_KINDS[name]
    found = await read(data)
    assert (found.refused, found.message) == (kind, TEXTS[kind][1])


WORKBOOK = make_workbook(odd.CODE, odd.rows())
BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "with a password": (lambda: odd.password_protected("secret"), "encrypted"),
    "xlsx with a password": (odd.encrypted_xlsx, "encrypted_xlsx"),
    "Word": (lambda: odd.renamed(WORKBOOK, "WordDocument"), "doc"),
    "PowerPoint": (lambda: odd.renamed(WORKBOOK, "PowerPoint Document"), "ppt"),
    "another OLE2": (lambda: odd.renamed(WORKBOOK, "VisioDocument"), "other_ole2"),
    "cut in half": (lambda: WORKBOOK[: len(WORKBOOK) // 2], "cut_short"),
    "cut in its first sector": (lambda: WORKBOOK[:300], "cut_short"),
    "cut by its last sector": (lambda: WORKBOOK[:-512], "cut_short"),
    "noise in the box": (lambda: odd.OLE2_MAGIC + bytes(range(256)) * 40, "corrupt"),
    "noise in the stream": (odd.garbled, "corrupt"),
    "a circle of sectors": (odd.circular, "corrupt"),
    "a circle of small sectors": (odd.small_circle, "corrupt"),
    "only the help sheet": (odd.only_help, "no_sheet"),
    "no rows": (lambda: make_workbook(odd.CODE, []), "no_rows"),
    "blank rows only": (lambda: make_workbook(odd.CODE, [{"BZ": "  "}, {"BZ": "\u3000"}]), "no_rows"),
    "an empty workbook": (lambda: odd.with_cells([], rows=[], columns=["x"], labels={"x": ""}), "no_header"),
    "a list of something else": (lambda: make_workbook(odd.CODE, [], columns=["品名", "单价", "数量"]), "no_header"),
    "the header in row 4": (lambda: make_workbook(odd.CODE, odd.rows(), header_row=4, first_row=5), "header_below"),
    "a required column missing": (
        lambda: make_workbook(odd.CODE, odd.rows(), columns=[c for c in LABELS[odd.CODE] if c != "XK_JDRQ"]),
        "columns_missing",
    ),
    "failed rows of a version that did not want a column yet": (
        lambda: make_workbook(
            odd.CODE,
            odd.rows(),
            columns=[c for c in LABELS[odd.CODE] if c != "XK_JDRQ"],
            title=f"{dataset_mark(odd.CODE, '行政许可-法人', 0)}{upload_mark(UUID(int=1))}",
        ),
        "columns_added",
    ),
    "another dataset's template": (
        lambda: make_workbook(odd.CODE, odd.rows(), title=dataset_mark("xzxk_zrr", "行政许可-自然人", 3)),
        "other_dataset",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_workbook_that_cannot_be_imported_is_refused_with_what_to_do(name: str) -> None:
    make, kind = BROKEN[name]
    found = await read(make())
    assert found.refused == kind, found.message
    assert "请" in found.message
    assert "{" not in found.message


async def test_refusals_name_what_is_missing_and_where() -> None:
    missing = await read(BROKEN["a required column missing"][0]())
    assert "“许可决定日期”" in missing.message
    added = await read(BROKEN["failed rows of a version that did not want a column yet"][0]())
    assert "第 0 版" in added.message
    assert "“许可决定日期”" in added.message
    assert "失败日志" in added.message
    below = await read(BROKEN["the header in row 4"][0]())
    assert "列名在第 4 行，应在第 2 行" in below.message
    other = await read(BROKEN["another dataset's template"][0]())
    assert "“行政许可-自然人”的模板" in other.message
    assert "“行政许可-法人”" in other.message


LOADED: dict[str, tuple[Callable[[], bytes], list[int]]] = {
    "保护工作簿 with Excel's own password": (lambda: odd.password_protected(odd.DEFAULT_PASSWORD), [3, 4, 5]),
    "65,536 × 256 cells declared": (odd.vast, [3, 4, 5]),
    "a sector that two streams share": (odd.shared_sector, [3, 4, 5]),
    "a rare character cut in two": (odd.cut_character, list(range(3, 11))),
    "Excel 5.0 in GBK without a code page": (odd.biff5_gbk, [3, 4, 5]),
    "small enough for small sectors": (lambda: odd.mini_boxed(odd.biff5_stream()), [3, 4, 5]),
    "a chart before the data": (odd.chart_first, [3, 4, 5]),
    "a hidden sheet before the data": (odd.hidden_first, [3, 4]),
    "an empty sheet before the data": (odd.empty_first, [3, 4, 5]),
    "法人 and 自然人 on two sheets": (odd.two_sheets, [3, 4]),
    "a header of two levels": (odd.two_level_header, [3, 4, 5]),
    "1,500 rows of borders": (odd.formatted_blanks, [3, 4, 5]),
    "1,000 rows of 序号": (odd.numbered_blanks, [3, 4, 5]),
    "help rows, codes and a second header": (odd.help_rows, [5, 6, 7]),
    "columns in another order, and strange ones": (odd.shuffled, [3, 4, 5]),
    "labels with marks, spaces and brackets": (
        lambda: make_workbook(odd.CODE, odd.rows(), labels=odd.decorated_labels()),
        [3, 4, 5],
    ),
    "field codes for labels": (
        lambda: make_workbook(odd.CODE, odd.rows(), labels={c: c for c in LABELS[odd.CODE]}),
        [3, 4, 5],
    ),
    "the header in row 1": (lambda: make_workbook(odd.CODE, odd.rows(), header_row=1), [3, 4, 5]),
    "the 1904 date system": (
        lambda: make_workbook(odd.CODE, odd.rows(XK_JDRQ=date(2025, 3, 1), SJC=date(2025, 3, 2)), dates_1904=True),
        [3, 4, 5],
    ),
    "a formula": (lambda: make_workbook(odd.CODE, odd.rows(BZ=xlwt.Formula('"a"&"b"'))), [3, 4, 5]),
}


@pytest.mark.parametrize("name", LOADED)
async def test_an_odd_workbook_is_loaded_whole(name: str) -> None:
    make, numbers = LOADED[name]
    found = await read(make())
    assert found.refused is None, found.message
    assert found.numbers == numbers
    assert all(row.good for row in found.rows), [found.problems(row.row) for row in found.rows if not row.good]


async def test_what_was_left_out_is_named() -> None:
    assert "隐藏的工作表没有导入：“旧数据”。" in (await read(odd.hidden_first())).notices
    assert "只导入了工作表“法人”；其他工作表没有导入：“自然人”。" in (await read(odd.two_sheets())).notices
    assert "这些列不属于本数据集，没有导入：“附注”、“经办人”。" in (await read(odd.shuffled())).notices
    assert any("图表" in notice for notice in (await read(odd.chart_first())).notices)
    doubled = make_workbook(odd.CODE, odd.rows(), columns=[*LABELS[odd.CODE], "BZ"])
    assert "这些列的名称重复，只读取了每个名称的第一列，没有导入：“备注（S 列）”。" in (await read(doubled)).notices
    early = make_workbook(odd.CODE, odd.rows(), header_row=1, first_row=2)
    found = await read(early)
    assert found.numbers == [3, 4]  # rows 1 and 2 are never imported
    assert any("第 2 行按规定不导入" in notice for notice in found.notices)


async def test_rare_characters_survive_being_cut_in_two() -> None:
    found = await read(odd.cut_character())
    assert all("𠮷" * 700 in found.values(row.row)["XK_NR"] for row in found.rows)


async def test_gbk_text_without_a_code_page_is_read_as_gbk() -> None:
    assert (await read(odd.biff5_gbk())).values(3)["XK_XDR"] == odd.rows()[0]["XK_XDR"]


async def test_both_date_systems_serial_numbers_and_dots_mean_the_same_day() -> None:
    old = await read(LOADED["the 1904 date system"][0]())
    assert (old.values(3)["XK_JDRQ"], old.values(3)["SJC"]) == ("2025-03-01", "2025-03-02")
    found = await read(odd.every_cell_kind())
    for number in (3, 4):
        assert (found.values(number)["XK_JDRQ"], found.values(number)["SJC"]) == ("2025-03-01", "2025-03-02")
    assert found.values(4)["XK_ZT"] == "0"
    assert [problem["code"] for problem in found.problems(5)] == ["rounded_number"]
    assert [(p["code"], p["cell"]) for p in found.problems(6)] == [("error_cell", "K6")]
    assert found.values(7)["XK_FR"] == "TRUE"


async def test_a_key_that_comes_twice_rejects_the_later_row_and_names_the_earlier() -> None:
    rows = odd.rows(3)
    found = await read(make_workbook(odd.CODE, [rows[0], rows[1], rows[0], {**rows[1], "XK_JDRQ": "不知道"}]))
    assert [row.good for row in found.rows] == [True, True, False, False]
    [problem] = found.problems(5)
    assert (problem["code"], problem["severity"], problem["cell"]) == ("duplicate_in_file", "error", "A5")
    assert "第 5 行与第 3 行重复" in problem["message"]
    assert "duplicate_in_file" not in {problem["code"] for problem in found.problems(6)}
    assert found.counts == Finished(batches=1, rows=4, rejected=2, warned=0)


async def test_a_workbook_of_failed_rows_says_whose_rows_it_mends() -> None:
    before = uuid4()
    title = dataset_mark(odd.CODE, "行政许可-法人", 1) + upload_mark(before)
    columns = [*LABELS[odd.CODE], "错误原因", "原行号"]
    rows = [{**row, "错误原因": "…", "原行号": number} for row, number in zip(odd.rows(), ("7", 19.0, ""), strict=True)]
    found = await read(make_workbook(odd.CODE, rows, columns=columns, title=title))
    assert [row.origin for row in found.rows] == [(before, 7), (before, 19), None]
    assert found.notices == []


async def test_a_repeat_says_the_same_to_the_last_byte_in_batches_of_500() -> None:
    data, upload = make_workbook(odd.CODE, spoiled(good_rows(odd.CODE, 1201))), uuid4()
    first, second = await read(data, upload_id=upload), await read(data, upload_id=upload)
    assert first.bodies == second.bodies
    assert [len(msgspec.json.decode(body, type=RowsChecked).rows) for body in first.bodies] == [500, 500, 201]
    assert first.counts == Finished(batches=3, rows=1201, rejected=24, warned=0)


async def test_more_rows_than_allowed_are_refused() -> None:
    found = await read(make_workbook(odd.CODE, odd.rows(6)), limits=LIMITS._replace(max_rows=5))
    assert found.refused == "too_many_rows"
    assert "有 6 行数据，一个文件最多 5 行" in found.message


async def test_a_memory_bomb_ends_as_a_message_below_the_limit() -> None:
    watching = asyncio.create_task(_most_memory())
    found = await read(odd.heavy_strings(), limits=LIMITS._replace(memory_bytes=220 * MB))
    watching.cancel()
    assert found.refused == "too_heavy", found.message
    assert 0 < most[0] <= 220 * MB
    assert (await read(WORKBOOK)).numbers == [3, 4, 5]  # and the next file is read as if nothing had happened


@pytest.mark.parametrize("megabytes", [40, 100, 130, 160])
async def test_wherever_the_memory_runs_out_the_message_is_the_same(megabytes: int) -> None:
    found = await read(odd.heavy_strings(), limits=LIMITS._replace(memory_bytes=megabytes * MB))
    assert found.refused == "too_heavy", found.message


most = [0]


async def _most_memory() -> None:
    """The largest resident size of any child, seen every few milliseconds."""
    while True:
        for process in _children():
            with contextlib.suppress(psutil.NoSuchProcess):
                most[0] = max(most[0], process.memory_info().rss)
        await asyncio.sleep(0.01)


async def test_a_file_that_burns_its_time_is_stopped() -> None:
    spent = await read(odd.heavy_strings(), limits=LIMITS._replace(cpu_seconds=1))
    assert spent.refused in ("took_too_long", "too_heavy")
    late = await read(odd.heavy_strings(), seconds=0.05)
    assert late.refused == "took_too_long"
    assert (await read(WORKBOOK)).numbers == [3, 4, 5]


async def test_a_child_that_is_killed_is_no_fault_of_the_file() -> None:
    async def content() -> AsyncIterator[bytes]:
        for process in _children():
            process.kill()
        yield WORKBOOK

    with pytest.raises(child.Interrupted, match="exit code -9"):
        async with child.run("check", job_of(WORKBOOK), content(), LIMITS, seconds=10) as running:
            await running.frame()


async def test_a_child_that_could_not_begin_is_no_fault_of_the_file() -> None:
    with pytest.raises(child.Interrupted, match="exit code 1"):
        await read(WORKBOOK, limits=LIMITS._replace(cpu_seconds=1 << 70))


def _children() -> list[psutil.Process]:
    """What the server of children has forked: its children have its command line."""
    found = []
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "multiprocessing.forkserver" in " ".join(process.cmdline()):
                found += process.children()
    return found


@pytest.mark.parametrize("sent", [frames.pack(frames.JOB, "原始内容".encode()), b""], ids=["a bad job", "nothing"])
def test_a_child_whose_parent_is_gone_says_nothing(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(sent)
        ours.close()
        script = (
            "from multiprocessing.connection import Connection\n"
            "from services.ingest.workbook.inside import Limits, main\n"
            f"main(Connection({theirs.fileno()}), 'check', Limits(memory_bytes=1 << 30, cpu_seconds=30))\n"
        )
        words = [sys.executable, "-c", script]
        ended = subprocess.run(words, pass_fds=[theirs.fileno()], capture_output=True, check=False, cwd=ROOT)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


async def test_one_thread_touches_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """In several, one's start may wait for ever for a word that a look at another took: `make fuzz` found it."""
    threads = set[str]()

    def noted(name: str) -> None:
        work = getattr(ForkServerProcess, name)

        def note(process: ForkServerProcess, *given: Any) -> Any:
            threads.add(threading.current_thread().name)
            return work(process, *given)

        monkeypatch.setattr(ForkServerProcess, name, note)

    for name in ("start", "kill", "close", "join"):
        noted(name)
    found = await asyncio.gather(*(read(WORKBOOK if number % 2 else WORKBOOK[:900]) for number in range(12)))
    assert {one.refused for one in found} == {None, "cut_short"}
    assert len(threads) == 1
    assert threading.current_thread().name not in threads


async def test_who_leaves_while_a_process_starts_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A descriptor closed under a start became another's: the process listened to itself, all later ones waited."""
    await read(WORKBOOK)
    before = psutil.Process().num_fds()
    reached, left, connect = threading.Event(), threading.Event(), forkserver.connect_to_new_process

    def slowly(descriptors: list[int]) -> tuple[int, int]:
        reached.set()
        left.wait(10)
        return connect(descriptors)

    monkeypatch.setattr(forkserver, "connect_to_new_process", slowly)
    leaving = asyncio.create_task(read(WORKBOOK))
    assert await asyncio.to_thread(reached.wait, 10)
    leaving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    left.set()
    async with asyncio.timeout(10):
        assert (await read(WORKBOOK)).numbers == [3, 4, 5]
        while _children() or psutil.Process().num_fds() > before:
            await asyncio.sleep(0.05)


async def test_a_long_text_shared_by_many_rows_goes_in_batches_the_broker_takes() -> None:
    """500 rows of it were one message of 92 MB, which the worker took for a fault of its own, again and again."""
    found = await read(make_workbook(odd.CODE, odd.rows(500, XK_NR="文" * 32_000)), limits=LIMITS)
    assert found.refused is None
    assert found.counts is not None
    assert found.counts.batches == len(found.bodies) > 1
    assert found.numbers == list(range(3, 503))
    assert max(map(len, found.bodies)) < BATCH_BYTES + MB


async def test_a_small_file_does_not_fill_the_ledger() -> None:
    data = make_workbook(odd.CODE, odd.rows(3_000, XK_NR="文" * 32_000))
    found = await read(data)
    assert len(data) < 2 * MB
    assert found.refused == "too_much_text"
    assert "合计超过 256 MB" in found.message
