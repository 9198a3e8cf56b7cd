"""Accounts."""

from uuid import UUID

from services.auth.errors import UserNotFound
from services.auth.repository import SQL, pattern
from shared.contracts.accounts import User, UserDraft, UserQuery
from shared.contracts.identity import DepartmentRef, Identity, Role
from shared.db.database import Conn, Row


async def get_user(conn: Conn, user_id: UUID, caller: Identity | None = None) -> User:
    """The user, if `caller` may administer him; without one, whoever it is.

    Raises:
        UserNotFound: no such user, or not within the caller's reach.
    """
    scope = caller.department_scope if caller else None
    row = await conn.fetchrow(SQL["get_user"], user_id, scope, caller is None or caller.is_admin)
    if row is None:
        raise UserNotFound("没有这个用户，或不属于您的部门。")
    return _user(row)


async def lock_user(conn: Conn, user_id: UUID) -> None:
    await conn.execute(SQL["lock_user"], user_id)


async def lock_user_of_name(conn: Conn, username: str) -> Row | None:
    return await conn.fetchrow(SQL["lock_user_of_name"], username)


async def lock_all_users(conn: Conn) -> None:
    await conn.execute(SQL["lock_all_users"])


async def list_users(conn: Conn, query: UserQuery, caller: Identity) -> tuple[list[User], int]:
    """One page and the total."""
    filters = (
        pattern(query.q),
        query.department,
        query.role.value if query.role else None,
        query.active,
        caller.department_scope,
        caller.is_admin,
    )
    rows = await conn.fetch(SQL["list_users"], *filters, query.size, query.offset)
    total = await conn.fetchval(SQL["count_users"], *filters)
    return [_user(row) for row in rows], total


async def insert_user(conn: Conn, draft: UserDraft, password_hash: str, *, must_change: bool) -> UUID | None:
    """The new id, or None when the user name is taken."""
    user_id: UUID | None = await conn.fetchval(
        SQL["insert_user"],
        draft.username,
        draft.display_name,
        draft.department,
        draft.role.value,
        password_hash,
        draft.active,
        must_change,
    )
    return user_id


async def username_taken(conn: Conn, username: str, but: UUID) -> bool:
    return bool(await conn.fetchval(SQL["username_taken"], username, but))


async def update_user(conn: Conn, user: User) -> None:
    await conn.execute(
        SQL["update_user"],
        UUID(user.id),
        user.username,
        user.display_name,
        user.department.code,
        user.role.value,
        user.active,
    )


async def find_admin(conn: Conn, username: str) -> UUID | None:
    """The admin of this name, opened."""
    found: UUID | None = await conn.fetchval(SQL["find_admin"], username)
    return found


async def reset_password(conn: Conn, user_id: UUID, password_hash: str) -> None:
    await conn.execute(SQL["reset_password"], user_id, password_hash)


async def change_password(conn: Conn, user_id: UUID, verified: str, password_hash: str) -> bool:
    """False when the password is no longer the one that was verified, or the account is closed."""
    status: str = await conn.execute(SQL["change_password"], user_id, password_hash, verified)
    return status == "UPDATE 1"


async def rehash_password(conn: Conn, user_id: UUID, verified: str, rehashed: str) -> None:
    await conn.execute(SQL["rehash_password"], user_id, verified, rehashed)


async def password_of_user(conn: Conn, user_id: UUID) -> Row | None:
    return await conn.fetchrow(SQL["password_of_user"], user_id)


async def lock_admins(conn: Conn) -> list[tuple[UUID, str]]:
    """Every admin who can sign in, with the department; locked until the transaction ends."""
    return [(row["user_id"], row["department_code"]) for row in await conn.fetch(SQL["lock_admins"])]


async def any_admin(conn: Conn) -> bool:
    return bool(await conn.fetchval(SQL["any_admin"]))


def _user(row: Row) -> User:
    return User(
        id=str(row["user_id"]),
        username=row["username"],
        display_name=row["display_name"],
        department=DepartmentRef(code=row["code"], name=row["name"]),
        role=Role(row["role"]),
        active=row["active"],
        must_change_password=row["must_change_password"],
        last_sign_in_at=row["last_sign_in_at"],
    )
