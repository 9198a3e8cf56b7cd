"""Everything the records processes are told from outside: RECORDS_… in the environment."""

from pydantic import NonNegativeInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import LogLevel, Port


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RECORDS_", hide_input_in_errors=True)

    database: str
    amqp: str
    auth_url: str
    host: str = "127.0.0.1"
    port: Port = 8082
    persister_port: Port = 8092  # health page of the persister
    log_level: LogLevel = "INFO"
    stall_seconds: float = 30.0  # an unfinished upload without a sign of life for this long is published again
    sweep_seconds: float = 5.0  # how often the persister looks for such uploads
    keep_rows_days: NonNegativeInt = 730  # good rows in the ledger after they became records; 0: for ever
    keep_uploads_days: NonNegativeInt = (
        1095  # whatever else rows of an upload said, whatever became of them; 0: for ever
    )
    keep_messages_days: NonNegativeInt = 365  # 消息提醒; 0: for ever
    keep_audit_days: NonNegativeInt = (
        1095  # 操作日志 (auth has its own); the law asks for six months at least; 0: for ever
    )
