"""RabbitMQ stops while an officer looks at his upload: the page says so, nothing is lost, it goes on by itself."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import Screen, eventually, file_of, open_screen
from tests.faults.town import DATASET, File, Town, make_file

pytestmark = pytest.mark.integration

STANDING = "文件已经收到，不会丢失"


async def send(screen: Screen, town: Town, file: File) -> tuple[Page, str]:
    """Through the page; the 202 is a promise that `reckon` holds the platform to."""
    page = await screen.page("reporter", f"/uploads/new?dataset={DATASET}")
    await page.locator("input[type=file]").set_input_files(file_of(file.content, "许可法人.xls"))
    async with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        await page.get_by_role("button", name="上报数据").click()
    answer = await answered.value
    assert answer.status == 202
    upload_id = (await answer.json())["id"]
    town.accepted[upload_id] = file
    return page, upload_id


async def test_a_file_sent_while_rabbitmq_is_stopped(town: Town) -> None:
    async with open_screen(town.platform) as screen:
        town.api = await screen.api()
        await screen.user()
        await asyncio.to_thread(town.rabbitmq.stop)
        try:
            page, upload_id = await send(screen, town, make_file(300, seed=910))
            await eventually(page.get_by_role("status").filter(has_text=STANDING))
            await expect(page.get_by_text("重新上传")).to_contain_text("不用重新上传")
            await screen.accessible(page)
            await screen.picture(page, "broker-stopped")
            other = await screen.page("reporter", f"/uploads/{upload_id}")
            await eventually(other.get_by_role("status").filter(has_text=STANDING))
        finally:
            await asyncio.to_thread(town.rabbitmq.start)
        for each in (page, other):
            await eventually(each.get_by_text("部分入库：294 行已保存，6 行退回"), within=90)
            await expect(each.get_by_text(STANDING)).to_have_count(0)
        await town.reckon()


async def test_rabbitmq_stops_in_the_middle_of_a_check(town: Town) -> None:
    async with open_screen(town.platform) as screen:
        town.api = await screen.api()
        page, upload_id = await send(screen, town, make_file(10_000, seed=920))
        await town.until_half_way(upload_id)
        await asyncio.to_thread(town.rabbitmq.stop)
        try:
            await eventually(page.get_by_role("status").filter(has_text=STANDING))
        finally:
            await asyncio.to_thread(town.rabbitmq.start)
        await eventually(page.get_by_text("部分入库：9800 行已保存，200 行退回"), within=90)
        await town.reckon()
