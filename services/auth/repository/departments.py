"""Departments."""

from services.auth.errors import DepartmentNotFound
from services.auth.repository import SQL, pattern
from shared.contracts.accounts import Department, DepartmentQuery
from shared.db.database import Conn


async def get_department(conn: Conn, code: str, *, lock: bool = False) -> Department:
    """Raises DepartmentNotFound."""
    row = await conn.fetchrow(SQL["lock_department" if lock else "get_department"], code)
    if row is None:
        raise DepartmentNotFound("没有这个部门，请检查部门编码。")
    return Department.model_validate(dict(row))


async def department_active(conn: Conn, code: str) -> bool | None:
    """None when there is no such department. It stays so until the transaction ends."""
    active: bool | None = await conn.fetchval(SQL["department_active"], code)
    return active


async def list_departments(conn: Conn, query: DepartmentQuery) -> tuple[list[Department], int]:
    """One page and the total."""
    filters = (pattern(query.q), query.active)
    rows = await conn.fetch(SQL["list_departments"], *filters, query.size, query.offset)
    total = await conn.fetchval(SQL["count_departments"], *filters)
    return [Department.model_validate(dict(row)) for row in rows], total


async def insert_department(conn: Conn, department: Department) -> bool:
    """False when the code is taken."""
    return await conn.fetchval(SQL["insert_department"], *_values(department)) is not None


async def update_department(conn: Conn, department: Department) -> None:
    await conn.execute(SQL["update_department"], *_values(department))


def _values(department: Department) -> tuple[str | bool | None, ...]:
    return (
        department.code,
        department.name,
        department.short_name,
        department.region,
        department.credit_code,
        department.active,
    )
