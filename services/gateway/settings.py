"""Everything the gateway reads from its environment (GATEWAY_*)."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

import limits
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.settings import LogLevel, Port

Network = IPv4Network | IPv6Network


def _split(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _rate(text: str) -> str:
    try:
        limits.parse(text)
    except ValueError:
        raise PydanticCustomError("rate", "not a rate") from None
    return text


Rate = Annotated[str, AfterValidator(_rate)]

# In the environment: networks parted by commas or blanks.
Networks = Annotated[list[Network], NoDecode, BeforeValidator(_split)]

# The government extranet, unless told otherwise: this machine and the private ranges (RFC 1918, RFC 4193).
PRIVATE = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: Port = 8080
    log_level: LogLevel = "INFO"

    auth_url: str
    records_url: str
    ingest_url: str
    amqp: str
    auth_key: SecretStr = Field(description="Shows auth that an address or credential comes from a gateway.")

    extranet_networks: Networks = Field(
        default_factory=lambda: [ip_network(text) for text in PRIVATE],
        description="Clients elsewhere reach the public pages and /api/v1/public only.",
    )
    trusted_proxies: Networks = Field([], description="Whose X-Forwarded-For and -Proto are believed.")
    tls: bool = Field(False, description="Browsers come by https even where no trusted proxy says so.")

    max_body_bytes: int = 32 * 1024 * 1024
    body_seconds: float = Field(600, description="A request body must be complete after this long …")
    stall_seconds: float = Field(60, description="… and never pause for longer than this; nor may who reads an answer.")

    idle_seconds: float = Field(
        75, description="A connection without a whole request ends; longer than a proxy keeps it."
    )

    signed_in_rate: Rate = Field("6000/minute", description="Per user.")
    public_rate: Rate = Field("3000/minute", description="Per address, without identity.")
    upload_rate: Rate = Field("600/minute", description="Per department.")
    sign_in_rate: Rate = Field("300/minute", description="Per address.")
    refused_rate: Rate = Field("1200/minute", description="Sessions and tokens that are not good, per address.")

    live_streams: int = Field(20, description="Open event streams a user may have.")
    heartbeat_seconds: float = 15.0

    web: Path = Path(__file__).parent / "web" / "dist"
    site: Path = Field(Path(__file__).parent / "site.yaml", description="What the pages say about their city; site.py.")
