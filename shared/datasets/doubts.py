"""What makes an officer look twice at a row that breaks no rule: warnings only, and none for an ordinary row."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from shared.datasets import regions
from shared.datasets.definition import DatasetDraft, FieldDefinition
from shared.datasets.messages import Finding, find
from shared.datasets.privacy import holds_id_number, holds_phone, may_hold_number
from shared.datasets.roles import RecordRoles, roles_of

_ORGANISATION = re.compile(
    "公司|集团|工厂|合作社|医院|诊所|卫生院|卫生室|卫生站|学校|大学|中学|小学|幼儿园|银行|酒店|宾馆|饭店|超市|商店|药店|药房|门市部|"
    "经营部|服务部|加油站|委员会|研究院|研究所|事务所|协会|中心|分局|支队|大队"
)
_ORGANISATION_LETTERS = re.compile("[店厂部行社院校所馆吧厅站局坊园场队会库堂铺摊屋城矿房]")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文"
)
_CHINESE_NAME = re.compile("[\u4e00-\u9fff]{2,3}")
_NOT_A_PERSON = re.compile("[《》。；]|第[一二三四五六七八九十百零〇\\d]{1,6}[条款项]|\\d{4}")
_LONGEST_PERSON = 25
_TEST = re.compile("(?:测试|试用)(?:$|数据|企业|公司|单位|用户|[\\dA-Za-z_-])|test(?:$|[\\W\\d_])", re.IGNORECASE)
_TEST_STARTS = ("测", "试", "t", "T")  # cheaper than the expression, which hardly ever matters
_PERSON_LABELS = ("法定代表人", "负责人", "姓名")

Doubt = Callable[[str], Finding | None]  # of one value


def field_doubt(dataset: DatasetDraft, field: FieldDefinition) -> Doubt | None:
    """What may be doubtful about one value of `field` by itself; None where nothing can be."""
    if field.identifier or field.type not in {"text", "long_text"}:
        return None
    own = _own_doubt(dataset, field)
    if field.visibility not in {"public", "masked"}:
        return own
    if own is None:
        return _number_doubt
    return lambda value: _number_doubt(value) or own(value)


def _own_doubt(dataset: DatasetDraft, field: FieldDefinition) -> Doubt | None:
    """What may be doubtful about a value because of what the field is for."""
    roles = roles_of(dataset)
    if field.code == roles.name:
        return _company_doubt if dataset.subject == "legal_person" else _person_doubt
    if field.type == "text" and any(word in field.label for word in _PERSON_LABELS):
        return _officer_doubt
    if field.code == roles.document:
        return lambda value: find("test_data") if _TEST.match(value) else None
    return None


def _common(value: str) -> Finding | None:
    if "*" in value or "＊" in value:
        return find("masked_data")
    return find("test_data") if value.startswith(_TEST_STARTS) and _TEST.match(value) else None


def _company_doubt(value: str) -> Finding | None:
    if _CHINESE_NAME.fullmatch(value) and value[0] in _SURNAMES and not _ORGANISATION_LETTERS.search(value):
        return find("person_as_company")
    return _common(value)


def _person_doubt(value: str) -> Finding | None:
    return find("company_as_person") if _ORGANISATION.search(value) else _common(value)


def _officer_doubt(value: str) -> Finding | None:
    if _NOT_A_PERSON.search(value) or len(value) > _LONGEST_PERSON:
        return find("misplaced_person")
    return _common(value)


def _number_doubt(value: str) -> Finding | None:
    if not may_hold_number(value):
        return None
    if holds_id_number(value):
        return find("id_in_text")
    return find("phone_in_text") if holds_phone(value) else None


class RowDoubts:
    """Doubts that need two fields of a row."""

    def __init__(self, dataset: DatasetDraft) -> None:
        roles: RecordRoles = roles_of(dataset)
        kinds = {field.code: field.identifier for field in dataset.fields}
        self._uscc = next((code for code in roles.identifiers if kinds[code] == "uscc"), None)
        self._org_code = next((code for code in roles.identifiers if kinds[code] == "org_code"), None)
        self._region = roles.region if roles.region and kinds[roles.region] == "region" else None
        self._decided_on = roles.decided_on
        places = {field.code: place for place, field in enumerate(dataset.fields)}
        self._places = [
            places.get(code, -1) if code else -1
            for code in (self._uscc, self._org_code, self._region, self._decided_on)
        ]
        self._current = regions.current()

    def none_in(self, values: Sequence[str]) -> bool:
        """Whether `find` would find nothing; values aligned with the fields."""
        uscc_at, org_code_at, region_at, decided_at = self._places
        if uscc_at >= 0 and org_code_at >= 0:
            uscc, org_code = values[uscc_at], values[org_code_at]
            if uscc and org_code and uscc[8:17] != org_code and not uscc.startswith("92"):
                return False
        if region_at < 0 or decided_at < 0:
            return True
        region, decided_on = values[region_at], values[decided_at]
        return (
            not region
            or region in self._current
            or not decided_on
            or not regions.abolished(region, int(decided_on[:4]))
        )

    def find(self, values: Mapping[str, str]) -> Iterator[tuple[str, Finding]]:
        """Field code and what is doubtful; `values` hold right values only."""
        if self._uscc and self._org_code:
            uscc, org_code = values.get(self._uscc), values.get(self._org_code)
            # 个体工商户 (92…) got a new body when their old number ended.
            if uscc and org_code and uscc[8:17] != org_code and not uscc.startswith("92"):
                yield self._org_code, find("codes_differ")
        if self._region and self._decided_on and (decided_on := values.get(self._decided_on)):
            code = values.get(self._region, "")
            if gone := regions.abolished(code, int(decided_on[:4])):
                yield self._region, find("region_outdated", value=code, name=gone.name, year=gone.last_year)
