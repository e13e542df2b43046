"""The console's application: every operation behind its scope, as a page and as a route of the API."""

from __future__ import annotations

import hmac
import inspect
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Form, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ivr.apps.web import pages
from ivr.apps.web.console import Console, Done
from ivr.apps.web.errors import TITLES, Fault, ForgedError, SignInError, fault_of
from ivr.apps.web.guard import BODY_BYTES, Guard, Phone, from_our_page
from ivr.apps.web.language import LANGUAGES, language, negotiated
from ivr.apps.web.look import STATIC_FILES, import_map_hash, rendered
from ivr.apps.web.operation import API, OPERATIONS, PUBLIC, Operation
from ivr.apps.web.visit import Visit
from ivr.errors import IvrError

FLASH: Final = "flash"
"""Cookie that says once what was done."""
PHONES: Final = frozenset({"/call", "/desk"})
"""Pages that are a phone."""
EVENT_STREAM: Final = "text/event-stream"
LOG = logging.getLogger("ivr.console")
OK: Final = 200
MISTAKE: Final = "Look at what was filled in: {fields}."


def build(console: Console) -> FastAPI:
    """The application. Raises BugError when an operation has no scope."""
    pages.load()
    app = FastAPI(title="ivr console", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for operation in OPERATIONS.values():
        if operation.is_page:
            _add(app, console, operation, page=True)
        if operation.api:
            _add(app, console, operation, page=False)
    app.mount("/static", StaticFiles(directory=STATIC_FILES))
    for kind in (Exception, IvrError, SignInError, ForgedError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _failing(console))
    return app


def guarded(console: Console) -> Guard:
    """The application behind all that guards it: what a server serves."""
    app = build(console)
    larger = {one.path: one.takes for one in OPERATIONS.values() if one.takes != BODY_BYTES}
    takes = {f"{before}{path}": most for path, most in larger.items() for before in ("", API)}
    phone = None if console.browsers is None else Phone(console.browsers.url, PHONES)
    return Guard(app, console.origins, scripts=import_map_hash(), takes=takes, phone=phone)


def _add(app: FastAPI, console: Console, operation: Operation, *, page: bool) -> None:
    app.add_api_route(
        operation.path if page else API + operation.path,
        _endpoint(console, operation, page=page),
        methods=[operation.method],
        name=operation.name if page else f"api_{operation.name}",
        operation_id=operation.name if page else f"api_{operation.name}",
        summary=(inspect.getdoc(operation.does) or "").partition("\n")[0],
        response_model=None if page or _is_response(operation.answer) else operation.answer,
        response_class=HTMLResponse if page else JSONResponse,
        openapi_extra={"x-scope": operation.scope, "security": _security(operation, page=page)},
    )


def _security(operation: Operation, *, page: bool) -> list[dict[str, list[str]]]:
    if operation.scope == PUBLIC:
        return []
    return [{"session": [operation.scope]}, *([] if page else [{"token": [operation.scope]}])]


def _is_response(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, Response)


# --- a request ------------------------------------------------------------------------------------------------------


def _endpoint(console: Console, operation: Operation, *, page: bool) -> Callable[..., Any]:
    """What FastAPI calls, with the parameters that it reads from the request."""

    async def entered(request: Request) -> Visit:
        visit = await run_in_threadpool(_visit, console, request)
        request.state.visit = visit
        if operation.method == "POST":
            await _check_origin(console, request, visit)
        if operation.scope != PUBLIC:
            if visit.visitor is None:
                raise SignInError
            await run_in_threadpool(visit.office.must, operation.scope, request.path_params.get("call", ""))
        return visit

    def answered(request: Request, visit: Visit, **given: Any) -> Any:
        result = operation.does(visit, **given)
        if isinstance(result, Response):
            return result
        if not page:
            return result if visit.status == OK else JSONResponse(jsonable_encoder(result), visit.status)
        if isinstance(result, Done):
            return _sent_on(console, request, result)
        answer = HTMLResponse(rendered(visit, operation.page, shown=result, asked=given.get("asked")), visit.status)
        if visit.flash:
            answer.delete_cookie(FLASH)
        return answer

    known = [
        inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request),
        inspect.Parameter("visit", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Visit, Depends(entered)]),
    ]
    asked = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, annotation=_source(one.annotation, operation, page))
        for one in operation.parameters
    ]
    answered.__signature__ = inspect.Signature([*known, *asked])  # type: ignore[attr-defined]
    return answered


