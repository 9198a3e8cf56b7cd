"""Departments: the admin's, and everyone's own to look at."""

from services.auth.errors import BadReference, DepartmentNotFound, LastAdmin, Oneself, Taken
from services.auth.repository import departments as repository
from services.auth.repository import sessions as session_repository
from services.auth.repository import tokens as token_repository
from services.auth.repository import users as user_repository
from services.auth.service.audit import record
from services.auth.service.clock import Clock
from shared.contracts.accounts import (
    Department,
    DepartmentChange,
    DepartmentDraft,
    DepartmentPage,
    DepartmentQuery,
)
from shared.contracts.identity import Identity
from shared.db.database import Conn, Database

CODE_TAKEN = "这个部门编码已被使用，请换一个。"


class Departments:
    def __init__(self, db: Database, now: Clock, *, region: str) -> None:
        self._db = db
        self._now = now
        self._region = region

    async def page(self, query: DepartmentQuery) -> DepartmentPage:
        async with self._db.transaction() as conn:
            items, total = await repository.list_departments(conn, query)
        return DepartmentPage(items=items, page=query.page, size=query.size, total=total)

    async def get(self, caller: Identity, code: str) -> Department:
        """Raises DepartmentNotFound: not there, or another's."""
        if caller.department_scope not in {None, code}:
            raise DepartmentNotFound("没有这个部门，或不是您的部门。")
        async with self._db.reading() as conn:
            return await repository.get_department(conn, code)

    async def create(self, caller: Identity, draft: DepartmentDraft) -> Department:
        """Raises Taken: the code is."""
        department = Department(
            code=draft.code,
            name=draft.name,
            short_name=draft.short_name or draft.name[:50],
            region=draft.region or self._region,
            credit_code=draft.credit_code,
            active=draft.active,
        )
        async with self._db.transaction() as conn:
            if not await repository.insert_department(conn, department):
                raise Taken("code", CODE_TAKEN)
            await record(conn, caller, self._now(), "department.created", f"部门 {draft.code} {draft.name}")
        return department

    async def change(self, caller: Identity, code: str, change: DepartmentChange) -> Department:
        """Change what is named. Closing a department ends the sessions and tokens of its users at once.

        Raises:
            DepartmentNotFound.
            BadReference: the code cannot change.
            Oneself: closed one's own department.
            LastAdmin: nobody would be left to administer.
        """
        wanted = change.model_dump(exclude_unset=True)
        if wanted.pop("code", code) != code:
            raise BadReference("code", "部门编码不能修改，数据都登记在它名下；请新建一个部门。")
        async with self._db.transaction() as conn:
            admins = await user_repository.lock_admins(conn)
            before = await repository.get_department(conn, code, lock=True)
            after = before.model_copy(update=wanted)
            await repository.update_department(conn, after)
            if before.active and not after.active:
                await self._close(conn, caller, code, {department for _, department in admins})
            await record(conn, caller, self._now(), "department.changed", _describe(before, after))
        return after

    async def _close(self, conn: Conn, caller: Identity, code: str, departments_of_admins: set[str]) -> None:
        if caller.department.code == code:
            raise Oneself("不能停用自己所在的部门；如有需要，请由其他部门的管理员操作。")
        if departments_of_admins == {code}:
            raise LastAdmin("所有在用的管理员都在这个部门；请先在别的部门另设一名管理员。")
        await session_repository.delete_department_sessions(conn, code)
        await token_repository.revoke_department_tokens(conn, code, self._now())


def _describe(before: Department, after: Department) -> str:
    changes = []
    if after.active is not before.active:
        changes.append("启用" if after.active else "停用")
    if after.model_copy(update={"active": before.active}) != before:
        changes.append("修改资料")
    return f"部门 {before.code} {before.name}" + (f"：{'、'.join(changes)}" if changes else "")
