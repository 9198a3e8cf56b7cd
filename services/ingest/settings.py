"""Everything the ingest processes are told from outside: INGEST_… in the environment."""

from pydantic import NonNegativeInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import LogLevel, Port


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="INGEST_", hide_input_in_errors=True)

    amqp: str
    blobs: str  # where files are kept: file:///…, s3://bucket/…
    auth_url: str
    records_url: str
    host: str = "127.0.0.1"
    port: Port = 8083
    worker_port: Port = 8093  # health page of the worker
    log_level: LogLevel = "INFO"
    max_file_bytes: int = 20 * 1024 * 1024
    keep_files_days: NonNegativeInt = 1095  # the officers' files; 0: for ever
    max_rows: int = 65_534
    child_memory_mb: int = 640  # address space of the process that opens one workbook
    made_at_once: int = 8  # children that write workbooks at one time: each may take as much memory as one that reads
    child_cpu_seconds: int = 60
    child_seconds: float = 120.0  # that it may take to say the next thing
