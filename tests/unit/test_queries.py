"""Queries that share words."""

import pytest

from shared.db.queries import parse_queries


def test_parts_stand_where_a_query_names_them() -> None:
    queries = parse_queries(
        "-- notes\n\n-- part: living\nstate <> 'deleted'\n\n-- part: own\n{living} AND department = $1\n\n"
        "-- name: mine\nSELECT '{}'::text[], id FROM record WHERE {own};\n\n-- name: every\nSELECT 1;\n"
    )
    assert queries == {
        "mine": "SELECT '{}'::text[], id FROM record WHERE state <> 'deleted' AND department = $1;",
        "every": "SELECT 1;",
    }


def test_two_blocks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="named twice"):
        parse_queries("-- part: one\n1\n-- name: one\nSELECT 1;\n")
