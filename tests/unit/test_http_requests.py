"""What a JSON body may hold."""

import pytest
from aiohttp.test_utils import make_mocked_request
from pydantic import JsonValue

from shared.contracts.base import Body
from shared.errors import Invalid
from shared.http.requests import read_body


class Note(Body):
    values: dict[str, JsonValue]


async def read(raw: str) -> Note:
    request = make_mocked_request("POST", "/")
    request._read_bytes = raw.encode()
    return await read_body(request, Note)


@pytest.mark.parametrize("values", [r'{"A":"\u0000"}', r'{"A\u0000":"a"}', r'{"A":[{"B":"\\\u0000"}]}'])
async def test_a_text_with_nul_is_refused(values: str) -> None:
    with pytest.raises(Invalid, match="NUL"):
        await read(f'{{"values":{values}}}')


async def test_a_backslash_before_u0000_is_an_ordinary_text() -> None:
    assert (await read(r'{"values":{"A":"C:\\u0000"}}')).values == {"A": r"C:\u0000"}
