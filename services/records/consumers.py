"""Messages in: which type means which call."""

from typing import TypeVar

import msgspec
import structlog
from pydantic import ValidationError

from services.records.uploads.storing.service import StoringService
from shared.contracts import rows
from shared.contracts.base import Message
from shared.contracts.ingest import CheckingStarted, UploadChecked, UploadFailed
from shared.messaging.consumer import Handle, PermanentError

M = TypeVar("M", bound=Message)
N = TypeVar("N", rows.RowsChecked, CheckingStarted, UploadChecked, UploadFailed)

TYPES = (
    rows.ROUTING_KEY,
    CheckingStarted.routing_key(),
    UploadChecked.routing_key(),
    UploadFailed.routing_key(),
)

_ROWS = msgspec.json.Decoder(rows.RowsChecked)


def persister_handle(storing: StoringService) -> Handle:
    async def handle(type_: str, body: bytes) -> None:
        if type_ == rows.ROUTING_KEY:
            await storing.store(_named(_rows(body)))
        elif type_ == CheckingStarted.routing_key():
            await storing.start(_named(_read(CheckingStarted, body)))
        elif type_ == UploadChecked.routing_key():
            await storing.end(_named(_read(UploadChecked, body)))
        elif type_ == UploadFailed.routing_key():
            await storing.failed(_named(_read(UploadFailed, body)))
        else:
            raise PermanentError(f"nobody here understands {type_}")

    return handle


def _named(message: N) -> N:
    """Until the message is settled every line of the log says whose it is; each has a task of its own."""
    structlog.contextvars.bind_contextvars(upload_id=str(message.upload_id), request_id=message.request_id)
    return message


def _rows(body: bytes) -> rows.RowsChecked:
    try:
        return _ROWS.decode(body)
    except msgspec.MsgspecError as error:
        raise PermanentError(f"not a RowsChecked: {type(error).__name__}") from None


def _read(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise PermanentError(str(error)) from None
