"""The HTTP surface of 数据统计."""

from services.records.statistics import handlers
from shared.contracts.statistics import HomeFigures, Statistics, StatisticsQuery
from shared.http.operations import Operation

TAG = "statistics"

OPERATIONS = [
    Operation(
        "GET",
        "/api/v1/statistics",
        handlers.get_statistics,
        "数据统计",
        TAG,
        query=StatisticsQuery,
        answer=Statistics,
    ),
    Operation("GET", "/api/v1/home", handlers.get_home, "首页数字", TAG, answer=HomeFigures),
]
