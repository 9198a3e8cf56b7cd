"""Every failure leaves as application/problem+json; this is the one place that translates it."""

import logging

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from shared import errors
from shared.contracts.problem import Problem

log = logging.getLogger(__name__)

STATUS: dict[type[errors.ServiceError], int] = {
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Unsupported: 415,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
# What the framework itself refuses: slug and Chinese words by status.
REFUSED = {
    400: ("bad-request", "请求格式不正确"),
    404: ("not-found", "没有这个地址"),
    405: ("method-not-allowed", "不支持这种操作"),
    413: ("too_large", "内容太大"),
    415: ("unsupported", "不支持的内容类型"),
}


def problem_from(error: errors.ServiceError, request: web.Request) -> web.Response:
    kind = next(kind for kind in type(error).__mro__ if kind in STATUS)
    response = respond(
        Problem.model_validate(
            {
                **error.facts,
                "type": f"/problems/{error.slug}",
                "title": error.title,
                "status": STATUS[kind],
                "detail": error.detail,
                "instance": request.path,
            }
        )
    )
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def respond(problem: Problem) -> web.Response:
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return web.Response(
        status=problem.status,
        text=problem.model_copy(update={"request_id": request_id}).model_dump_json(exclude_none=True),
        content_type="application/problem+json",
    )


_BEGUN = web.RequestKey("answer begun", bool)


async def note_begin(request: web.Request, _response: web.StreamResponse) -> None:
    """For on_response_prepare: from here on an answer is under way."""
    request[_BEGUN] = True


async def _or_break_off(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Words about a failure in the middle of an answer would become bytes of the file: it is seen to break off."""
    try:
        return await handler(request)
    except Exception as error:
        if not request.get(_BEGUN, False):
            raise
        log.warning("the answer broke off: %s", type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError from error


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await _or_break_off(request, handler)
    except errors.ServiceError as error:
        return problem_from(error, request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        slug, title = REFUSED.get(error.status, ("refused", error.reason))
        response = respond(
            Problem(
                type=f"/problems/{slug}",
                title=title,
                status=error.status,
                detail=title,
                instance=request.path,
            )
        )
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("unhandled error in %s", request.match_info.handler)
        return respond(
            Problem(
                type="/problems/internal",
                title="系统内部错误",
                status=500,
                detail="系统出现了意料之外的错误，请稍后再试；如果一直这样，请把请求编号告诉市信用办。",
                instance=request.path,
            )
        )
