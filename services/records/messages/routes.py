"""The HTTP surface of messages."""

from services.records.messages import handlers
from shared.contracts.messages import MessagePage, MessageQuery, MessagesRead, UserMessage
from shared.http.operations import Group, Operation

PATH = "/api/v1/messages"

OPERATIONS = [
    Operation("GET", PATH, handlers.list_messages, "消息提醒", Group.MESSAGES, query=MessageQuery, answer=MessagePage),
    Operation("POST", f"{PATH}/read", handlers.read_messages, "全部标为已读", Group.MESSAGES, answer=MessagesRead),
    Operation(
        "POST",
        PATH + r"/{message_id:\d{1,18}}/read",
        handlers.read_message,
        "标为已读",
        Group.MESSAGES,
        answer=UserMessage,
        path_types={"message_id": {"type": "string", "pattern": r"^\d{1,18}$"}},
    ),
]
