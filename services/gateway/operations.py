"""What the gateway answers itself, as a table; the rest of the interface is routes.py."""

from services.gateway import handlers
from services.gateway.site import Contacts, Site
from shared.http.operations import Group, Operation

OPERATIONS = [
    Operation(
        "POST",
        "/api/v1/session",
        handlers.sign_in,
        "登录",
        Group.OWN,
        roles=None,
        body=handlers.SignInBody,
        answer=handlers.Session,
        problems=(401, 403),
    ),
    Operation("GET", "/api/v1/session", handlers.get_session, "我是谁", Group.OWN, answer=handlers.Session),
    Operation("DELETE", "/api/v1/session", handlers.sign_out, "退出登录", Group.OWN, status=204),
    Operation(
        "GET",
        "/api/v1/events",
        handlers.stream_events,
        "实时事件（SSE）：upload 上传进度，message 消息提醒",
        Group.MESSAGES,
        answer="text/event-stream",
    ),
    Operation(
        "GET", "/api/v1/public/site", handlers.get_site, "网站名称和主办单位", Group.PUBLIC, roles=None, answer=Site
    ),
    Operation("GET", "/api/v1/contacts", handlers.list_contacts, "交流方式", Group.SITE, answer=Contacts),
]