def _source(kind: Any, operation: Operation, page: bool) -> Any:
    """Where a parameter is read from: names from the path, all else from the query, a form or JSON."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return kind
    if operation.method == "GET":
        return Annotated[kind, Query()]
    return Annotated[kind, Form()] if page else kind


def _visit(console: Console, request: Request) -> Visit:
    """Who asks. Raises IvrError."""
    door = console.door.visits
    bearer = _bearer(request)
    secret = request.cookies.get(console.cookie, "")
    # A stream that a browser opens again by itself is no sign that somebody is there.
    asks = request.headers.get("accept") != EVENT_STREAM
    visitor = door.machine(bearer) if bearer else door.person_of(secret, request=asks) if secret else None
    office = console.office(visitor.actor) if visitor is not None else None
    chosen = request.cookies.get("language", "")
    return Visit(
        console=console,
        visitor=visitor,
        at_office=office,
        may=office.acts() if office is not None else frozenset(),
        language=language(chosen) if chosen in LANGUAGES else negotiated(request.headers.get("accept-language", "")),
        nonce=request.scope["state"]["nonce"],
        theme=request.cookies.get("theme", "") if request.cookies.get("theme") in ("light", "dark") else "",
        flash=_unpacked(request.cookies.get(FLASH, "")),
        path=request.url.path,
        secret=secret,
        begun=request.cookies.get(console.begun_cookie, ""),
        again=lambda: door.machine(bearer) if bearer else door.person_of(secret, request=False) if secret else None,
        address=request.client.host if request.client else "",
        range=request.headers.get("range", ""),
    )


def _bearer(request: Request) -> str:
    """A machine's token (RFC 6750 2.1); empty where none was sent."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


async def _check_origin(console: Console, request: Request, visit: Visit) -> None:
    """Raises ForgedError. A machine's token is sent by no browser of itself, so it needs neither."""
    if visit.visitor is not None and _bearer(request):
        return
    if not from_our_page(request.headers, console.origins):
        raise ForgedError
    if visit.visitor is not None:
        sent = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
        if not hmac.compare_digest(sent.encode(), visit.token.encode()):
            raise ForgedError


# --- an answer ------------------------------------------------------------------------------------------------------


def _sent_on(console: Console, request: Request, done: Done) -> Response:
    answer = RedirectResponse(done.to, status_code=303)
    if done.message:
        packed = urlsafe_b64encode(done.message.encode()).decode()
        answer.set_cookie(FLASH, packed, max_age=60, httponly=True, samesite="strict", secure=console.encrypted)
    return answer


def _unpacked(flash: str) -> str:
    try:
        return urlsafe_b64decode(flash).decode()[:500]
    except ValueError:
        return ""


def _failing(console: Console) -> Callable[[Request, Exception], Response]:
    """What answers an error: a page, or JSON below API."""

    def failing(request: Request, error: Exception) -> Response:
        fault = _fault(error)
        if fault.status >= 500 and not isinstance(error, HTTPException):
            LOG.error("console_failed", exc_info=error)
        if request.url.path.startswith(API + "/"):
            return JSONResponse({"error": fault.title, "message": fault.message}, fault.status)
        if fault.status == 401 and request.method == "GET":
            if request.headers.get("sec-fetch-site") == "cross-site":
                # A link from elsewhere brings no cookie (SameSite); the same link, followed from here, does.
                return HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0"><title>ivr</title>')
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse("/sign-in?" + urlencode({"next": here}), status_code=303)
        visit = getattr(request.state, "visit", None) or Visit(
            console=console,
            visitor=None,
            at_office=None,
            may=frozenset(),
            language=negotiated(request.headers.get("accept-language", "")),
            nonce=request.scope["state"]["nonce"],
        )
        return HTMLResponse(rendered(visit, "error.html", fault=fault), fault.status)

    return failing


def _fault(error: Exception) -> Fault:
    if isinstance(error, HTTPException):
        return Fault(error.status_code, TITLES.get(error.status_code, TITLES[400]), "")
    if isinstance(error, RequestValidationError):
        named = sorted({str(one["loc"][-1]) for one in error.errors()})
        return Fault(422, TITLES[422], MISTAKE.format(fields=", ".join(named)))
    return fault_of(error)
