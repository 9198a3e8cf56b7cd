"""The HTTP surface of 数据统计."""

from services.records.statistics import handlers
from shared.contracts.statistics import HomeFigures, Statistics, StatisticsQuery
from shared.http.operations import Group, Operation

OPERATIONS = [
    Operation(
        "GET",
        "/api/v1/statistics",
        handlers.get_statistics,
        "数据统计",
        Group.STATISTICS,
        query=StatisticsQuery,
        answer=Statistics,
    ),
    Operation("GET", "/api/v1/home", handlers.get_home, "首页数字", Group.STATISTICS, answer=HomeFigures),
]
