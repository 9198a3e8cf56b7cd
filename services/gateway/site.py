"""What the pages say about their city: names, the footer's numbers, whom to ask. Read once from a file of settings."""

from pathlib import Path

import yaml
from pydantic import Field

from shared.contracts.base import Shape


class Contact(Shape):
    """A line of 交流方式 (manual §5)."""

    name: str
    role: str = ""
    phone: str = ""
    wechat: str = ""
    qq: str = ""
    email: str = ""


class Site(Shape):
    platform: str = Field(description="The platform's name: 长治市公共信用信息平台.")
    site: str = Field(description="The public site's name: 信用长治.")
    city: str
    region: str = Field(description="Six digits (GB/T 2260).", pattern=r"^[0-9]{6}$")
    host: str = Field(description="主办单位")
    operator: str = Field(description="承办单位")
    hotline: str = ""
    site_code: str = Field("", description="网站标识码")
    icp: str = Field("", description="ICP 备案号")
    police: str = Field("", description="公安备案号")


class Contacts(Shape):
    items: list[Contact]


class SiteFile(Site):
    contacts: list[Contact] = Field(default_factory=list)

    @property
    def public(self) -> Site:
        return Site.model_validate(self.model_dump(exclude={"contacts"}))


def read_site(path: Path) -> SiteFile:
    """Raises OSError or ValueError where the file is missing or wrong: the process must not start then."""
    return SiteFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
