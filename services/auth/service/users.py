"""Users: an admin's everywhere, a manager's within the department."""

from uuid import UUID

from services.auth import policy
from services.auth.errors import BadReference, LastAdmin, Oneself, Taken
from services.auth.passwords import Passwords
from services.auth.repository import departments as department_repository
from services.auth.repository import sessions as session_repository
from services.auth.repository import tokens as token_repository
from services.auth.repository import users as repository
from services.auth.service.audit import record
from services.auth.service.clock import Clock
from services.auth.service.lockout import name_hash
from shared.contracts.accounts import User, UserChange, UserDraft, UserPage, UserQuery
from shared.contracts.identity import DepartmentRef, Identity, Role
from shared.db.database import Conn, Database

TAKEN = "这个用户名已被使用，请换一个。"


class Users:
    def __init__(self, db: Database, passwords: Passwords, now: Clock) -> None:
        self._db = db
        self._passwords = passwords
        self._now = now

    async def page(self, caller: Identity, query: UserQuery) -> UserPage:
        async with self._db.transaction() as conn:
            items, total = await repository.list_users(conn, query, caller)
        return UserPage(items=items, page=query.page, size=query.size, total=total)

    async def get(self, caller: Identity, user_id: UUID) -> User:
        async with self._db.reading() as conn:
            return await repository.get_user(conn, user_id, caller)

    async def create(self, caller: Identity, draft: UserDraft) -> User:
        """A new user, who must change the password at the first sign-in.

        Raises:
            OutOfReach, WeakPassword, BadReference: the department is not there or closed.
            Taken: the user name is.
        """
        policy.check_grant(caller, draft.role, draft.department)
        policy.check_password(draft.password, username=draft.username, field="password")
        hashed = await self._passwords.hash(draft.password)
        async with self._db.transaction() as conn:
            await _check_department(conn, draft.department)
            user_id = await repository.insert_user(conn, draft, hashed, must_change=True)
            if user_id is None:
                raise Taken("username", TAKEN)
            await record(conn, caller, self._now(), "user.created", f"用户 {draft.username}（{draft.role}）")
            return await repository.get_user(conn, user_id)

    async def change(self, caller: Identity, user_id: UUID, change: UserChange) -> User:
        """Change what is named. Being disabled ends sessions and tokens at once, a password is a reset.

        Raises:
            UserNotFound, OutOfReach, WeakPassword, BadReference, Taken.
            Oneself: disabled oneself, changed one's own role, or reset one's own password.
            LastAdmin: nobody would be left to administer.
        """
        wanted = change.model_dump(exclude_unset=True)
        password = wanted.pop("password", None)
        hashed = await self._passwords.hash(password) if password is not None else ""
        async with self._db.transaction() as conn:
            admins = await repository.lock_admins(conn)
            await repository.lock_user(conn, user_id)
            before = await repository.get_user(conn, user_id, caller)
            code = wanted.pop("department", before.department.code)
            after = before.model_copy(update={**wanted, "department": DepartmentRef(code=code, name="")})
            policy.check_grant(caller, after.role, code)
            _check_oneself(caller, before, after)
            await self._check_change(conn, before, after, [user for user, _ in admins])
            await repository.update_user(conn, after)
            if before.active and not after.active:
                await session_repository.end_sessions(conn, user_id)
                await token_repository.end_tokens(conn, user_id, self._now())
            if wanted or code != before.department.code:
                await record(conn, caller, self._now(), "user.changed", _describe(before, after))
            if password is not None:
                await self._reset(conn, caller, before, password, hashed)
            return await repository.get_user(conn, user_id)

    async def reset_password(self, caller: Identity, user_id: UUID, password: str) -> None:
        """A new password that must be changed at the next sign-in; every session and token of the user ends.

        Raises:
            UserNotFound, WeakPassword.
            Oneself: one's own password is changed with the current one.
        """
        hashed = await self._passwords.hash(password)  # before the transaction: no connection waits for it
        async with self._db.transaction() as conn:
            await repository.lock_user(conn, user_id)
            user = await repository.get_user(conn, user_id, caller)
            await self._reset(conn, caller, user, password, hashed)

    async def _reset(self, conn: Conn, caller: Identity, user: User, password: str, hashed: str) -> None:
        if user.id == caller.user_id:
            raise Oneself("不能重置自己的密码，请用“修改密码”，它要先核对当前密码。")
        policy.check_password(password, username=user.username, field="password")
        user_id = UUID(user.id)
        await repository.reset_password(conn, user_id, hashed)
        await session_repository.end_sessions(conn, user_id)
        await token_repository.end_tokens(conn, user_id, self._now())
        # What was guessed at is gone: whoever locked the name out, the new password opens it at once.
        await session_repository.delete_failures_of_name(conn, name_hash(user.username))
        await record(conn, caller, self._now(), "user.password_reset", f"用户 {user.username}")

    async def _check_change(self, conn: Conn, before: User, after: User, admins: list[UUID]) -> None:
        if after.department.code != before.department.code:
            await _check_department(conn, after.department.code)
        if after.username != before.username and await repository.username_taken(conn, after.username, UUID(before.id)):
            raise Taken("username", TAKEN)
        if admins == [UUID(before.id)] and not (after.role is Role.ADMIN and after.active):
            raise LastAdmin("这是最后一名在用的管理员；请先另设一名管理员。")


def _check_oneself(caller: Identity, before: User, after: User) -> None:
    if before.id != caller.user_id:
        return
    if not after.active:
        raise Oneself("不能停用自己的账号；如有需要，请由另一名管理员操作。")
    if after.role is not before.role:
        raise Oneself("不能改变自己的角色；如有需要，请由另一名管理员操作。")


async def _check_department(conn: Conn, code: str) -> None:
    active = await department_repository.department_active(conn, code)
    if active is None:
        raise BadReference("department", "没有这个部门，请检查部门编码。")
    if not active:
        raise BadReference("department", "这个部门已停用，请先启用部门。")


def _describe(before: User, after: User) -> str:
    changes = []
    if after.username != before.username:
        changes.append(f"用户名改为 {after.username}")
    if after.display_name != before.display_name:
        changes.append("改姓名")
    if after.department.code != before.department.code:
        changes.append(f"部门 {before.department.code} → {after.department.code}")
    if after.role is not before.role:
        changes.append(f"角色 {before.role} → {after.role}")
    if after.active is not before.active:
        changes.append("启用" if after.active else "停用")
    return f"用户 {before.username}" + (f"：{'、'.join(changes)}" if changes else "")
