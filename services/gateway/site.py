"""What the pages say about their city: names, the footer's numbers, whom to ask. Read once from a file of settings."""

from pathlib import Path

import yaml
from pydantic import Field, computed_field

from shared.contracts.base import Shape
from shared.datasets.regions import regions


class Contact(Shape):
    """A line of 交流方式 (manual §5)."""

    name: str
    role: str = ""
    phone: str = ""
    wechat: str = ""
    qq: str = ""
    email: str = ""


class District(Shape):
    code: str
    name: str


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

    @computed_field(description="The counties and districts of the city, those of before 2018 too (GB/T 2260).")  # type: ignore[prop-decorator]
    @property
    def districts(self) -> list[District]:
        city = self.region[:4]
        return [
            District(code=code, name=names[-1].name)
            for code, names in sorted(regions().items())
            if code.startswith(city) and code not in {f"{city}00", f"{city}01"}
        ]


class Contacts(Shape):
    items: list[Contact]


class SiteFile(Site):
    contacts: list[Contact] = Field(default_factory=list)

    @property
    def public(self) -> Site:
        return Site.model_validate(self.model_dump(exclude={"contacts"}))


def read_site(path: Path) -> SiteFile:
    """Raises ValueError, naming the file, where it is missing or wrong: the process must not start then."""
    try:
        return SiteFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f"GATEWAY_SITE, {path}: {error}") from error
