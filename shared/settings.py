"""What a process is told by its environment: read at its start, or refused in words that say what to write."""

import re
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings

Port = Annotated[int, Field(ge=1, le=65_535)]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

S = TypeVar("S", bound=BaseSettings)

# By the kind of pydantic's error: what should stand there. Never what does: it may be a password in the wrong place.
NETWORK = "应是网段，例如 10.0.0.0/8，几个用逗号分开"
WANTED = {
    "int_parsing": "应是整数",
    "float_parsing": "应是数字",
    "bool_parsing": "应是 true 或 false",
    "time_delta_parsing": "应是时长，例如 00:30:00",
    "ip_v4_network": NETWORK,
    "ip_v6_network": NETWORK,
    "rate": "应是次数和时间，例如 300/minute",
    "literal_error": "应是这些之一：{expected}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "too_short": "至少要 {min_length} 个字符",
}


def read(kind: type[S]) -> S:
    """The settings; wrong ones end the process with a line for each that names it in full."""
    try:
        return kind()
    except ValidationError as refusal:
        wrong: dict[str, str] = {}
        for error in refusal.errors(include_url=False, include_input=False):
            name = f"{kind.model_config.get('env_prefix', '')}{error['loc'][0]}".upper()
            facts = dict(error.get("ctx", {}))
            facts["expected"] = "、".join(re.findall(r"'(.+?)'", str(facts.get("expected", ""))))
            wanted = WANTED.get(error["type"], "不是能用的写法").format(**facts)
            missing = error["type"] == "missing"
            wrong.setdefault(name, f"设置 {name} {'没有给出' if missing else f'不对：{wanted}'}。")
    raise SystemExit("\n".join(f"{line}请写在 .env（或进程的环境）里：名字=值。" for line in wrong.values()))
