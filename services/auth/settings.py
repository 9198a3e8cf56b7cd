"""Everything that may be set about auth, by environment variables that start with AUTH_."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import LogLevel, Port


class DatabaseSettings(BaseSettings):
    """What `migrate` and `create-admin` need too, who have no gateway key."""

    model_config = SettingsConfigDict(env_prefix="AUTH_", frozen=True, hide_input_in_errors=True)

    database: SecretStr
    log_level: LogLevel = "INFO"
    region: str = Field("140400", description="Of a department that names none: 长治市.")

    # argon2id with the OWASP minimum: 19 MiB, 2 passes, 1 lane.
    argon2_memory_kib: int = 19_456
    argon2_passes: int = 2


class Settings(DatabaseSettings):
    gateway_key: SecretStr = Field(min_length=16, description="What only the gateway knows; GATEWAY_AUTH_KEY there.")
    host: str = "127.0.0.1"
    port: Port = 8081
    password_threads: int = Field(2, ge=1, description="They bound the memory that a flood at the door can take.")

    session_idle: timedelta = timedelta(minutes=30)
    session_absolute: timedelta = timedelta(hours=12)

    # Lines of the audit older than this go; 0: never. The law on network security asks for six months at least.
    keep_audit_days: int = Field(1095, ge=0)

    # Lockout (api.md, last lines): failures within the window of a name from an address, of a name, from an address.
    failure_window: timedelta = timedelta(minutes=15)
    failures_of_pair: int = 5
    failures_of_name: int = 50
    failures_of_address: int = 100


class AdminSettings(BaseSettings):
    """The first department and the first admin, for `create-admin` only."""

    model_config = SettingsConfigDict(env_prefix="AUTH_ADMIN_", frozen=True)

    username: str = "admin"
    display_name: str = "系统管理员"
    password: SecretStr | None = None
    password_file: Path | None = None
    department_code: str = "xyb"
    department_name: str = "市信用办"
